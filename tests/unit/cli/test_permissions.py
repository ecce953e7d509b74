"""Folders and files that the user may not read or write: one line that names them, whoever runs the tests."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers.repository import REPO

NOBODY = 65534
# As root nothing is unreadable: after a first call, which imports all that is needed, the rights are given up.
SCRIPT = """\
import contextlib, io, json, os, sys
from sr.cli.main import main

first, then = json.loads(sys.argv[1])
with contextlib.redirect_stdout(io.StringIO()):
    assert main(first) == 0
if os.geteuid() == 0:
    os.setegid({nobody})
    os.seteuid({nobody})
sys.exit(main(then))
"""
CASES = {
    "downscale": ["downscale", "{images}", "{out}", "--scale", "2"],
    "score": ["score", "{images}", "{images}", "--scale", "2", "--csv", "{out}"],
    "upscale": ["upscale", "{images}", "{out}", "--scale", "2"],
}


def call(folder: Path, verb: str, images: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Run a verb on readable images, and then, without the rights of root, on ``images``."""
    readable = folder / "readable"
    lines = [
        [word.format(images=source, out=target) for word in CASES[verb]]
        for source, target in ((readable, folder / "first"), (images, out))
    ]
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(nobody=NOBODY), json.dumps(lines)],
        cwd=REPO, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that anybody may write to, with images in ``readable``."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to(tempfile.gettempdir()) and folder != Path(tempfile.gettempdir()):
            folder.chmod(0o777)
    (tmp_path / "readable").mkdir(mode=0o755)
    Image.fromarray(np.full((48, 48, 3), 90, np.uint8)).save(tmp_path / "readable" / "a.png")
    return tmp_path


@pytest.mark.parametrize("verb", CASES)
def test_a_folder_that_may_not_be_read(folder: Path, verb: str) -> None:
    locked = folder / "locked"
    locked.mkdir()
    Image.new("RGB", (48, 48)).save(locked / "a.png")
    locked.chmod(0o000)
    done = call(folder, verb, locked, folder / "out")
    locked.chmod(0o755)
    assert_one_line(done, str(locked))
    assert not (folder / "out").exists()


@pytest.mark.parametrize("verb", CASES)
def test_an_image_that_may_not_be_read(folder: Path, verb: str) -> None:
    images = folder / "images"
    images.mkdir(mode=0o755)
    Image.new("RGB", (48, 48)).save(images / "a.png")
    (images / "a.png").chmod(0o000)
    assert_one_line(call(folder, verb, images, folder / "out"), "a.png")


@pytest.mark.parametrize("verb", ["downscale", "upscale"])
def test_a_folder_that_may_not_be_written(folder: Path, verb: str) -> None:
    locked = folder / "locked"
    locked.mkdir(mode=0o555)
    done = call(folder, verb, folder / "readable", locked / "out")
    assert_one_line(done, "locked")
    assert os.listdir(locked) == []


def test_a_file_in_a_folder_that_may_not_be_written(folder: Path) -> None:
    """Said before the work: no score is printed."""
    locked = folder / "locked"
    locked.mkdir(mode=0o555)
    done = call(folder, "score", folder / "readable", locked / "new" / "out.csv")
    assert_one_line(done, "locked")
    assert done.stdout == ""


def assert_one_line(done: subprocess.CompletedProcess[str], name: str) -> None:
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr, done.stderr
    assert name in done.stderr, done.stderr
    assert "ermission" in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
