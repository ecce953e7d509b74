"""The verb upscale: the evaluation's pixels for every size, and what happens to files and folders."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sr.methods.releases import load_weights
from sr.stages.evaluate import network_upscaler
from sr.use import zoo
from sr.use.feature_memory import LiveBytes, bytes_per_pixel
from sr.use.upscale import Enlarger
from tests.conftest import REPO, save_image
from tests.helpers.cli import refused, upscaled


def test_pixels_equal_the_evaluations(tmp_path: Path, weights: Path, photo: np.ndarray, smoke) -> None:
    save_image(tmp_path / "a.png", photo)
    assert upscaled(tmp_path / "a.png", tmp_path / "b.png", "--scale", 2, "--model", weights) == 0
    evaluated, _ = network_upscaler(smoke, str(weights), 2, 0, 1)
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / "b.png")), evaluated(photo))


@pytest.mark.parametrize("options", [("--tile", 48), ("--memory", 0.01)])
def test_tiles_give_the_same_pixels(tmp_path: Path, weights: Path, photo: np.ndarray, smoke, options: tuple) -> None:
    save_image(tmp_path / "a.png", photo)
    assert upscaled(tmp_path / "a.png", tmp_path / "b.png", "--model", weights, *options) == 0
    evaluated, _ = network_upscaler(smoke, str(weights), 2, 0, 1)
    difference = np.abs(np.array(Image.open(tmp_path / "b.png")).astype(int) - evaluated(photo))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from([None, 0, 7, 48]))
def test_images_of_any_size_are_enlarged(weights: Path, width: int, height: int, tile: int | None) -> None:
    enlarger = Enlarger(zoo.find(str(weights)), 2, "cpu", 1, tile, 1.0)
    image = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert enlarger(image).shape == (2 * height, 2 * width, 3)


def test_gray_stays_gray_and_alpha_is_enlarged_bicubically(tmp_path: Path, weights: Path, photo: np.ndarray) -> None:
    image = Image.fromarray(photo[:40, :60]).convert("L")
    mask = Image.fromarray(photo[:40, :60, 0])
    image.putalpha(mask)
    image.save(tmp_path / "a.png")
    assert upscaled(tmp_path / "a.png", tmp_path / "b.png", "--model", weights) == 0
    result = Image.open(tmp_path / "b.png")
    assert (result.mode, result.size) == ("LA", (120, 80))
    assert np.array_equal(result.getchannel("A"), mask.resize((120, 80), Image.Resampling.BICUBIC))


def test_a_folder_with_and_without_its_subfolders(
    capsys: pytest.CaptureFixture, tmp_path: Path, weights: Path, photo: np.ndarray
) -> None:
    source, out = tmp_path / "in", tmp_path / "in" / "out"
    small = photo[:20, :24]
    for name in ("a.png", "b.JPG", "deep/er/c.bmp", ".hidden.png", ".git/d.png"):
        save_image(source / name, small)
    Image.fromarray(small).save(source / "anim.gif")
    (source / "notes.txt").write_text("no image")

    def made() -> list[str]:
        return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())

    assert upscaled(source, out, "--model", weights) == 0
    captured = capsys.readouterr()
    assert made() == ["a.png", "anim.png", "b.JPG"]
    assert captured.err == f"warning: {source}/notes.txt: not an image; skipped\n"
    assert captured.out == "3 images enlarged x2 by tiny.safetensors on cpu\n"
    assert upscaled(source, out, "--model", weights, "--recursive", "--overwrite") == 0
    assert made() == ["a.png", "anim.png", "b.JPG", "deep/er/c.bmp"]
    assert "4 images" in capsys.readouterr().out


def test_a_broken_image_in_a_folder_fails_alone(
    capsys: pytest.CaptureFixture, tmp_path: Path, weights: Path, photo: np.ndarray
) -> None:
    save_image(tmp_path / "in" / "a.png", photo[:20, :24])
    (tmp_path / "in" / "b.png").write_bytes(b"broken")
    save_image(tmp_path / "in" / "c.png", photo[:20, :24])
    line = refused(capsys, "upscale", tmp_path / "in", tmp_path / "out", "--model", weights)
    assert line.endswith("1 of 3 images failed, see above: b.png")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]


def test_an_interrupted_write_leaves_no_file(
    capsys: pytest.CaptureFixture, tmp_path: Path, weights: Path, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = save_image(tmp_path / "in" / "a.png", photo[:20, :24])

    def interrupt(self: Image.Image, path: Path, **_: object) -> None:
        Path(path).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", interrupt)
    assert "interrupted" in refused(capsys, "upscale", image, tmp_path / "out" / "a.png", "--model", weights)
    assert not list((tmp_path / "out").iterdir())


def test_cuda_without_a_gpu(capsys: pytest.CaptureFixture, tmp_path: Path, weights: Path, photo: np.ndarray) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    image = save_image(tmp_path / "a.png", photo[:20, :24])
    command = ("upscale", image, tmp_path / "b.png", "--model", weights, "--device", "cuda")
    assert "--device cuda: this machine has no usable GPU" in refused(capsys, *command)


def test_live_bytes_are_those_of_the_tensors() -> None:
    with torch.inference_mode(), LiveBytes() as live:
        a = torch.zeros(100)
        b = a.view(10, 10) + 1  # the view costs nothing
        del a
        c = b * 2
    assert c.shape == (10, 10)
    assert (live.peak, live.now) == (800, 800)


def test_memory_of_a_large_image_stays_bounded(tmp_path: Path, weights: Path) -> None:
    size = 1400
    save_image(tmp_path / "a.png", np.zeros((size, size, 3), np.uint8))
    whole = bytes_per_pixel(load_weights(weights).network().eval()) * size**2
    probe = """
import resource, sys
import sr.use.upscale
from sr.cli.main import main
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert main(["upscale", *sys.argv[1:]]) == 0
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (1 if sys.platform == "darwin" else 1024))
"""
    command = [tmp_path / "a.png", tmp_path / "b.png", "--model", weights, "--memory", "0.05", "--threads", "1"]
    command += ["--device", "cpu"]
    done = subprocess.run(
        [sys.executable, "-c", probe, *map(str, command)], cwd=REPO, capture_output=True, text=True, check=True
    )
    grown = int(done.stdout.splitlines()[-1])
    copies = 5 * 5 * size**2 * 3  # of the image and the four times as large result, decoded
    assert grown < 0.05 * 1024**3 * 1.5 + copies < 0.7 * whole
