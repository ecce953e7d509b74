"""Checks of upscale before its work: inputs, outputs, and mistakes, which are reported at once."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr.use import zoo
from tests.conftest import REPO, save_image
from tests.helpers.cli import refused, upscaled


def test_results_are_replaced_only_if_asked(
    capsys: pytest.CaptureFixture, tmp_path: Path, weights: Path, photo: np.ndarray
) -> None:
    save_image(tmp_path / "in" / "a.png", photo[:20, :24])
    save_image(tmp_path / "in" / "b.png", photo[:20, :24])
    out = tmp_path / "out"
    save_image(out / "a.png", photo[:2, :2])
    line = refused(capsys, "upscale", tmp_path / "in" / "a.png", out / "a.png", "--model", weights)
    assert "already exists. Give --overwrite" in line
    assert upscaled(tmp_path / "in", out, "--model", weights) == 0
    assert [Image.open(out / name).size for name in ("a.png", "b.png")] == [(2, 2), (48, 40)]
    assert "nothing to do: all 2 results already exist" in refused(
        capsys, "upscale", tmp_path / "in", out, "--model", weights
    )
    assert upscaled(tmp_path / "in", out, "--model", weights, "--overwrite") == 0
    assert Image.open(out / "a.png").size == (48, 40)


def test_several_files_share_one_start(
    capsys: pytest.CaptureFixture, tmp_path: Path, weights: Path, photo: np.ndarray
) -> None:
    names = ("a.png", "in/b.jpg", "c.png")
    one, two, third = (save_image(tmp_path / name, photo[:20, :24]) for name in names)
    assert upscaled(one, two, tmp_path / "out", "--model", weights) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.jpg"]
    assert "2 images enlarged" in capsys.readouterr().out
    model = ("--model", weights)
    assert "need a folder" in refused(capsys, "upscale", one, two, tmp_path / "new.png", *model)
    assert "need a folder" in refused(capsys, "upscale", one, two, third, *model, "--overwrite")
    assert "is a folder. Give files only" in refused(capsys, "upscale", one, tmp_path / "in", tmp_path / "out", *model)
    same = save_image(tmp_path / "other" / "a.png", photo[:20, :24])
    assert "would both become" in refused(capsys, "upscale", one, same, tmp_path / "out", *model)
    assert "the result would replace the image" in refused(capsys, "upscale", one, two, tmp_path, *model)


def test_mistakes_give_one_line_and_no_file(
    capsys: pytest.CaptureFixture, tmp_path: Path, weights: Path, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoo, "FOLDER", tmp_path / "zoo")
    image = save_image(tmp_path / "in" / "a.png", photo[:20, :24])
    (tmp_path / "in" / "notes.txt").write_text("no image")
    model = ("--model", weights)
    out = tmp_path / "b.png"
    folder = tmp_path / "in"
    for message, *command in (
        ("no such file or folder", tmp_path / "nowhere.png", out, *model),
        ("not an image in a known format", folder / "notes.txt", out, *model),
        ("no known image format for '.xyz'", image, tmp_path / "b.xyz", *model),
        ("weights for x2, but --scale is 3", image, out, *model, "--scale", "3"),
        ("the model zoo (results/zoo) is empty. Give --model", image, out),
        ("neither a model of the zoo nor a weights file", image, out, "--model", "dlsr_x9"),
        ("the result would replace the image", image, image, *model, "--overwrite"),
        ("the results would replace the images", folder, folder, *model),
        ("is a file, but", folder, image, *model),
        ("--recursive is for folders", image, out, *model, "--recursive"),
        ("more than 100 pixels", image, out, *model, "--max-pixels", "100"),
        ("argument --memory: 'nan': must be a number from 0.01 to", image, out, *model, "--memory", "nan"),
        ("argument --tile: '-1': must be a whole number from 0 to", image, out, *model, "--tile", "-1"),
    ):
        assert message in refused(capsys, "upscale", *command)
    save_image(folder / "a.gif", photo[:20, :24])
    assert "would both become" in refused(capsys, "upscale", folder, tmp_path / "out", *model)
    (folder / "a.gif").unlink()
    save_image(folder / "in" / "a.png", photo[:20, :24])
    assert "the result would replace the image" in refused(capsys, "upscale", folder, tmp_path, *model, "--recursive")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_mistakes_are_reported_without_torch(tmp_path: Path, weights: Path, photo: np.ndarray) -> None:
    image = save_image(tmp_path / "a.png", photo[:20, :24])
    broken = tmp_path / "broken.png"
    broken.write_bytes(image.read_bytes()[:-200])
    wide = save_image(tmp_path / "wide.png", np.zeros((16, 9000, 3), np.uint8))
    out = tmp_path / "b.png"
    probe = """
import json, sys
from sr.cli.main import main
for command in json.loads(sys.argv[1]):
    assert main(["upscale", *command]) == 1
    assert "torch" not in sys.modules, command
"""
    commands = [
        [tmp_path / "nowhere.png", out],
        [image, tmp_path / "b.xyz"],
        [image, image],
        [broken, out],
        [wide, tmp_path / "b.webp"],
        [wide, tmp_path / "wide.webp", "--model", weights],
        [image, out, "--max-pixels", 100],
        [image, out, "--model", weights, "--scale", 3],
        [image, wide],
        [image, tmp_path / "nowhere.png", tmp_path / "out"],
    ]
    text = json.dumps([[str(word) for word in command] for command in commands])
    done = subprocess.run([sys.executable, "-c", probe, text], cwd=REPO, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    words = ("no such file", "no known image", "would replace", "not a readable", "holds sides", "holds sides")
    words += ("more than 100 pixels", "but --scale is 3", "already exists", "no such file")
    lines = done.stderr.splitlines()
    assert len(lines) == len(words)
    assert all(word in line for word, line in zip(words, lines, strict=True)), lines
