"""docs/metrics.md: its code runs and prints what the page shows."""

import re
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional import image as torchmetrics

from sr.evaluate.metrics import measure_rgb, psnr, ssim
from tests.helpers.repository import REPO

PAGE = (REPO / "docs" / "metrics.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_shows_what_its_code_prints() -> None:
    assert len(BLOCKS) == 2
    namespace: dict = {}
    for code, shown in BLOCKS:
        output = StringIO()
        with redirect_stdout(output):
            exec(code, namespace)
        assert output.getvalue() == shown


def test_the_page_shows_equal_numbers() -> None:
    lines = [line.split() for line in BLOCKS[0][1].splitlines()]
    for metric in ("PSNR", "SSIM"):
        assert len({value for name, _, value in lines if name == metric}) == 1
        assert sum(name == metric for name, _, _ in lines) == 3


@pytest.mark.parametrize("size", [(13, 12), (37, 64), (120, 90)])
def test_both_libraries_agree_on_noise(size: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    a = random.uniform(16, 235, size)
    b = a + random.normal(0, 5, size)
    x, y = (torch.from_numpy(image)[None, None] for image in (a, b))
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    assert psnr(a, b) == pytest.approx(peak_signal_noise_ratio(a, b, data_range=255), abs=1e-9)
    # Its logarithm of 10 is in single precision.
    assert psnr(a, b) == pytest.approx(float(torchmetrics.peak_signal_noise_ratio(x, y, data_range=255.0)), rel=1e-7)
    similarity = structural_similarity(a, b, data_range=255, **gaussian)
    assert ssim(a, b) == pytest.approx(similarity, abs=1e-9)
    _, full = torchmetrics.structural_similarity_index_measure(x, y, data_range=255.0, return_full_image=True)
    assert ssim(a, b) == pytest.approx(float(full[..., 5:-5, 5:-5].mean()), abs=1e-9)


def test_rgb_agrees_with_scikit_image() -> None:
    random = np.random.default_rng(0)
    a = random.integers(0, 256, (40, 50, 3)).astype(float)
    b = a + random.normal(0, 5, a.shape)
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "channel_axis": 2}
    values = measure_rgb(a, b)
    assert values["psnr"] == pytest.approx(peak_signal_noise_ratio(a, b, data_range=255), abs=1e-9)
    assert values["ssim"] == pytest.approx(structural_similarity(a, b, data_range=255, **gaussian), abs=1e-9)
