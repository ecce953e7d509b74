"""Tiles: coarse contexts from windows alone equal the whole image's; the cheapest tiling that fits the memory."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sr.evaluate.inference import super_resolve
from sr.evaluate.tiling import SMALLEST, Halo, Tiling, halo_of, halos_of, in_memory, in_tiles
from sr.ops.attention import CA, ESA
from sr.ops.context import LEFT, RIGHT, STEP, coarse_size, set_window, tiled

NARROW = Halo(24, 39, False, (0.5, 1.0))
WIDE = Halo(270, 237, True, (1.0,))
LONG = st.integers(15, 9000)


@settings(deadline=None)
@given(LONG)
def test_reach_of_a_coarse_branch(whole: int) -> None:
    """Each pixel's own cells, filtered over three cells each way, see no further than LEFT and RIGHT."""
    cells, pixels = coarse_size(whole), np.arange(whole)
    at = ((pixels + 0.5) * cells / whole - 0.5).clip(0)
    low = np.floor(at)
    high = np.where(at > low, low + 1, low)
    assert (pixels - STEP * (low - 3)).max() <= LEFT
    assert (STEP * (high + 3) + 14 - pixels).max() <= RIGHT


def largest_difference(halo: Halo, height: int, width: int, sides: tuple[int, int]) -> float:
    """Return the largest difference of a context from windows to the whole image's, both in double precision."""
    torch.manual_seed(height)
    attention = ESA(32).double()
    for convolution in attention.coarse:
        convolution.weight.data *= 3
    x = torch.randn(1, 8, height, width, dtype=torch.float64)
    tiles = Tiling(halo, halo.spans(height, sides[0]), halo.spans(width, sides[1]))
    result = torch.empty_like(x)
    with torch.inference_mode(), tiled(attention) as modules:
        whole = attention.of_image(x)
        # A context that hardly varies would hide every difference; that of a single cell is constant.
        assert whole.std(dim=(2, 3)).mean() > 1e-3 or coarse_size(height) * coarse_size(width) == 1
        for window, (bottom, right) in tiles.windows():
            set_window(modules, window)
            part = attention.context(x[..., window.top : bottom, window.left : right])
            first, start, last, end = window.core
            rows, columns = slice(first - window.top, last - window.top), slice(start - window.left, end - window.left)
            result[..., first:last, start:end] = part[..., rows, columns]
    return (result - whole).abs().max().item()


@settings(max_examples=25, deadline=None)
@given(st.integers(15, 400), st.integers(15, 400), st.integers(1, 40), st.integers(1, 40))
def test_local_context_equals_the_whole_images(height: int, width: int, rows: int, columns: int) -> None:
    halo = Halo(-(-LEFT // STEP) * STEP, RIGHT, True, (1.0,))
    assert largest_difference(halo, height, width, (STEP * rows, STEP * columns)) < 1e-9


def test_a_narrower_halo_would_differ() -> None:
    """The test above can fail: with two coarse cells less on either side, the context is another."""
    for before, after in ((LEFT + 1 - 2 * STEP, RIGHT), (LEFT + 1, RIGHT - 2 * STEP)):
        assert largest_difference(Halo(before, after, True, (1.0,)), 90, 600, (90, 48)) > 1e-3


class Both(nn.Module):
    """Both kinds of context, one after the other, between two convolutions."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.coarse, self.means = nn.Conv2d(3, 16, 3, padding=1), ESA(16), CA(16)
        self.last = nn.Sequential(nn.Conv2d(16, 12, 3, padding=1), nn.PixelShuffle(2))
        for conv in (*self.coarse.coarse, self.coarse.expand, self.means.squeeze):
            conv.weight.data *= 8

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.means(self.coarse(self.first(x)))) + 128


@pytest.mark.parametrize("local", [False, True])
def test_both_ways_give_the_whole_images_result(photo: np.ndarray, local: bool) -> None:
    model, image = Both().eval(), photo[:150, :140]
    halo = next(halo for halo in halos_of(model) if halo.local == local)
    assert len(halo.passes) == (2 if local else 3)
    assert halo.passes[-1] == 1
    assert list(halo.passes) == sorted(halo.passes)
    tiles = Tiling(halo, halo.spans(150, 48), halo.spans(140, 54))
    works: list[float] = []
    result = super_resolve(model, image, 2, tiles, progress=works.append)
    assert sum(works) == pytest.approx(tiles.work)
    whole = super_resolve(model, image, 2)
    assert whole.std() > 10
    assert np.abs(result.astype(int) - whole).max() <= 1


def test_the_coarse_branch_is_no_part_of_the_narrow_halo() -> None:
    assert halo_of(Both()) == 2
    assert [(halo.before, halo.after) for halo in halos_of(Both())] == [(18, 33), (48, 38)]


@settings(max_examples=40, deadline=None)
@given(LONG, LONG, st.floats(1e5, 1e7))
def test_chosen_tiles_stay_within_the_bound(height: int, width: int, pixels: float) -> None:
    chosen = in_memory([NARROW, WIDE], height, width, pixels)
    for spans, length in ((chosen.rows, height), (chosen.columns, width)):
        assert [start for *_, start, _ in spans] == [0, *(end for *_, end in spans[:-1])]
        assert spans[-1][3] == length
        assert all(start % STEP == 0 for start, *_ in spans)
    smallest = (SMALLEST + NARROW.before + NARROW.after) ** 2
    assert chosen.largest <= max(pixels, 4 * smallest)


def test_the_cheaper_way_is_chosen() -> None:
    """A wide halo is cheap around large tiles, passes are around small ones."""
    assert in_memory([NARROW, WIDE], 6000, 8000, 1e7).halo is WIDE
    assert in_memory([NARROW, WIDE], 6000, 8000, 4e5).halo is NARROW
    assert in_tiles([NARROW, WIDE], 6000, 8000, 3000).halo is WIDE
    assert in_tiles([NARROW, WIDE], 6000, 8000, 48).halo is NARROW
    assert in_tiles([NARROW, WIDE], 6000, 8000, 3000, pixels=1e7).halo is NARROW


def test_tiles_are_about_equal() -> None:
    chosen = in_memory([NARROW, WIDE], 4000, 6000, 5e6)
    for spans in (chosen.rows, chosen.columns):
        cores = [end - start for *_, start, end in spans]
        assert max(cores) - min(cores) <= STEP * len(cores)


def test_work_of_a_pass_is_counted() -> None:
    """In a chain of four equal convolutions and a mean after the first, the first pass is a quarter of the work."""

    class Four(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolutions = nn.ModuleList(nn.Conv2d(3, 3, 3, padding=1) for _ in range(4))
            self.means = CA(3).mean

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.convolutions[0](x)
            x = x + self.means(x)
            for convolution in self.convolutions[1:]:
                x = convolution(x)
            return x

    assert [halo.passes for halo in halos_of(Four())] == [(0.25, 1.0)]
