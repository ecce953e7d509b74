"""Use as a library: the documented lines run, and give what the command line gives."""

import contextlib
import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sr.cli.main import main
from sr.core.errors import UserError
from sr.use import zoo
from sr.use.api import degrade, enlarge, measure
from tests.conftest import REPO, save_image
from tests.helpers.cli import upscaled

SECTION = (REPO / "docs" / "use.md").read_text().split("\n## From Python\n")[1].split("\n## ")[0]
BLOCKS = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)


def test_the_documented_lines_give_what_the_verbs_give(
    tmp_path: Path, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    save_image(tmp_path / "photo.png", photo[:60, :80])
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        for block in BLOCKS:
            assert len([line for line in block.splitlines() if line]) == 3
            exec(block, {})
    values = eval(output.getvalue())

    assert upscaled("photo.png", "up.png", "--scale", 2) == 0
    assert main(["downscale", "up.png", "sr/photo.png", "--scale", "2"]) == 0
    save_image(tmp_path / "hr" / "photo.png", photo[:60, :80])
    assert main(["score", "sr", "hr", "--scale", "2"]) == 0
    for ours, verb in (("photo_x2.png", "up.png"), ("photo_lr.png", "sr/photo.png")):
        assert np.array_equal(Image.open(ours), Image.open(verb))
    assert f"{values['psnr']:.2f} dB / {values['ssim']:.4f}" in capsys.readouterr().out.splitlines()[-1]


def test_a_method_a_file_and_a_scale_choose_the_network(weights: Path, photo: np.ndarray) -> None:
    image = photo[:20, :24]
    assert enlarge(image).shape == (40, 48, 3)
    assert np.array_equal(enlarge(image), enlarge(image, 2, zoo.default(2).name))
    assert not np.array_equal(enlarge(image, 2, "dlsr"), enlarge(image, 2, "mran"))
    assert enlarge(image, 4).shape == (80, 96, 3)
    assert enlarge(image, model=str(weights), device="cpu").shape == (40, 48, 3)


def test_random_numbers_of_the_caller_stay(photo: np.ndarray) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    enlarge(photo[:20, :24], 3, "mran")
    assert torch.equal(torch.rand(3), expected)


def test_measures_have_the_options_of_score(photo: np.ndarray) -> None:
    hr = photo[:61, :83]
    sr = np.clip(hr[:60, :82].astype(int) + 3, 0, 255).astype(np.uint8)
    assert measure(hr, hr, 2) == {"psnr": float("inf"), "ssim": 1.0}
    values = measure(sr, hr, 2, border=0, colour="rgb")
    assert values["psnr"] == pytest.approx(20 * np.log10(255 / 3), abs=0.01)
    assert measure(sr, hr, 2)["psnr"] > values["psnr"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda image: enlarge(image[..., 0]), r"image: uint8 of shape \(150, 225\), but it must be RGB, uint8"),
        (lambda image: enlarge(image / 255), "image: float64 of shape"),
        (lambda image: enlarge(image[:0]), "image: uint8 of shape"),
        (lambda image: enlarge(image, 7), "no model for x7"),
        (lambda image: enlarge(image, model="resnet"), "resnet: neither a model of the zoo nor a weights file"),
        (lambda image: enlarge(image, device="tpu"), "device 'tpu': must be auto, cpu or cuda"),
        (lambda image: degrade(image, 5), "scale 5: must be 2, 3 or 4"),
        (lambda image: degrade(image[:1], 2), "too small"),
        (lambda image: measure(image, image[:40], 2), "sr: 225x150, but hr is 225x40"),
        (lambda image: measure(image, image, 2, border=70), "sr: 225x150 less a border of 70 is smaller"),
        (lambda image: measure(image, image, 2, border=-1), "border -1"),
        (lambda image: measure(image, image, 2, colour="lab"), "colour 'lab': must be 'y' or 'rgb'"),
    ],
)
def test_mistakes_are_value_errors_of_one_line(photo: np.ndarray, call: Callable, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        call(photo)
    assert isinstance(caught.value, ValueError)


def test_importing_it_takes_no_torch() -> None:
    code = "import sys, sr, sr.use.api; assert not {'torch', 'pandas', 'snakemake'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=REPO, check=True)
