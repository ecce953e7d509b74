"""Other networks: refused in one line before any training, and counted in files like those of the models."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from sr.cli.main import main
from sr.core import formats
from sr.core.files import sha256_file
from sr.evaluate.formats import ModelCounts
from tests.helpers.cli import refused
from tests.helpers.onnx_files import external, nearest, not_finite, of_one_size, to_one_size, unknown_operation
from tests.helpers.packed_sets import IMAGES, write_sets
from tests.helpers.spandrel_stub import nearest_state, stub


def inspect(folder: Path, image: np.ndarray = IMAGES["cat"], **peers: Any) -> list[str]:
    """Return the command that inspects one training and one test image and the networks ``peers``."""
    command = write_sets(folder, {"A": {"x": IMAGES["astronaut"]}, "B": {"u": image}}, "A", ["B"])
    params = folder / "params.yaml"
    raw = yaml.safe_load(params.read_text())
    raw["data"]["peers"] = peers
    params.write_text(yaml.safe_dump(raw))
    return command


def test_networks_that_can_be_measured_pass(tmp_path: Path) -> None:
    files = {f"x{scale}": str(nearest(tmp_path / f"{scale}.onnx", scale)) for scale in (2, 4)}
    assert main(inspect(tmp_path, near=files)) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"change": external}, "weights such as 'weights' are in other files. Save it as one file"),
        ({"change": unknown_operation}, "not a usable ONNX network"),
        ({"sides": (64, 64)}, "its input has a fixed size, [None, 3, 64, 64]. Export it with free height and width"),
        ({"channels": 1}, "its input is not float32 (N, 3, height, width)"),
        ({"scale": 3}, "turns 48x49 pixels into 1x3x144x147, not x2. Check the scale"),
        ({"facts": {}}, "channel order and value range are not known. Give --pixels"),
        ({"change": of_one_size}, "not a usable ONNX network"),
        ({"change": to_one_size}, "turns 57x55 pixels into 1x3x96x98, not x2"),
        ({"change": not_finite}, "the output is not finite"),
    ],
)
def test_files_that_cannot_be_measured_are_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture, options: dict, message: str
) -> None:
    path = nearest(tmp_path / "a.onnx", **options)
    error = refused(capfd, *inspect(tmp_path, near={"x2": str(path)}))
    assert error.startswith(f"error: data.peers.near.x2: {path}: ")
    assert message in error
    assert not (tmp_path / "inspection.json").exists()


@pytest.mark.parametrize("damage", [lambda content: b"", lambda content: content[: len(content) // 2]])
def test_damaged_files_are_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture, damage: Callable[[bytes], bytes]
) -> None:
    path = nearest(tmp_path / "a.onnx")
    path.write_bytes(damage(path.read_bytes()))
    assert "error: data.peers.near.x2: " in refused(capfd, *inspect(tmp_path, near={"x2": str(path)}))


def test_networks_that_spandrel_knows(
    tmp_path: Path, capfd: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "spandrel", stub())
    for scale in (2, 3):
        torch.save(nearest_state(scale), tmp_path / f"{scale}.pth")
    files = {f"x{scale}": str(tmp_path / f"{scale}.pth") for scale in (2, 3)}
    assert main(inspect(tmp_path, near=files)) == 0
    assert main(["count", "--params", str(tmp_path / "params.yaml"), "--out", str(tmp_path), "--peers", "near"]) == 0
    counts = formats.load(tmp_path / "near.json", ModelCounts)
    assert {scale: (row.params, row.mult_adds) for scale, row in counts.scales.items()} == {
        "2": (9 * 4, 9 * 4 * 640 * 360),
        "3": (9 * 9, 9 * 9 * 426 * 240),
    }
    assert counts.sha256 == {key[1:]: sha256_file(file) for key, file in files.items()}
    for entry, message in (
        ({"x4": files["x3"]}, "data.peers.near.x4: {}: Nearest, a network for x3, not x4. Check the scale"),
        ({"x3": {"file": files["x3"], "min_side": 200}}, "is smaller than the 200 pixels that near needs"),
    ):
        assert message.format(files["x3"]) in refused(capfd, *inspect(tmp_path / "again", near=entry))
    monkeypatch.setitem(sys.modules, "spandrel", None)
    message = f"data.peers.near.x2: {files['x2']}: reading it needs spandrel. Install it: pip install spandrel"
    assert message in refused(capfd, *inspect(tmp_path / "without", near=files))


def test_the_missing_package_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = inspect(tmp_path, near={"x2": str(nearest(tmp_path / "a.onnx"))})
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    assert "needs onnx and onnxruntime. Install them: pip install onnx onnxruntime" in refused(capfd, *command)


def test_test_images_below_its_smallest_side_are_refused(tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    path = str(nearest(tmp_path / "a.onnx"))
    image = IMAGES["cat"][:80, :200]
    message = "test image u: 100x40 at x2 is smaller than the 48 pixels that near needs. Leave the image out"
    assert message in refused(capfd, *inspect(tmp_path, image, near={"x2": path}))
    assert main(inspect(tmp_path, image, near={"x2": {"file": path, "min_side": 40}})) == 0


def test_counts_are_written_like_those_of_models(tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    files = {f"x{scale}": str(nearest(tmp_path / f"{scale}.onnx", scale)) for scale in (2, 3)}
    inspect(tmp_path, near=files)
    command = ["count", "--params", str(tmp_path / "params.yaml"), "--out", str(tmp_path), "--peers"]
    assert main([*command, "near"]) == 0
    counts = formats.load(tmp_path / "near.json", ModelCounts)
    assert {scale: (row.params, row.mult_adds, row.lr_size) for scale, row in counts.scales.items()} == {
        "2": (9 * 4, 9 * 4 * 640 * 360, [640, 360]),
        "3": (9 * 9, 9 * 9 * 426 * 240, [426, 240]),
    }
    assert counts.sha256 == {key[1:]: sha256_file(file) for key, file in files.items()}
    assert "near x3: 81 params, 0.008 G Mult-Adds" in capfd.readouterr().out
    assert "--peers far: not in data.peers, which has: near" in refused(capfd, *command, "far")
    assert "--scale has no effect with --peers" in refused(capfd, *command, "near", "--scale", "2")
