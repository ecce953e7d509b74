"""The textbook's training step and ours: the same losses and weights; its patches are aligned as ours are."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.pictures import picture, write_set
from benchmarks.reference.training import PngPatches
from benchmarks.training import network, pair
from sr.data.degrade import downscale
from sr.data.images import read_rgb
from sr.data.packed import Pairs
from sr.methods.dlsr import network as dlsr
from sr.methods.mran import network as mran

TINY = {
    "dlsr": dlsr.Network(channels=4, cells=6, network_level=True, pixel_range=1),
    "mran": mran.Network(
        channels=16,
        sampling=4,
        search_blocks=1,
        blocks=1,
        osb_nodes=4,
        asb_nodes=4,
        csrm=True,
        block="mrab",
        pixel_range=1,
    ),
}


@pytest.mark.parametrize("name", TINY)
def test_two_training_steps_are_the_textbooks(name: str) -> None:
    torch.manual_seed(3)
    theirs, ours = pair(network(name, TINY[name], 2).double())
    for _ in range(2):
        batch = torch.rand(2, 3, 16, 16).double() * 255, torch.rand(2, 3, 32, 32).double() * 255
        assert ours(batch, 2e-3).item() == pytest.approx(theirs(batch), rel=1e-9)
    for mine, plain in zip(ours.network.parameters(), theirs.network.parameters(), strict=True):
        torch.testing.assert_close(mine, plain, rtol=1e-6, atol=1e-6)


def test_pictures_are_written_as_png_and_packed_alike(tmp_path: Path) -> None:
    write_set(tmp_path, 2, (49, 61), 2)
    pairs = Pairs([tmp_path / "packed"], 2)
    for number in range(2):
        high, low = pairs[number]
        np.testing.assert_array_equal(high, read_rgb(tmp_path / "hr" / f"{number:04d}.png"))
        np.testing.assert_array_equal(low, read_rgb(tmp_path / "lr" / f"{number:04d}.png"))
    assert picture(49, 61).shape == (49, 61, 3)


def test_patches_of_the_reference_are_aligned(tmp_path: Path) -> None:
    write_set(tmp_path, 2, (96, 100), 2)
    low, high = PngPatches(tmp_path, 2, 48, 4, 1).draw()
    assert (low.shape, high.shape) == ((4, 3, 24, 24), (4, 3, 48, 48))
    for small, large in zip(low.numpy(), high.numpy(), strict=True):
        again = downscale(large.transpose(1, 2, 0).astype(np.uint8), 2)[3:-3, 3:-3]
        assert np.abs(again - small.transpose(1, 2, 0)[3:-3, 3:-3]).max() <= 1
