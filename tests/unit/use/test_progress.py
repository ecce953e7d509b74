"""What upscale shows of its time and progress, on a terminal and in a log."""

import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from sr.use import progress, upscale
from tests.conftest import save_image
from tests.helpers.cli import upscaled


def test_progress_shows_on_a_terminal_only(
    capsys: pytest.CaptureFixture, tmp_path: Path, weights: Path, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    image = save_image(tmp_path / "a.png", photo[:60, :60])
    command = (image, tmp_path / "b.png", "--model", weights, "--tile", 48, "--overwrite")
    assert upscaled(*command) == 0
    assert capsys.readouterr().err == ""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", Terminal())
        assert upscaled(*command) == 0
        shown = sys.stderr.getvalue()
    assert "a.png" in shown
    assert "a.png 100%" in shown
    assert "left" in shown


def test_a_long_job_says_its_time_and_logs_progress(
    capsys: pytest.CaptureFixture, tmp_path: Path, weights: Path, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("MUCH", 0), ("LONG", 0), ("SAMPLE", 48)):
        monkeypatch.setattr(upscale, name, value)
    monkeypatch.setattr(progress, "EVERY", 0)
    for name in ("a.png", "b.png"):
        save_image(tmp_path / "in" / name, photo[:96, :96])
    assert upscaled(tmp_path / "in", tmp_path / "out", "--model", weights, "--tile", 48) == 0
    first, *lines = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"2 images, 0.0 megapixels, x2 by tiny.safetensors on cpu: about \d+ (s|min)", first)
    form = re.compile(r"([ab]).png \((\d) of 2\): (\d+)% done, \d+:\d\d left")
    shown = [form.fullmatch(line) for line in lines]
    assert all(shown)
    shares = [int(match[3]) for match in shown if match]
    assert shares == sorted(shares)
    assert {(match[1], match[2]) for match in shown if match} == {("a", "1"), ("b", "2")}
    assert shares[0] > 0
    assert any(45 <= share <= 55 for share in shares)


def test_times_are_rounded_as_estimates_are() -> None:
    assert [progress.about(s) for s in (1, 42, 58, 100, 5400)] == [
        *("about 5 s", "about 40 s", "about 1 min", "about 2 min", "about 1.5 h")
    ]
