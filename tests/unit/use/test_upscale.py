"""The verb upscale: the evaluation's pixels for every size, and what happens to files and folders."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sr.cli.main import main
from sr.methods.releases import load_weights
from sr.stages.evaluate import network_upscaler
from sr.use import zoo
from sr.use.tiling import SMALLEST, LiveBytes, bytes_per_pixel, choose_tile, tile_count
from sr.use.upscale import Enlarger
from tests.conftest import REPO, save_image
from tests.helpers.cli import refused
from tests.helpers.networks import tiny


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


def upscaled(*command: str | Path | int) -> int:
    return main(["upscale", *map(str, command), "--device", "cpu", "--threads", "1"])


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
    enlarger = Enlarger(zoo.find(str(weights)), 2, "cpu", 1)
    image = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert enlarger(image, tile, 1.0, print).shape == (2 * height, 2 * width, 3)


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
        ("the result would replace it", image, image, *model, "--overwrite"),
        ("the results would replace the images", folder, folder, *model),
        ("is a file, but", folder, image, *model),
        ("--recursive is for folders", image, out, *model, "--recursive"),
        ("more than 100 pixels", image, out, *model, "--max-pixels", "100"),
        ("--memory nan: must be at least", image, out, *model, "--memory", "nan"),
        ("--tile -1: must be at least 0", image, out, *model, "--tile", "-1"),
    ):
        assert message in refused(capsys, "upscale", *command)
    save_image(folder / "a.gif", photo[:20, :24])
    assert "would both become" in refused(capsys, "upscale", folder, tmp_path / "out", *model)
    (folder / "a.gif").unlink()
    save_image(folder / "in" / "a.png", photo[:20, :24])
    assert "the result would replace the image" in refused(capsys, "upscale", folder, tmp_path, *model, "--recursive")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_cuda_without_a_gpu(capsys: pytest.CaptureFixture, tmp_path: Path, weights: Path, photo: np.ndarray) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    image = save_image(tmp_path / "a.png", photo[:20, :24])
    command = ("upscale", image, tmp_path / "b.png", "--model", weights, "--device", "cuda")
    assert "--device cuda: this machine has no usable GPU" in refused(capsys, *command)


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
    assert "tile 4/4, pass 2" in shown


def test_live_bytes_are_those_of_the_tensors() -> None:
    with torch.inference_mode(), LiveBytes() as live:
        a = torch.zeros(100)
        b = a.view(10, 10) + 1  # the view costs nothing
        del a
        c = b * 2
    assert c.shape == (10, 10)
    assert (live.peak, live.now) == (800, 800)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(15, 5000), st.integers(15, 5000), st.floats(1e6, 1e9))
def test_chosen_tiles_stay_within_the_bound(weights: Path, height: int, width: int, budget: float) -> None:
    network = load_weights(weights).network()
    each = 500.0
    tile = choose_tile(network, height, width, budget, each)
    if tile == 0:
        assert height * width * each <= budget
    else:
        assert height * width * each > budget
        # Halo of 8: three convolutions 3x3 and ESA's three; rounded up to 15, the reach of a coarse cell, and to 18.
        assert (tile + 2 * 18 + 15) ** 2 * each <= budget or tile == SMALLEST
        assert tile_count(height, width, tile) >= 1


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
