"""Time to quality: trainings get longer until one reaches the target."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks import quality


def test_trainings_get_longer_until_one_is_good_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "trained", lambda start, steps, args: {"minutes": 1.0, "psnr": 30 + steps / 1000})
    rows = quality.until("default", Namespace(target=31.5, last=16_000))
    assert [row["steps"] for row in rows] == [500, 1000, 2000]
    rows = quality.until("default", Namespace(target=99.0, last=4000))
    assert [row["steps"] for row in rows] == [500, 1000, 2000, 4000]


def test_the_command_trains_both_starts(packed_crops: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four steps: the interpolating start is far above the default one."""
    monkeypatch.setattr(quality, "FIRST", 4)
    out, sets = tmp_path / "quality.json", str(packed_crops)
    options = ["--train", sets, "--test", sets, "--channels", "8", "--target", "15", "--last", "4", "--out", str(out)]
    assert quality.main(options) == 0
    written = json.loads(out.read_text())
    default, interpolation = written["trainings"]
    assert (default["init"], interpolation["init"]) == ("default", "interpolation")
    assert interpolation["psnr"] > max(20, default["psnr"] + 5)
    assert written["channels"] == 8
