"""Whole images and tiles: the same result; images that a network cannot take are refused."""

import numpy as np
import pytest
import torch
from torch import nn

from sr.core.errors import UserError
from sr.evaluate.inference import super_resolve
from sr.evaluate.tiling import halo_of
from sr.methods.dlsr.network import METHOD, Network
from sr.nas.genotype import read_genotype
from sr.ops.attention import ESA
from tests.conftest import REPO


def network(scale: int, channels: int = 8) -> nn.Module:
    """Return a network with random weights whose attention and output really vary over the image."""
    torch.manual_seed(scale)
    genotype = read_genotype(REPO / "data" / "genotypes" / "dlsr.json", METHOD.genotype_type)
    built = METHOD.network(
        genotype, Network(channels=channels, cells=6, network_level=True, pixel_range=1), scale
    ).eval()
    for module in built.modules():
        if isinstance(module, ESA):
            for conv in (*module.coarse, module.expand):
                conv.weight.data *= 6
    # Spread the output over 0..255, or clipping would hide every difference.
    head = built.upsampler[0]
    with torch.no_grad():
        spread = built(torch.rand(1, 3, 40, 40) * 255).std().item()
        head.weight *= 60 / spread
        head.bias.fill_(128 / 255)
    return built


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(131, 97), (60, 200)])
def test_tiles_give_the_same_result_as_the_whole_image(photo: np.ndarray, scale: int, size: tuple[int, int]) -> None:
    image = np.tile(photo, (1, 2, 1))[: size[0], : size[1]]
    model = network(scale)
    whole, tiled = super_resolve(model, image, scale), super_resolve(model, image, scale, tile=48)
    assert whole.shape == (size[0] * scale, size[1] * scale, 3)
    difference = np.abs(whole.astype(int) - tiled)
    # Equal but for the order of floating-point sums: a pixel exactly between two levels may fall either way.
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


class Sharp(nn.Module):
    """One ESA whose gate follows the coarse context abruptly, between two convolutions."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.attention = nn.Conv2d(3, 16, 3, padding=1), ESA(16)
        self.last = nn.Sequential(nn.Conv2d(16, 12, 3, padding=1), nn.PixelShuffle(2))
        for conv in (*self.attention.coarse, self.attention.expand):
            conv.weight.data *= 8

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.attention(self.first(x))) + 128


def test_tiles_on_their_own_would_differ(photo: np.ndarray) -> None:
    """The test above means something: with the same halo, but each tile for itself, the result is visibly wrong."""
    model = Sharp().eval()
    whole = super_resolve(model, photo, 2).astype(int)
    assert np.abs(super_resolve(model, photo, 2, tile=48) - whole).max() <= 1
    alone = super_resolve(model, photo[:, : 48 + halo_of(model) + 15], 2)
    assert np.abs(alone[:, : 48 * 2] - whole[:, : 48 * 2]).max() > 10


def test_tiling_leaves_no_trace_in_the_network(photo: np.ndarray) -> None:
    model = network(2)
    before = super_resolve(model, photo, 2)
    super_resolve(model, photo[:100, :100], 2, tile=48)
    np.testing.assert_array_equal(super_resolve(model, photo, 2), before)


def test_halo_covers_the_receptive_field() -> None:
    """Move one far pixel: beyond the halo nothing but the coarse context may change; without context, nothing."""
    model = network(2)
    for module in model.modules():
        if isinstance(module, ESA):
            module.expand.weight.data.zero_()
    halo = halo_of(model)
    image = torch.zeros(1, 3, 20, 2 * halo + 41)
    moved = image.clone()
    moved[..., halo + 20] = 255
    with torch.inference_mode():
        change = (model(moved) - model(image)).abs().amax((0, 1, 2)) > 1e-6
    touched = change.nonzero().flatten()
    assert touched.min() >= 2 * 20
    assert touched.max() < 2 * (2 * halo + 21)


def test_too_small_an_image_is_refused() -> None:
    with pytest.raises(UserError, match="image of 40x14 pixels is too small: the network needs at least 15"):
        super_resolve(network(2), np.zeros((14, 40, 3), np.uint8), 2, min_size=METHOD.min_size)


@pytest.mark.parametrize("tile", [0, 24])
def test_an_output_that_overflows_is_no_picture(tile: int) -> None:
    model = network(2)
    last = [module for module in model.modules() if isinstance(module, torch.nn.Conv2d)][-1]
    with torch.no_grad():
        last.weight.fill_(3e38)
    with pytest.raises(UserError, match="the network's output is not finite, although its weights are"):
        super_resolve(model, np.full((30, 40, 3), 200, np.uint8), 2, tile)


def test_min_size_is_the_smallest_that_works() -> None:
    side = METHOD.min_size
    assert super_resolve(network(2), np.zeros((side, side, 3), np.uint8), 2).shape == (2 * side, 2 * side, 3)
    with pytest.raises(RuntimeError):
        super_resolve(network(2), np.zeros((side - 1, side, 3), np.uint8), 2)
