"""PSNR, SSIM and Y: known values, a textbook SSIM, and the field's bicubic anchors."""

from pathlib import Path

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from benchmarks.reference.metrics import ssim as textbook_ssim
from sr.core.errors import UserError
from sr.core.sections import Evaluate
from sr.evaluate import metrics
from sr.evaluate.benchmark import Rules, Sample, choose_rules, folder_samples, means, measure
from sr.evaluate.metrics import crop, luma, psnr, ssim
from tests.conftest import save_image


def test_luma_of_black_white_and_primaries() -> None:
    pixels = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    np.testing.assert_allclose(luma(pixels)[0], [16, 235, 81.481, 144.553, 40.966])


def test_psnr_of_known_errors() -> None:
    a = np.full((4, 4), 100.0)
    assert psnr(a, a + 1) == pytest.approx(48.1308, abs=1e-4)
    assert psnr(a, a + 255) == pytest.approx(0)
    assert psnr(a, a) == float("inf")


@pytest.mark.parametrize("size", [(40, 36), (11, 50), (43, 11)])
def test_ssim_equals_the_textbook_and_scikit_image(photo: np.ndarray, size: tuple[int, int]) -> None:
    y = luma(photo[: size[0], : size[1]])
    noisy = y + np.random.default_rng(0).normal(0, 9, y.shape)
    assert ssim(y, noisy) == pytest.approx(textbook_ssim(y, noisy), abs=1e-12)
    scikit = structural_similarity(
        y, noisy, data_range=255.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim(y, noisy) == pytest.approx(scikit, abs=1e-12)
    assert ssim(y, y) == pytest.approx(1)


def test_crop_cuts_each_side() -> None:
    image = np.arange(30).reshape(5, 6)
    np.testing.assert_array_equal(crop(image, 2), [[14, 15]])
    np.testing.assert_array_equal(crop(image, 0), image)


@pytest.mark.parametrize(
    ("name", "scale", "expected"),
    [
        ("Set5", 2, (33.673, 0.9303)),
        ("Set5", 3, (30.403, 0.8689)),
        ("Set5", 4, (28.429, 0.8111)),
        ("Set14", 2, (30.325, 0.8699)),
        ("Set14", 3, (27.631, 0.7759)),
        ("Set14", 4, (26.088, 0.7048)),
    ],
)
def test_bicubic_anchors(benchmarks: Path, name: str, scale: int, expected: tuple[float, float]) -> None:
    from functools import partial

    from sr.data.degrade import upscale

    samples = folder_samples(benchmarks / name / "HR", benchmarks / name / "LR_bicubic" / f"X{scale}", scale)
    images = measure(partial(upscale, scale=scale), samples, Rules(scale, 0, scale))
    mean = metrics.mean([image.values for image in images])
    assert mean["psnr"] == pytest.approx(expected[0], abs=6e-4)
    assert mean["ssim"] == pytest.approx(expected[1], abs=6e-5)


def test_without_lr_the_hr_images_are_degraded_here(benchmarks: Path) -> None:
    given = folder_samples(benchmarks / "Set5" / "HR", benchmarks / "Set5" / "LR_bicubic" / "X3", 3)
    made = folder_samples(benchmarks / "Set5" / "HR", None, 3)
    for a, b in zip(given, made, strict=True):
        np.testing.assert_array_equal(a.lr, b.lr)
        np.testing.assert_array_equal(a.hr, b.hr)


def test_protocol_takes_scale_or_a_number() -> None:
    assert choose_rules(Evaluate(crop_border="scale", tile=0), 3, None, None).crop_border == 3
    assert choose_rules(Evaluate(crop_border=4, tile=96), 3, None, None).tile == 96
    assert choose_rules(Evaluate(crop_border="scale", tile=96), 3, 6, 0).protocol("x").crop_border == 6
    with pytest.raises(UserError, match="--crop-border: -1 is negative"):
        choose_rules(Evaluate(crop_border="scale", tile=0), 2, -1, None)
    with pytest.raises(UserError, match="--tile: 5 is below 48"):
        choose_rules(Evaluate(crop_border="scale", tile=0), 2, None, 5)


def test_missing_lr_partner_and_wrong_scale_are_named(tmp_path: Path, photo: np.ndarray) -> None:
    save_image(tmp_path / "HR" / "cat.png", photo)
    save_image(tmp_path / "LR" / "dog.png", photo)
    with pytest.raises(UserError, match=r"no LR image catx2 or cat for .*cat\.png"):
        next(folder_samples(tmp_path / "HR", tmp_path / "LR", 2))
    save_image(tmp_path / "LR" / "catx2.png", photo[::3, ::3])
    with pytest.raises(UserError, match=r"catx2\.png: 75x50 is not cat\.png \(225x150\) divided by 2"):
        next(folder_samples(tmp_path / "HR", tmp_path / "LR", 2))


def test_image_smaller_than_the_ssim_window_is_named() -> None:
    tiny = np.zeros((12, 40, 3), np.uint8)
    with pytest.raises(UserError, match="test image dot: 40x12 less a border of 2 is smaller"):
        measure(lambda lr: lr, iter([Sample("dot", tiny, tiny)]), Rules(2, 0, 2))


def test_every_border_is_measured_in_one_pass(photo: np.ndarray) -> None:
    calls = []

    def blurred(lr: np.ndarray) -> np.ndarray:
        calls.append(lr.shape)
        return (photo // 8 * 8).astype(np.uint8)

    [image] = measure(blurred, iter([Sample("cat", photo, photo[::2, ::2])]), Rules(4, 0, 2))
    assert len(calls) == 1
    y, ours = metrics.luma(photo), metrics.luma(photo // 8 * 8)
    for border in (2, 4):
        alone = metrics.measure(metrics.crop(ours, border), metrics.crop(y, border))
        assert image.crops[str(border)] == alone
    assert image.values == image.crops["4"] != image.crops["2"]
    assert means([image]) == image.crops


def test_a_small_image_limits_the_further_borders_only() -> None:
    small, large = (np.arange(side * 40 * 3).reshape(side, 40, 3).astype(np.uint8) for side in (16, 40))
    samples = [Sample("large", large, large), Sample("small", small, small)]
    images = measure(lambda lr: (lr // 2).astype(np.uint8), iter(samples), Rules(2, 0, 2))
    assert [list(image.crops) for image in images] == [["2", "4"], ["2"]]
    assert list(means(images)) == ["2"]
