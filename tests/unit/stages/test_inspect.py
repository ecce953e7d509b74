"""Test images that are too small or were trained on are refused in one line; lookalikes are listed."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr.cli.main import main
from tests.helpers.packed_sets import IMAGES, write_sets

HALF = np.array(Image.fromarray(IMAGES["cat"]).resize((225, 150)))


def test_other_pictures_pass(tmp_path: Path) -> None:
    sets = {"A": {"x": IMAGES["astronaut"], "y": IMAGES["coffee"]}, "B": {"x": IMAGES["cat"]}}
    assert main(write_sets(tmp_path, sets, "A", ["B"])) == 0
    assert json.loads((tmp_path / "inspection.json").read_text()) == {"train": ["A"], "test": ["B"], "lookalikes": []}


def test_a_copy_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    sets = {"A": {"x": IMAGES["astronaut"], "y": IMAGES["coffee"]}, "B": {"u": IMAGES["cat"], "v": IMAGES["coffee"]}}
    assert main(write_sets(tmp_path, sets, "A", ["B"])) == 1
    expected = "error: B/v: the same picture is trained on, as A/y. Remove it from one of the sets\n"
    assert capsys.readouterr().err == expected
    assert not (tmp_path / "inspection.json").exists()


def test_one_folder_as_two_test_sets_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    sets = {"A": {"x": IMAGES["astronaut"]}, "B": {"u": IMAGES["cat"]}, "C": {"w": IMAGES["cat"]}}
    assert main(write_sets(tmp_path, sets, "A", ["B", "C"])) == 1
    assert "error: B, C: these test sets have the same images. Remove one" in capsys.readouterr().err


def test_a_lookalike_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    sets = {"A": {"x": IMAGES["rocket"], "small": HALF}, "B": {"u": IMAGES["coffee"], "cat": IMAGES["cat"]}}
    assert main(write_sets(tmp_path, sets, "A", ["B"])) == 0
    assert "warning: test image B/cat looks like training image A/small" in capsys.readouterr().err
    (pair,) = json.loads((tmp_path / "inspection.json").read_text())["lookalikes"]
    assert (pair["test"], pair["train"]) == ("B/cat", "A/small")


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((64, 12, 3), r"test image u: 12x64 less a border of 2 is smaller than the 11 pixels that the metrics need"),
        (
            (64, 20, 3),
            r"test image u: 10x32 at x2 is smaller than the 15 pixels that a network needs. Leave the image out",
        ),
    ],
)
def test_a_test_image_too_small_to_measure_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture, shape: tuple[int, int, int], reason: str
) -> None:
    sets = {"A": {"x": IMAGES["astronaut"]}, "B": {"u": np.zeros(shape, np.uint8)}}
    assert main(write_sets(tmp_path, sets, "A", ["B"])) == 1
    assert reason in capsys.readouterr().err
