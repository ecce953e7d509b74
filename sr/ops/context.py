"""Modules that look at the whole image, and how they stay exact when the image comes in tiles.

A convolution needs a halo of a few pixels; a global mean, or a coarse branch that is spread over the
*whole* image, gives another result on a tile of its own. In tiled inference such a module first only
gathers what it sees, tile by tile, then concludes once, and from then on serves each tile its own window
of the whole image's context. Everything else of a network is local.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from sr.ops.cpu.reduce import mean

STEP = 6  # LR pixels from one coarse cell to the next: stride 2 times pooling stride 3
REACH = 15  # LR pixels that one coarse cell sees: 3 + 2 * (7 - 1)


class Collected(Exception):  # noqa: N818 - a signal, not an error
    """Stop the forward pass of a tile: its part of the context is stored, the rest must wait."""


@dataclass(frozen=True)
class Window:
    """A tile inside the image, in LR pixels: where it starts, what it is responsible for, image size."""

    top: int
    left: int
    core: tuple[int, int, int, int]
    size: tuple[int, int]


class ContextModule(nn.Module):
    """Base of modules with a view of the whole image.

    Subclasses give ``whole`` (the context of an image in one piece) and, for tiles, ``gather`` (add a
    tile's part), ``conclude`` (from all parts to the context) and ``serve`` (a tile's share of it).
    """

    def __init__(self) -> None:
        super().__init__()
        self._window: Window | None = None
        self._gathered: torch.Tensor | None = None
        self._context: torch.Tensor | None = None

    def look(self, x: torch.Tensor) -> torch.Tensor:
        """Return the context of features (N, f, H, W): of the whole image, also if they are a tile's."""
        if self._window is None:
            return self.whole(x)
        if self._context is None:
            self._gathered = self.gather(x, self._window, self._gathered)
            raise Collected
        return self.serve(self._context, self._window, x.shape[-2:])

    def whole(self, x: torch.Tensor) -> torch.Tensor:
        """Return the context of a whole image's features."""
        raise NotImplementedError

    def gather(self, x: torch.Tensor, window: Window, so_far: torch.Tensor | None) -> torch.Tensor:
        """Add the part of a tile's core to what earlier tiles gave."""
        raise NotImplementedError

    def conclude(self, gathered: torch.Tensor) -> torch.Tensor:
        """Turn the parts of all tiles into the whole image's context."""
        return gathered

    def serve(self, context: torch.Tensor, window: Window, size: torch.Size) -> torch.Tensor:
        """Return what the tile of ``size`` at ``window`` sees of the context."""
        return context


class GlobalMean(ContextModule):
    """The mean over all positions: (N, C, H, W) to (N, C, 1, 1)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the mean of the whole image, (N, C, 1, 1), of (N, C, H, W) features."""
        return self.look(x)

    def whole(self, x: torch.Tensor) -> torch.Tensor:
        """Return the mean over height and width."""
        return mean(x, (2, 3))

    def gather(self, x: torch.Tensor, window: Window, so_far: torch.Tensor | None) -> torch.Tensor:
        """Add the tile's core to the sum so far."""
        top, left, bottom, right = window.core
        core = x[..., top - window.top : bottom - window.top, left - window.left : right - window.left]
        share = core.sum((2, 3), keepdim=True) / (window.size[0] * window.size[1])
        return share if so_far is None else so_far + share


class CoarseContext(ContextModule):
    """A coarse grid (3x3 convolution with stride 2, max-pool 7 with stride 3), filtered and interpolated.

    Subclasses give ``stride``, the convolution, without padding, and ``digest``, the filter.
    """

    stride: nn.Conv2d

    def collect(self, x: torch.Tensor) -> torch.Tensor:
        """Reduce (N, f, H, W) to the coarse grid: one value for each 15x15 window, every 6 pixels."""
        return F.max_pool2d(self.stride(x), kernel_size=7, stride=3)

    def digest(self, pooled: torch.Tensor) -> torch.Tensor:
        """Filter the coarse grid of the whole image."""
        raise NotImplementedError

    def whole(self, x: torch.Tensor) -> torch.Tensor:
        """Return the coarse context, interpolated to the features' size."""
        return F.interpolate(self.digest(self.collect(x)), size=x.shape[-2:], mode="bilinear")

    def gather(self, x: torch.Tensor, window: Window, so_far: torch.Tensor | None) -> torch.Tensor:
        """Copy the coarse cells that begin in the tile's core to the image's grid."""
        pooled = self.collect(x)
        cells = [coarse_size(length) for length in window.size]
        grid = pooled.new_zeros(*pooled.shape[:2], *cells) if so_far is None else so_far
        top, left, bottom, right = (-(-edge // STEP) for edge in window.core)
        bottom, right = min(bottom, cells[0]), min(right, cells[1])
        rows = slice(top - window.top // STEP, bottom - window.top // STEP)
        columns = slice(left - window.left // STEP, right - window.left // STEP)
        grid[..., top:bottom, left:right] = pooled[..., rows, columns]
        return grid

    def conclude(self, gathered: torch.Tensor) -> torch.Tensor:
        """Filter the grid that all tiles have filled."""
        return self.digest(gathered)

    def serve(self, context: torch.Tensor, window: Window, size: torch.Size) -> torch.Tensor:
        """Interpolate (bilinear, align_corners false) the whole context, but on one tile only."""
        for axis, start in ((-2, window.top), (-1, window.left)):
            context = _interpolated(context, axis, window.size[axis], start, size[axis])
        return context


def coarse_size(length: int) -> int:
    """Return how many coarse cells fit along ``length`` pixels."""
    return ((length - 3) // 2 + 1 - 7) // 3 + 1


def _interpolated(context: torch.Tensor, axis: int, whole: int, start: int, length: int) -> torch.Tensor:
    """Return ``length`` pixels from ``start`` of ``context``, interpolated along ``axis`` to ``whole`` pixels."""
    cells = context.shape[axis]
    at = torch.arange(start, start + length, dtype=torch.float64, device=context.device)
    at = ((at + 0.5) * (cells / whole) - 0.5).clamp(min=0)
    low = at.floor().long().clamp(max=cells - 1)
    high = (low + 1).clamp(max=cells - 1)
    part = (at - low).to(context.dtype)
    part = part[:, None] if axis == -2 else part
    return context.index_select(axis, low) * (1 - part) + context.index_select(axis, high) * part


@contextmanager
def tiled(network: nn.Module) -> Iterator[list[ContextModule]]:
    """Put the network's context modules into tiled mode for the block; forget everything afterwards."""
    modules = [module for module in network.modules() if isinstance(module, ContextModule)]
    try:
        yield modules
    finally:
        for module in modules:
            module._window = module._gathered = module._context = None


def enter(modules: list[ContextModule], window: Window) -> None:
    """Tell the modules which tile comes next."""
    for module in modules:
        module._window = window


def settle(modules: list[ContextModule]) -> bool:
    """Conclude what a pass over all tiles has completed; return whether there was anything."""
    concluded = False
    for module in modules:
        if module._gathered is not None:
            module._context, module._gathered = module.conclude(module._gathered), None
            concluded = True
    return concluded
