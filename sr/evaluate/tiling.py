"""Tiles of a large image: their windows with halos, and the cheapest way to process them within a memory bound.

Coarse contexts (sr/ops/context.py) are computed either from windows with wide halos in one pass over the tiles, or by
one more pass for each of them over windows with narrow halos. Both give the whole image's result.
"""

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from sr.ops.context import LEFT, REACH, RIGHT, STEP, CoarseContext, Collected, Window, finish_pass, set_window, tiled

SMALLEST = 8 * STEP  # side of a tile: below it, nearly all work would be on the halo
_PROBE = 48  # LR side of the image on which the work of a pass is counted
Span = tuple[int, int, int, int]  # along one axis: start and end of a window, start and end of its core


@dataclass(frozen=True)
class Halo:
    """LR pixels around a core: ``before`` it (a multiple of STEP) and ``after`` it.

    ``local``: wide enough for coarse contexts. ``passes``: share of the network's work that each pass takes.
    """

    before: int
    after: int
    local: bool
    passes: tuple[float, ...]

    def spans(self, length: int, side: int) -> list[Span]:
        """Return the windows along an axis of ``length`` pixels, with cores of ``side``, a multiple of STEP."""
        cores = [(start, min(start + side, length)) for start in range(0, length, side)]
        return [(max(0, a - self.before), min(length, b + self.after), a, b) for a, b in cores]


@dataclass(frozen=True)
class Tiling:
    """Windows of an image: along its height, along its width; every pair of them is a tile."""

    halo: Halo
    rows: list[Span]
    columns: list[Span]

    @property
    def largest(self) -> int:
        """Return the number of LR pixels of the largest window."""
        return _longest(self.rows) * _longest(self.columns)

    @property
    def work(self) -> float:
        """Return the work in LR pixels that pass through the whole network."""
        return sum(self.halo.passes) * _total(self.rows) * _total(self.columns)

    def windows(self) -> Iterator[tuple[Window, tuple[int, int]]]:
        """Yield each window with its end (bottom, right)."""
        size = self.rows[-1][3], self.columns[-1][3]
        for top, bottom, first, last in self.rows:
            for left, right, start, end in self.columns:
                yield Window(top, left, (first, start, last, end), size, self.halo.local), (bottom, right)


def whole(height: int, width: int) -> Tiling:
    """Return the tiling of an image in one piece."""
    return Tiling(Halo(0, 0, True, (1.0,)), [(0, height, 0, height)], [(0, width, 0, width)])


def in_tiles(halos: list[Halo], height: int, width: int, tile: int, pixels: float = math.inf) -> Tiling:
    """Return the cheapest tiling with cores of ``tile`` LR pixels a side, rounded up to a multiple of STEP.

    Windows have at most ``pixels`` LR pixels, or else are the smallest.
    """
    if max(height, width) <= tile:
        return whole(height, width)
    side = -(-tile // STEP) * STEP
    tilings = [Tiling(halo, halo.spans(height, side), halo.spans(width, side)) for halo in halos]
    fitting = [tiling for tiling in tilings if tiling.largest <= pixels]
    return min(fitting, key=lambda tiling: tiling.work) if fitting else min(tilings, key=lambda tiling: tiling.largest)


def in_memory(halos: list[Halo], height: int, width: int, pixels: float) -> Tiling:
    """Return the cheapest tiling with windows of at most ``pixels`` LR pixels, for an image with more.

    Tiles are about equal, and no side is below SMALLEST; if even those are too large, their windows exceed the bound.
    """
    options = [
        (sum(halo.passes) * above * across, high * wide, halo, rows, columns)
        for halo in halos
        for above, high, rows in _splits(halo, height)
        for across, wide, columns in _splits(halo, width)
    ]
    fitting = [option for option in options if option[1] <= pixels]
    chosen = min(fitting or options, key=lambda option: option[:2] if fitting else option[1::-1])
    _, _, halo, rows, columns = chosen
    return Tiling(halo, halo.spans(height, rows), halo.spans(width, columns))


def halos_of(network: nn.Module) -> list[Halo]:
    """Return the ways to process a network's tiles: the narrow halo, and the one with coarse contexts if it has any."""
    narrow = halo_of(network)
    # At least REACH, so that the last tile of a row holds a coarse cell however narrow its core is.
    before = -(-max(narrow, REACH) // STEP) * STEP
    halos = [Halo(before, before + REACH, False, _passes(network, local=False))]
    count = sum(isinstance(module, CoarseContext) for module in network.modules())
    if count:
        before = -(-(narrow + count * LEFT) // STEP) * STEP
        halos.append(Halo(before, narrow + count * RIGHT, True, _passes(network, local=True)))
    return halos


def halo_of(network: nn.Module) -> int:
    """Return how many LR pixels around a tile can affect it except through contexts: the convolutions' reach.

    An upper bound, because it counts all convolutions as one chain.
    """
    coarse = [m for module in network.modules() if isinstance(module, CoarseContext) for m in module.filters()]
    reach = 0
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.stride == (1, 1) and module not in coarse:
            assert isinstance(module.padding, tuple), "padding is a string"
            reach += module.padding[0]
    return reach


def _splits(halo: Halo, length: int) -> list[tuple[int, int, int]]:
    """Return the sum of all windows, the longest and the core, in pixels along an axis, for every number of cores."""
    sides = {-(-length // (count * STEP)) * STEP for count in range(1, max(1, length // SMALLEST) + 1)}
    spans = [(side, halo.spans(length, side)) for side in sorted(sides)]
    return [(_total(each), _longest(each), side) for side, each in spans]


def _passes(network: nn.Module, local: bool) -> tuple[float, ...]:
    """Return the share of the network's Mult-Adds that each pass over tiles takes, the last of them 1."""
    image = torch.zeros(1, 3, _PROBE, _PROBE, device=next(network.parameters()).device)
    window = Window(0, 0, (0, 0, _PROBE, _PROBE), (_PROBE, _PROBE), local)
    counts: list[float] = []

    def count(module: nn.Module, _: Any, out: torch.Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        counts[-1] += out.numel() * module.weight[0].numel()

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, nn.Conv2d)]
    try:
        with torch.inference_mode(), tiled(network) as contexts:
            set_window(contexts, window)
            complete = False
            while not complete:
                counts.append(0.0)
                with suppress(Collected):
                    network(image)
                complete = not finish_pass(contexts)
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(each / counts[-1] for each in counts)


def _longest(spans: list[Span]) -> int:
    return max(end - start for start, end, *_ in spans)


def _total(spans: list[Span]) -> int:
    return sum(end - start for start, end, *_ in spans)
