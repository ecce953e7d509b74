"""Networks of the real package spandrel, with random weights: our results are those of its own loader and call."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from sr.core.errors import UserError
from sr.evaluate.output_size import lr_size
from sr.evaluate.spandrel_network import SpandrelNetwork
from tests.conftest import photograph

try:
    import spandrel
    from spandrel.architectures import DITN, PLKSR, SAFMN, SPAN, Compact, DnCNN, RealCUGAN, SwinIR
except Exception as error:  # noqa: BLE001 - a torchvision of another build raises RuntimeError
    pytest.skip(
        f"needs spandrel and a torchvision that fits torch, which no lock can pin: {error}", allow_module_level=True
    )

NETWORKS: dict[str, tuple[int, Callable[[], nn.Module]]] = {
    "SPAN": (2, lambda: SPAN.SPAN(num_in_ch=3, num_out_ch=3, feature_channels=28, upscale=2)),
    "PLKSR": (4, lambda: PLKSR.PLKSR(dim=16, n_blocks=3, upscaling_factor=4)),
    "RealPLKSR": (2, lambda: PLKSR.RealPLKSR(dim=16, n_blocks=3, upscaling_factor=2)),
    "SAFMN": (4, lambda: SAFMN.SAFMN(dim=36, n_blocks=3, upscaling_factor=4)),
    "Compact": (3, lambda: Compact.Compact(num_feat=24, num_conv=4, upscale=3)),
    "DITN": (2, lambda: DITN.DITN(dim=24, ITL_blocks=2, SAL_blocks=2, UFONE_blocks=1, patch_size=8, upscale=2)),
    "SwinIR": (2, lambda: swinir()),
    "RealCUGAN": (2, lambda: RealCUGAN.UpCunet2x()),
}
MERGED = {"SPAN"}  # whose blocks are one convolution each in inference


def swinir() -> nn.Module:
    """Return a transformer with windows of 8 pixels, whose biases are parameters of their own."""
    return SwinIR.SwinIR(
        img_size=64, window_size=8, embed_dim=24, depths=[2], num_heads=[4], upscale=2, upsampler="pixelshuffle"
    )


@pytest.fixture(params=NETWORKS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, int, Path]:
    """Return the name and scale of a network, and a file of its random weights."""
    torch.manual_seed(0)
    scale, build = NETWORKS[request.param]
    return request.param, scale, write(tmp_path, build())


def write(folder: Path, network: nn.Module) -> Path:
    """Write the weights as authors do, in a dictionary."""
    torch.save({"params_ema": network.state_dict()}, folder / "a.pth")
    return folder / "a.pth"


def loaded(path: Path) -> "spandrel.ImageModelDescriptor":
    """Return what spandrel itself makes of a file."""
    network = spandrel.ModelLoader().load_from_file(path)
    assert isinstance(network, spandrel.ImageModelDescriptor)
    return network.eval()


def test_the_result_is_that_of_spandrels_call(case: tuple[str, int, Path]) -> None:
    _, scale, path = case
    image = photograph()[:61, :75]
    theirs = loaded(path)(torch.from_numpy(image.transpose(2, 0, 1)[None] / np.float32(255)))
    expected = (theirs[0].permute(1, 2, 0) * 255).round().numpy().astype(int)
    ours = SpandrelNetwork(path, scale)(image)
    assert ours.shape == (61 * scale, 75 * scale, 3)
    assert np.abs(ours - expected).max() <= 1
    assert (ours != expected).mean() < 1e-3
    assert ours.std() > 1  # something else than a flat image


def test_safetensors_hold_the_same_network(tmp_path: Path) -> None:
    network = SAFMN.SAFMN(dim=36, n_blocks=3, upscaling_factor=2)
    save_file(network.state_dict(), tmp_path / "b.safetensors")
    files = (write(tmp_path, network), tmp_path / "b.safetensors")
    first, second = (SpandrelNetwork(path, 2)(photograph()) for path in files)
    assert np.array_equal(first, second)


def test_counts_are_those_of_hooks(case: tuple[str, int, Path]) -> None:
    name, scale, path = case
    network, theirs = SpandrelNetwork(path, scale), loaded(path)
    used: dict[int, int] = {}
    mult_adds: list[int] = []
    values: list[int] = []

    def count(layer: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        used.update({id(each): each.numel() for each in layer.parameters()})
        transposed = isinstance(layer, nn.ConvTranspose2d)
        _, _, height, width = (inputs[0] if transposed else output).shape
        kernel = layer.kernel_size[0] * layer.kernel_size[1]
        mult_adds.append(layer.in_channels * layer.out_channels // layer.groups * kernel * height * width)
        values.append(output.numel())

    for layer in theirs.model.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.register_forward_hook(count)
    width, height = 72, 48
    theirs(torch.zeros(1, 3, height, width))
    assert network.convolutions((width, height)) == (sum(mult_adds), sum(values))
    if name in MERGED:
        assert network.parameters() == sum(used.values()) < sum(each.numel() for each in theirs.model.parameters())
    elif name != "RealCUGAN":  # it has a layer that only its denoising models need
        assert network.parameters() == sum(each.numel() for each in theirs.model.parameters())


def test_a_published_size(tmp_path: Path) -> None:
    """SPAN's authors (NTIRE 2024, x4, 28 channels) count 0.151 M parameters."""
    path = write(tmp_path, SPAN.SPAN(num_in_ch=3, num_out_ch=3, feature_channels=28, upscale=4))
    network = SpandrelNetwork(path, 4)
    assert round(network.parameters() / 1e6, 3) == 0.151
    assert network.mult_adds() / (lr_size(4)[0] * lr_size(4)[1]) == pytest.approx(network.parameters(), rel=0.01)


def test_a_network_for_something_else(tmp_path: Path) -> None:
    path = write(tmp_path, DnCNN.DnCNN(in_nc=3, out_nc=3, nc=16, nb=5, mode="R"))
    with pytest.raises(UserError, match="DnCNN, a network for Restoration, not for super-resolution"):
        SpandrelNetwork(path, 2)


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    network = Compact.Compact(num_feat=24, num_conv=4, upscale=3)
    path = write(tmp_path, network)
    with pytest.raises(UserError, match="Compact, a network for x3, not x2"):
        SpandrelNetwork(path, 2)
    gray = write(tmp_path, Compact.Compact(num_in_ch=1, num_out_ch=1, num_feat=24, num_conv=4, upscale=2))
    with pytest.raises(UserError, match="from 1 channels to 1, not from RGB to RGB"):
        SpandrelNetwork(gray, 2)
    save_file({"a": torch.zeros(3)}, tmp_path / "a.safetensors")
    with pytest.raises(UserError, match="weights of no architecture that spandrel knows"):
        SpandrelNetwork(tmp_path / "a.safetensors", 2)
    state = network.state_dict()
    del state["body.2.bias"]
    torch.save(state, tmp_path / "b.pth")
    with pytest.raises(UserError, match="not a usable network") as caught:
        SpandrelNetwork(tmp_path / "b.pth", 3)
    assert "\n" not in str(caught.value)
