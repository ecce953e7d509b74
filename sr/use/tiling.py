"""Tile size that keeps the network's features within a memory bound, whatever the size of the image."""

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
    """Count the bytes of all tensors created within the block that are alive; ``peak`` is their maximum."""

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
        if key not in self._known:  # a view shares the storage of a tensor already counted
            self._known.add(key)
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._forget, key, storage.nbytes())

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


def bytes_per_pixel(network: nn.Module, side: int = PROBE) -> float:
    """Return the peak number of bytes of features per LR pixel while the network runs.

    Measured on an image of ``side`` x ``side``, which must not be too small for the network.
    """
    device = next(network.parameters()).device
    with torch.inference_mode(), LiveBytes() as live:
        network(torch.zeros(1, 3, side, side, device=device))
    return live.peak / side**2


def choose_tile(network: nn.Module, height: int, width: int, budget: float, per_pixel: float) -> int:
    """Return the side of the tiles, in LR pixels, for an image of ``height`` x ``width``; 0 is the whole image.

    ``budget``: bytes that features may take. ``per_pixel``: ``bytes_per_pixel`` of the network. A tile is never
    smaller than SMALLEST, so a network with a wide halo exceeds a very small budget.
    """
    if height * width * per_pixel <= budget:
        return 0
    margin = -(-max(halo_of(network), REACH) // STEP) * STEP
    side = math.isqrt(int(budget / per_pixel)) - 2 * margin - REACH
    return max(SMALLEST, side // STEP * STEP)


def tile_count(height: int, width: int, tile: int) -> int:
    """Return the number of tiles of side ``tile`` that an image is split into; a ``tile`` of 0 is the whole image."""
    if tile == 0 or max(height, width) <= tile:
        return 1
    side = -(-tile // STEP) * STEP
    return -(-height // side) * -(-width // side)
