"""How large a tile may be: so that the network's features stay below a bound, whatever the image's size."""

import math
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from sr.evaluate.inference import halo_of
from sr.ops.context import REACH, STEP

SMALLEST = 8 * STEP  # side of a tile: below it, nearly all work would be on the halo
PROBE = 48  # LR side of the image on which memory is measured


class LiveBytes(TorchDispatchMode):
    """Count the bytes of all tensors made within the block that live at the same time; ``peak`` is the most."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        """Run the operation and count the storage of what it returns."""
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple | list) else (result,):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key not in self._known:  # a view shares its storage with the tensor that was counted
            self._known.add(key)
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._forget, key, storage.nbytes())

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


def bytes_per_pixel(network: nn.Module, side: int = PROBE) -> float:
    """Return the most bytes of features, for each LR pixel, that live at once while the network runs.

    Measured on an image of ``side`` x ``side``, which the network must be able to take.
    """
    device = next(network.parameters()).device
    with torch.inference_mode(), LiveBytes() as live:
        network(torch.zeros(1, 3, side, side, device=device))
    return live.peak / side**2


def choose_tile(network: nn.Module, height: int, width: int, budget: float, each: float) -> int:
    """Return the side of the tiles, in LR pixels, for an image of ``height`` x ``width``; 0 is the whole image.

    ``budget``: bytes that features may take. ``each``: ``bytes_per_pixel`` of the network. A tile is never smaller
    than SMALLEST; for a network with a wide halo a very small budget is therefore exceeded.
    """
    if height * width * each <= budget:
        return 0
    margin = -(-max(halo_of(network), REACH) // STEP) * STEP
    side = math.isqrt(int(budget / each)) - 2 * margin - REACH
    return max(SMALLEST, side // STEP * STEP)


def tile_count(height: int, width: int, tile: int) -> int:
    """Return in how many tiles of side ``tile`` an image is taken; 0 is the whole image."""
    if tile == 0 or max(height, width) <= tile:
        return 1
    side = -(-tile // STEP) * STEP
    return -(-height // side) * -(-width // side)
