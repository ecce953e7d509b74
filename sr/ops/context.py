"""Modules that look at the whole image, and how they stay exact when the image comes in tiles.

A convolution needs a halo of a few pixels; ESA's coarse branch is interpolated over the *whole* image,
so a tile on its own gives another result. In tiled inference such a module first only collects its
coarse grid, tile by tile, then digests the grid once, and from then on serves each tile its own window
of the whole image's context. Everything else of the network is local.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

STEP = 6  # LR pixels from one coarse cell to the next: stride 2 times pooling stride 3
REACH = 15  # LR pixels that one coarse cell sees: 3 + 2 * (7 - 1)


class Collected(Exception):  # noqa: N818 - a signal, not an error
    """Stop the forward pass of a tile: its part of the coarse grid is stored, the rest must wait."""


@dataclass(frozen=True)
class Window:
    """A tile inside the image, in LR pixels: where it starts, what it is responsible for, image size."""

    top: int
    left: int
    core: tuple[int, int, int, int]
    size: tuple[int, int]


def coarse_size(length: int) -> int:
    """Return how many coarse cells fit along ``length`` pixels."""
    return ((length - 3) // 2 + 1 - 7) // 3 + 1


class ContextModule(nn.Module):
    """Base of modules with a coarse view of the whole image; subclasses give ``collect`` and ``digest``."""

    def __init__(self) -> None:
        super().__init__()
        self._window: Window | None = None
        self._grid: torch.Tensor | None = None
        self._context: torch.Tensor | None = None

    def spread(self, x: torch.Tensor) -> torch.Tensor:
        """Return the coarse context of (N, f, H, W) features, interpolated to (N, f, H, W)."""
        if self._window is None:
            return F.interpolate(self.digest(self.collect(x)), size=x.shape[-2:], mode="bilinear")
        if self._context is None:
            self._store(self.collect(x), self._window)
            raise Collected
        return _window_of(self._context, self._window, x.shape[-2:])

    def collect(self, x: torch.Tensor) -> torch.Tensor:
        """Reduce (N, f, H, W) to the coarse grid."""
        raise NotImplementedError

    def digest(self, pooled: torch.Tensor) -> torch.Tensor:
        """Process the coarse grid of the whole image."""
        raise NotImplementedError

    def _store(self, pooled: torch.Tensor, window: Window) -> None:
        """Copy the coarse cells that begin in the tile's core to the image's grid."""
        if self._grid is None:
            self._grid = pooled.new_zeros(*pooled.shape[:2], *map(coarse_size, window.size))
        top, left, bottom, right = (-(-edge // STEP) for edge in window.core)
        bottom, right = min(bottom, self._grid.shape[-2]), min(right, self._grid.shape[-1])
        rows = slice(top - window.top // STEP, bottom - window.top // STEP)
        columns = slice(left - window.left // STEP, right - window.left // STEP)
        self._grid[..., top:bottom, left:right] = pooled[..., rows, columns]


def _window_of(context: torch.Tensor, window: Window, size: torch.Size) -> torch.Tensor:
    """Bilinear interpolation (align_corners false) of the whole context, evaluated on one tile only."""
    for axis, start in ((-2, window.top), (-1, window.left)):
        whole, cells = window.size[axis], context.shape[axis]
        at = torch.arange(start, start + size[axis], dtype=torch.float64, device=context.device)
        at = ((at + 0.5) * (cells / whole) - 0.5).clamp(min=0)
        low = at.floor().long().clamp(max=cells - 1)
        high = (low + 1).clamp(max=cells - 1)
        part = (at - low).to(context.dtype)
        part = part[:, None] if axis == -2 else part
        context = context.index_select(axis, low) * (1 - part) + context.index_select(axis, high) * part
    return context


@contextmanager
def tiled(network: nn.Module) -> Iterator[list[ContextModule]]:
    """Put the network's context modules into tiled mode for the block; forget everything afterwards."""
    modules = [module for module in network.modules() if isinstance(module, ContextModule)]
    try:
        yield modules
    finally:
        for module in modules:
            module._window = module._grid = module._context = None


def enter(modules: list[ContextModule], window: Window) -> None:
    """Tell the modules which tile comes next."""
    for module in modules:
        module._window = window


def settle(modules: list[ContextModule]) -> bool:
    """Digest the grids that a pass over all tiles has completed; return whether there were any."""
    complete = [module for module in modules if module._grid is not None]
    for module in complete:
        module._context, module._grid = module.digest(module._grid), None
    return bool(complete)
