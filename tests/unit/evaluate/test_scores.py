"""Folders of SR and HR images, scored and downscaled by the command line."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr.cli.main import main
from sr.data.degrade import downscale, upscale
from sr.evaluate import metrics
from tests.conftest import photograph, save_image
from tests.helpers.cli import refused


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder of SR images with three ways of naming, and one of HR images, one not a multiple of 2."""
    sr, hr = tmp_path / "sr", tmp_path / "hr"
    for name, partner, side in (("a", "a", 60), ("b", "bx2", 61), ("c", "c_SR", 62)):
        image = photograph()[:side, :80]
        save_image(hr / f"{name}.png", image)
        save_image(sr / f"{partner}.png", upscale(downscale(image, 2), 2))
    return sr, hr


def expected(border: int) -> list[float]:
    values = []
    for side in (60, 61, 62):
        hr = photograph()[: side - side % 2, :80]
        pair = (metrics.crop(metrics.luma(image), border) for image in (upscale(downscale(hr, 2), 2), hr))
        values.append(metrics.psnr(*pair))
    return values


@pytest.mark.parametrize("border", [0, 2, 4])
def test_scores_of_each_image_and_their_mean(folders: tuple[Path, Path], tmp_path: Path, border: int) -> None:
    out = tmp_path / "scores.csv"
    command = ["score", *map(str, folders), "--scale", "2", "--crop-border", str(border), "--csv", str(out)]
    assert main(command) == 0
    rows = list(csv.DictReader(out.open()))
    assert [row["image"] for row in rows] == ["a", "b", "c", "mean"]
    values = expected(border)
    assert [float(row["psnr"]) for row in rows] == pytest.approx([*values, np.mean(values)], abs=1e-4)


def test_the_border_is_the_scale_unless_given(folders: tuple[Path, Path], capfd: pytest.CaptureFixture) -> None:
    assert main(["score", *map(str, folders), "--scale", "2"]) == 0
    assert f"mean of 3: {np.mean(expected(2)):.2f} dB" in capfd.readouterr().out


def test_equal_images_are_infinitely_good(folders: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    assert main(["score", str(folders[1]), str(folders[1]), "--scale", "2", "--colour", "rgb", "--csv", str(out)]) == 0
    assert {row["psnr"] for row in csv.DictReader(out.open())} == {"inf"}


def test_refusals(folders: tuple[Path, Path], capfd: pytest.CaptureFixture) -> None:
    sr, hr = map(str, folders)
    (folders[0] / "c_SR.png").rename(folders[0] / "d.png")
    assert "no image c, cx2 or c_SR for " in refused(capfd, "score", sr, hr, "--scale", "2")
    (folders[0] / "d.png").rename(folders[0] / "c.png")
    save_image(folders[0] / "e.png", photograph())
    assert "for e.png. Check both folders" in refused(capfd, "score", sr, hr, "--scale", "2")
    (folders[0] / "e.png").unlink()
    assert "less a border of 30" in refused(capfd, "score", sr, hr, "--scale", "2", "--crop-border", "30")
    assert "must be a whole number from 0 to 64" in refused(
        capfd, "score", sr, hr, "--scale", "2", "--crop-border", "-1"
    )
    save_image(folders[0] / "a.png", photograph()[:30, :40])
    assert "a.png: 40x30, but " in refused(capfd, "score", sr, hr, "--scale", "2")


def test_downscaled_folder_is_bit_exact(folders: tuple[Path, Path], tmp_path: Path) -> None:
    lr = tmp_path / "lr"
    assert main(["downscale", str(folders[1]), str(lr), "--scale", "2", "--suffix", "x2"]) == 0
    assert sorted(path.name for path in lr.iterdir()) == ["ax2.png", "bx2.png", "cx2.png"]
    for name, side in (("a", 60), ("b", 61), ("c", 62)):
        assert np.array_equal(np.array(Image.open(lr / f"{name}x2.png")), downscale(photograph()[:side, :80], 2))


def test_downscale_refusals(folders: tuple[Path, Path], tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    image, out = str(folders[1] / "a.png"), str(tmp_path / "a.png")
    assert "Give a name ending in .png" in refused(capfd, "downscale", image, str(tmp_path / "a.jpg"), "--scale", "2")
    assert "would replace the image" in refused(capfd, "downscale", image, image, "--scale", "2", "--overwrite")
    assert "no such file or folder" in refused(capfd, "downscale", image + "x", out, "--scale", "2")
    assert main(["downscale", image, out, "--scale", "2"]) == 0
    assert "already exists. Give --overwrite" in refused(capfd, "downscale", image, out, "--scale", "2")
    save_image(tmp_path / "tiny" / "t.png", np.zeros((1, 9, 3), np.uint8))
    text = refused(capfd, "downscale", str(tmp_path / "tiny"), str(tmp_path / "lr"), "--scale", "2")
    assert text.startswith(f"error: {tmp_path / 'tiny' / 't.png'}: image of 9x1 pixels cannot be downscaled by 2")
    assert not (tmp_path / "lr").exists() or not list((tmp_path / "lr").iterdir())
