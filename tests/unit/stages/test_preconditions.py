"""Trainings that lack images, and genotypes that no network takes, are refused before any training."""

from pathlib import Path

import pytest
import yaml

from sr.cli.main import main
from tests.helpers.packed_sets import IMAGES, write_sets


@pytest.mark.parametrize(
    ("section", "changes", "reason"),
    [
        ("search", {"validation_images": 2}, "search.validation_images: 2 of 2 training images leaves none"),
        ("retrain", {"leave_out": 2}, "retrain.leave_out: 2 of 2 training images leaves none"),
        ("search", {"hr_patch": 82}, "training image y: 120x40 at x2 is smaller than the patch of 41"),
        (
            "retrain",
            {"hr_patch": {"x2": 48, "x3": 72, "x4": 84}},
            "training image y: 60x20 at x4 is smaller than the patch of 21. Leave the image out or lower hr_patch",
        ),
    ],
)
def test_a_training_without_enough_of_its_images_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture, section: str, changes: dict, reason: str
) -> None:
    """Before the search, whose result would be wasted."""
    sets = {"A": {"x": IMAGES["astronaut"], "y": IMAGES["coffee"][:80, :240]}, "B": {"u": IMAGES["cat"]}}
    command = write_sets(tmp_path, sets, "A", ["B"])
    raw = yaml.safe_load((tmp_path / "params.yaml").read_text())
    raw["dlsr"]["search"].update(validation_images=1, hr_patch=32)
    raw["dlsr"]["retrain"].update(genotype="searched", hr_patch={"x2": 48, "x3": 72, "x4": 64})
    raw["dlsr"][section].update(changes)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(raw))
    assert main(command) == 1
    assert f"error: {reason}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"cell": ["conv_3x3", "conv_3x3", "none"]}, 'cell.2: "none": unknown operation. Choose from conv_1x1'),
        ({"cells": []}, "unknown key 'cells'; did you mean 'cell'?"),
        ({"inputs": 5}, "inputs: 5: input should be a valid"),
        ({"inputs": [[1, 2]]}, "inputs"),
    ],
)
def test_a_genotype_that_no_network_takes_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture, parts: dict, reason: str
) -> None:
    """Before the search of the genotype whose parts these replace."""
    command = write_sets(tmp_path, {"A": {"x": IMAGES["astronaut"]}, "B": {"u": IMAGES["cat"]}}, "A", ["B"])
    raw = yaml.safe_load((tmp_path / "params.yaml").read_text())
    raw["dlsr"]["retrain"]["genotype"] = "searched"
    raw["dlsr"]["variants"] = {"a": {"genotype_of": "dlsr", "genotype": parts}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(raw))
    assert main(command) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert reason in line
