"""Unusual interpreters, streams and names: a result, or one line and exit code 1; never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.helpers.repository import REPO

SCALE = ("--scale", "2")


def run(*command: str | bytes | Path, environment: dict[str, str] | None = None, redirect: str = "") -> tuple[int, str]:
    """Run a command of the project as its own process; return its exit code and stderr."""
    shell = ["sh", "-c", f'exec "$0" "$@" {redirect}', sys.executable, *command]
    variables = os.environ | {"PYTHONPATH": str(REPO)} | (environment or {})
    done = subprocess.run(shell, cwd=REPO, env=variables, capture_output=True, check=False)
    errors = done.stderr.decode(errors="replace")
    assert "Traceback" not in errors
    return done.returncode, errors


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Return a folder with names in no ASCII, in no UTF-8, and with a dash in front."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name in (os.fsencode("ä.png"), b"\xff.png", b"-x.png"):
        with open(os.fsencode(folder) + b"/" + name, "wb") as stream:
            Image.new("RGB", (40, 30), (9, 99, 9)).save(stream, "PNG")
    return folder


@pytest.mark.parametrize("environment", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_any_name_of_a_file_works(images: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    code, errors = run("-m", "sr", "downscale", images, tmp_path / "out", *SCALE, environment=environment)
    assert code == 0, errors
    assert len(os.listdir(os.fsencode(tmp_path / "out"))) == 3


def test_names_of_no_unicode_are_shown_escaped(images: Path, tmp_path: Path) -> None:
    path = os.fsencode(images) + b"/\xff.png"
    with open(path, "wb") as stream:
        stream.write(b"no image")
    code, errors = run("-m", "sr", "downscale", path, tmp_path / "out.png", *SCALE)
    assert code == 1
    assert r"\udcff.png: not a readable image" in errors


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("redirect", [">&-", "2>&-", "> /dev/full"])
def test_streams_that_cannot_be_written(images: Path, tmp_path: Path, redirect: str, unbuffered: str) -> None:
    command = ("-m", "sr", "downscale", images / "ä.png", tmp_path / "out.png", *SCALE)
    code, _ = run(*command, redirect=redirect, environment={"PYTHONUNBUFFERED": unbuffered})
    assert code == (1 if redirect == "> /dev/full" else 0)
    # The image is written before the line that says so.
    assert Image.open(tmp_path / "out.png").size == (20, 15)


def test_warnings_as_errors_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "alpha.png"
    Image.new("RGBA", (40, 30), (1, 2, 3, 4)).save(path)
    command = ("-m", "sr", "downscale", path, tmp_path / "out.png", *SCALE)
    code, errors = run(*command, environment={"PYTHONWARNINGS": "error"})
    assert (code, errors) == (1, f"error: {path}: alpha channel dropped\n")
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("command", [("-m", "sr"), ("-m", "sr", "upscale"), ("workflow/check_cache.py",)])
def test_help_needs_no_docstrings(command: tuple[str, ...]) -> None:
    assert run("-OO", *command, "--help") == (0, "")
