"""Networks that spandrel knows: read without running code, measured like ours, refused in one line if they do not fit.

The real package is in tests/unit/evaluate/test_spandrel_architectures.py.
"""

import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from sr.cli.main import main
from sr.core.errors import UserError
from sr.core.files import read_json
from sr.evaluate.output_size import lr_size
from sr.evaluate.spandrel_network import SpandrelNetwork, _Transposed
from tests.conftest import photograph, save_image
from tests.helpers.cli import refused
from tests.helpers.spandrel_stub import nearest_state, stub


@pytest.fixture(autouse=True)
def package(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return a package spandrel with one architecture."""
    package = stub()
    monkeypatch.setitem(sys.modules, "spandrel", package)
    return package


def write(path: Path, state: dict[str, Any]) -> Path:
    """Write a state as the suffix says."""
    if path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    return path


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", ["a.pth", "a.pt", "a.ckpt", "a.safetensors"])
def test_output_and_counts(tmp_path: Path, scale: int, name: str) -> None:
    network = SpandrelNetwork(write(tmp_path / name, nearest_state(scale)), scale)
    image = photograph()[:50, :61]
    assert np.array_equal(network(image), image.repeat(scale, 0).repeat(scale, 1))
    width, height = lr_size(scale)
    assert network.parameters() == 9 * scale**2
    assert network.mult_adds() == 9 * scale**2 * width * height
    assert network.convolutions((70, 50)) == (9 * scale**2 * 70 * 50, 3 * scale**2 * 70 * 50)


def test_parameters_that_no_image_needs_do_not_count(tmp_path: Path) -> None:
    state = nearest_state() | {"lost.weight": torch.zeros(5, 3, 1, 1)}
    assert SpandrelNetwork(write(tmp_path / "a.pth", state), 2).parameters() == 36


def test_transposed_convolutions_use_each_weight_at_every_pixel_of_the_input() -> None:
    network = nn.Sequential(nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), nn.ReLU())
    layers = _Transposed(network)
    network(torch.zeros(1, 4, 10, 8))
    assert (layers.mult_adds, layers.values) == (4 * 3 * 9 * 10 * 8, 6 * 21 * 17)
    layers.remove()
    network(torch.zeros(1, 4, 10, 8))
    assert layers.values == 6 * 21 * 17


def test_sides(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pth", nearest_state())
    with pytest.raises(UserError, match=r"image of 60x47 pixels is too small: a.pth needs 48 a side"):
        SpandrelNetwork(path, 2)(photograph()[:47, :60])
    network = SpandrelNetwork(path, 2, min_side=16, multiple=8)
    image = photograph()[:41, :35]
    assert np.array_equal(network(image), image.repeat(2, 0).repeat(2, 1))
    assert network.convolutions((35, 41))[0] == 36 * 40 * 48


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (nearest_state(3), "Nearest, a network for x3, not x2. Check the scale"),
        (nearest_state(2, 1), "Nearest, a network from 1 channels to 3, not from RGB to RGB. Give another file"),
        ({"other.weight": torch.zeros(3)}, "weights of no architecture that spandrel knows. Export it to ONNX"),
        (nearest_state() | {"more.weight": torch.zeros(3)}, "not a usable network ("),
        ({"copies.weight": torch.full((12, 3, 1, 1), torch.nan)}, "the output is not finite"),
    ],
)
@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_refusals(tmp_path: Path, state: dict[str, torch.Tensor], message: str, name: str) -> None:
    path = write(tmp_path / name, state)
    with pytest.raises(UserError) as caught:
        SpandrelNetwork(path, 2)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("purpose", ["Restoration", "FaceSR", "Inpainting"])
def test_networks_for_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, purpose: str) -> None:
    monkeypatch.setitem(sys.modules, "spandrel", stub(purpose))
    with pytest.raises(UserError, match=f"Nearest, a network for {purpose}, not for super-resolution"):
        SpandrelNetwork(write(tmp_path / "a.pth", nearest_state()), 2)


class Touch:
    """An object that writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("name", ["a.pth", "a.pt", "a.ckpt", "a.bin"])
def test_no_code_of_a_file_is_run(tmp_path: Path, name: str) -> None:
    content = nearest_state() | {"more": Touch(tmp_path / "run")}
    for protocol in (True, False):
        torch.save(content, tmp_path / name, _use_new_zipfile_serialization=protocol)
        with pytest.raises(UserError, match="cannot be read as weights"):
            SpandrelNetwork(tmp_path / name, 2)
    (tmp_path / name).write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match="cannot be read as weights"):
        SpandrelNetwork(tmp_path / name, 2)
    assert not (tmp_path / "run").exists()
    with pytest.warns((DeprecationWarning, FutureWarning), match="jit"):
        torch.jit.script(nn.Conv2d(3, 3, 1)).save(str(tmp_path / name))
    with pytest.raises(UserError, match=r"cannot be read as weights \(.*TorchScript"):
        SpandrelNetwork(tmp_path / name, 2)


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_damaged_files(tmp_path: Path, name: str) -> None:
    content = write(tmp_path / name, nearest_state()).read_bytes()
    for damaged in (b"", b"weights", content[: len(content) // 2], bytes(range(256)) * 50):
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(UserError, match=r"cannot be read as weights \(") as caught:
            SpandrelNetwork(tmp_path / name, 2)
        assert "\n" not in str(caught.value)
    (tmp_path / name).unlink()
    with pytest.raises(UserError, match=r"cannot be read as weights \(.*No such file"):
        SpandrelNetwork(tmp_path / name, 2)
    torch.save([torch.zeros(3)], tmp_path / "list.pth")
    with pytest.raises(UserError, match="holds no tensors by name"):
        SpandrelNetwork(tmp_path / "list.pth", 2)


def test_a_missing_and_an_unfit_package_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.pth", nearest_state())
    monkeypatch.delitem(sys.modules, "spandrel")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "spandrel.py").write_text("import no_torchvision\n")
    with pytest.raises(UserError, match=r"a\.pth: reading it needs no_torchvision. Install it: pip install spandrel"):
        SpandrelNetwork(path, 2)
    # What a torchvision for another build of torch does.
    (tmp_path / "spandrel.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')\n")
    with pytest.raises(UserError, match=r"spandrel cannot be loaded \(operator torchvision::nms does not exist\)"):
        SpandrelNetwork(path, 2)


def test_the_command_line_measures_and_counts(
    tmp_path: Path, capfd: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save_image(tmp_path / "set" / "cat.png", photograph())
    path, out = write(tmp_path / "a.pth", nearest_state(4)), tmp_path / "a.json"
    command = ["evaluate", "--spandrel", str(path), "--hr", str(tmp_path / "set"), "--scale", "4", "--json", str(out)]
    assert "needs 48 a side" in refused(capfd, *command)
    assert "--pixels is for --onnx" in refused(capfd, *command, "--pixels", "RGB 0..1")
    assert "--tile is for --weights" in refused(capfd, *command, "--tile", "48")
    assert "--min-side is for --onnx and --spandrel" in refused(
        capfd, "evaluate", "--bicubic", *command[3:], "--min-side", "8"
    )
    assert main([*command, "--min-side", "16"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "144 parameters, 0.01 G Mult-Adds for 1280x720"
    written = read_json(out)
    assert (written["model"], written["peer"], written["protocol"]["tile"]) == ("a", True, 0)
