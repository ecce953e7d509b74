"""LR images of a packed set: each is the degraded HR image of its name."""

from pathlib import Path

import numpy as np
import pytest

from sr.cli.main import main
from sr.data.degrade import downscale
from sr.data.packed import open_pack, pack
from tests.helpers.cli import refused


def test_each_image_is_degraded(tmp_path: Path) -> None:
    images = list(np.random.default_rng(0).integers(0, 256, (2, 12, 18, 3), np.uint8))
    pack(tmp_path / "hr.npy", ["a", "b"], images, "digest", "Mine")
    assert main(["degrade", "--hr", str(tmp_path / "hr.npy"), "--scale", "3", "--out", str(tmp_path / "x3.npy")]) == 0
    low = open_pack(tmp_path / "x3.npy")
    assert (low.names, low.digest) == (["a", "b"], "digest")
    for number, image in enumerate(images):
        assert (low[number] == downscale(image, 3)).all()


def test_an_image_that_is_too_small_is_named(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    images = [np.zeros(shape, np.uint8) for shape in ((9, 9, 3), (3, 9, 3))]
    pack(tmp_path / "hr.npy", ["large", "dot"], images, "digest", "Mine")
    line = refused(capsys, "degrade", "--hr", tmp_path / "hr.npy", "--scale", "4", "--out", tmp_path / "x4.npy")
    assert "image dot of Mine: image of 9x3 pixels cannot be downscaled by 4: too small. Leave it out" in line
    assert not (tmp_path / "x4.npy").exists()
