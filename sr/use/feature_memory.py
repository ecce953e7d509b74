"""Memory that a network's features take for each pixel of an image."""

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

PROBE = 48  # LR side of the image on which memory is measured


class LiveBytes(TorchDispatchMode):
    """Count the bytes of all tensors created within the block that are alive; ``peak`` is their maximum."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: set[int] = set()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Tell PyTorch not to wrap the next method: it would import torch._dynamo, which takes seconds."""
        return False

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
