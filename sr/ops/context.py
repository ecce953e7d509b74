"""Context modules, which see the whole image and stay exact when it is processed in tiles.

A convolution needs a halo of a few pixels; a global mean, or a coarse branch that is spread over the
*whole* image, gives a different result on a single tile. In tiled inference such a module first only
accumulates its statistics tile by tile; after this pass it computes the context once, and from then on
returns each tile's crop of it. Everything else in a network is local.

A coarse branch can do without such a pass: its grid depends on the image's size, but a pixel of it only on the
pixels from LEFT before it to RIGHT after it. On a tile with that much more halo it is exact as well (``Window.local``).
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
# How far a pixel y sees through a coarse branch. It is at p = (y + 0.5) cells / whole - 0.5 in the grid and reads the
# cells floor(p) and floor(p) + 1, filtered over 3 cells each way; cell k begins at pixel 6 k. As cells / whole is
# between (1 - 14 / whole) / 6 and (1 - 9 / whole) / 6, 6 p is between y - 16.5 and y - 2.5.
LEFT = 41
RIGHT = 36


class Collected(Exception):  # noqa: N818 - a signal, not an error
    """Stop the forward pass of a tile: its part is accumulated, but the context is not complete yet."""


@dataclass(frozen=True)
class Window:
    """A tile in LR pixels: its start, its core (top, left, bottom, right) without the halo, and the image's size.

    ``local``: its halo includes what coarse branches see, so that they need no pass over the other tiles.
    """

    top: int
    left: int
    core: tuple[int, int, int, int]
    size: tuple[int, int]
    local: bool = False


class ContextModule(nn.Module):
    """Base of modules that see the whole image.

    Subclasses define ``of_image`` (the context of an image in one piece) and, for tiles, ``accumulate`` (add a
    tile's part), ``finish`` (turn all parts into the context) and ``crop`` (a tile's share of it). A subclass whose
    context is ``bounded`` defines ``of_window``, too.
    """

    bounded = False  # whether a pixel's context depends on pixels nearby only

    def __init__(self) -> None:
        super().__init__()
        self._window: Window | None = None
        self._total: torch.Tensor | None = None
        self._context: torch.Tensor | None = None

    def context(self, x: torch.Tensor) -> torch.Tensor:
        """Return the context of features (N, f, H, W): of the whole image, even if the features are a tile's."""
        if self._window is None:
            return self.of_image(x)
        if self.bounded and self._window.local:
            return self.of_window(x, self._window)
        if self._context is None:
            self._total = self.accumulate(x, self._window, self._total)
            raise Collected
        return self.crop(self._context, self._window, x.shape[-2:])

    def of_image(self, x: torch.Tensor) -> torch.Tensor:
        """Return the context of a whole image's features."""
        raise NotImplementedError

    def of_window(self, x: torch.Tensor, window: Window) -> torch.Tensor:
        """Return the context of a tile from its own features alone; exact where the halo is wide enough."""
        raise NotImplementedError

    def accumulate(self, x: torch.Tensor, window: Window, total: torch.Tensor | None) -> torch.Tensor:
        """Add the part of a tile's core to the ``total`` of earlier tiles, None before the first."""
        raise NotImplementedError

    def finish(self, total: torch.Tensor) -> torch.Tensor:
        """Turn the total of all tiles into the whole image's context."""
        return total

    def crop(self, context: torch.Tensor, window: Window, size: torch.Size) -> torch.Tensor:
        """Return what the tile of ``size`` at ``window`` sees of the context."""
        return context


class GlobalMean(ContextModule):
    """The mean over all positions: (N, C, H, W) to (N, C, 1, 1)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the mean of the whole image, (N, C, 1, 1), of (N, C, H, W) features."""
        return self.context(x)

    def of_image(self, x: torch.Tensor) -> torch.Tensor:
        """Return the mean over height and width."""
        return mean(x, (2, 3))

    def accumulate(self, x: torch.Tensor, window: Window, total: torch.Tensor | None) -> torch.Tensor:
        """Add the tile's core to the mean."""
        top, left, bottom, right = window.core
        core = x[..., top - window.top : bottom - window.top, left - window.left : right - window.left]
        share = core.sum((2, 3), keepdim=True) / (window.size[0] * window.size[1])
        return share if total is None else total + share


class CoarseContext(ContextModule):
    """A coarse grid (3x3 convolution with stride 2, max-pool 7 with stride 3), filtered and interpolated.

    Subclasses define ``stride``, the convolution, without padding, and ``filter``, which is applied
    to the whole grid before it is interpolated, and sees 3 cells each way.
    """

    bounded = True
    stride: nn.Conv2d

    def pool(self, x: torch.Tensor) -> torch.Tensor:
        """Reduce (N, f, H, W) to the coarse grid: one value for each 15x15 window, every 6 pixels."""
        return F.max_pool2d(self.stride(x), kernel_size=7, stride=3)

    def filter(self, pooled: torch.Tensor) -> torch.Tensor:
        """Filter the coarse grid of the whole image."""
        raise NotImplementedError

    def filters(self) -> list[nn.Module]:
        """Return the modules that ``filter`` applies to the coarse grid."""
        raise NotImplementedError

    def of_image(self, x: torch.Tensor) -> torch.Tensor:
        """Return the coarse context, interpolated to the features' size."""
        return F.interpolate(self.filter(self.pool(x)), size=x.shape[-2:], mode="bilinear")

    def of_window(self, x: torch.Tensor, window: Window) -> torch.Tensor:
        """Return a tile's coarse context from its own cells, interpolated at the whole image's ratio."""
        return self.crop(self.filter(self.pool(x)), window, x.shape[-2:])

    def accumulate(self, x: torch.Tensor, window: Window, total: torch.Tensor | None) -> torch.Tensor:
        """Copy the coarse cells that begin in the tile's core to the image's grid."""
        pooled = self.pool(x)
        cells = [coarse_size(length) for length in window.size]
        grid = pooled.new_zeros(*pooled.shape[:2], *cells) if total is None else total
        top, left, bottom, right = (-(-edge // STEP) for edge in window.core)
        bottom, right = min(bottom, cells[0]), min(right, cells[1])
        rows = slice(top - window.top // STEP, bottom - window.top // STEP)
        columns = slice(left - window.left // STEP, right - window.left // STEP)
        grid[..., top:bottom, left:right] = pooled[..., rows, columns]
        return grid

    def finish(self, total: torch.Tensor) -> torch.Tensor:
        """Filter the grid that all tiles together have filled."""
        return self.filter(total)

    def crop(self, context: torch.Tensor, window: Window, size: torch.Size) -> torch.Tensor:
        """Interpolate (bilinear, align_corners false) the whole or a local context, but on one tile only."""
        for axis, start in ((-2, window.top), (-1, window.left)):
            first = start // STEP if window.local else 0
            context = _interpolated(context, axis, window.size[axis], start, size[axis], first)
        return context


def coarse_size(length: int) -> int:
    """Return how many coarse cells fit along ``length`` pixels."""
    return ((length - 3) // 2 + 1 - 7) // 3 + 1


def _interpolated(context: torch.Tensor, axis: int, whole: int, start: int, length: int, first: int) -> torch.Tensor:
    """Return ``length`` pixels from ``start`` of an axis of ``whole`` pixels, interpolated from its coarse cells.

    ``context`` has the cells from ``first`` on; cells beyond its ends are replaced by the nearest.
    """
    cells = coarse_size(whole)
    at = torch.arange(start, start + length, dtype=torch.float64, device=context.device)
    at = ((at + 0.5) * (cells / whole) - 0.5).clamp(min=0)
    low = at.floor().long().clamp(max=cells - 1)
    part = (at - low).to(context.dtype)
    part = part[:, None] if axis == -2 else part
    last = context.shape[axis] - 1
    below, above = ((low + step - first).clamp(0, last) for step in (0, 1))
    return context.index_select(axis, below) * (1 - part) + context.index_select(axis, above) * part


@contextmanager
def tiled(network: nn.Module) -> Iterator[list[ContextModule]]:
    """Put the network's context modules into tiled mode for the block; reset them afterwards."""
    modules = [module for module in network.modules() if isinstance(module, ContextModule)]
    try:
        yield modules
    finally:
        for module in modules:
            module._window = module._total = module._context = None


def set_window(modules: list[ContextModule], window: Window) -> None:
    """Set the tile that the modules process next."""
    for module in modules:
        module._window = window


def finish_pass(modules: list[ContextModule]) -> bool:
    """Compute the contexts that a pass over all tiles has completed; return whether there were any."""
    finished = False
    for module in modules:
        if module._total is not None:
            module._context, module._total = module.finish(module._total), None
            finished = True
    return finished
