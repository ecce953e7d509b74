"""Bicubic degradation: zero differing pixels, against the published LR images and a per-pixel oracle."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.reference.degrade import resize
from sr.core.errors import UserError
from sr.data import degrade
from sr.data.degrade import downscale, upscale
from sr.data.images import image_files, read_rgb


@pytest.mark.parametrize("name", ["Set5", "Set14"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_degradation_has_zero_differing_pixels(benchmarks: Path, name: str, scale: int) -> None:
    files = image_files(benchmarks / name / "HR")
    assert len(files) == int(name[3:])
    for path in files:
        published = read_rgb(benchmarks / name / "LR_bicubic" / f"X{scale}" / f"{path.stem}x{scale}.png")
        np.testing.assert_array_equal(downscale(read_rgb(path), scale), published, err_msg=path.name)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_downscale_equals_per_pixel_oracle(scale: int) -> None:
    # Noise over the full range clips; a small size makes every tap meet a mirrored border.
    image = np.random.default_rng(scale).integers(0, 256, (6 * scale + 1, 4 * scale, 3), dtype=np.uint8)
    expected = np.stack([resize(image[: 6 * scale, :, c], 1 / scale) for c in range(3)], axis=-1)
    np.testing.assert_array_equal(downscale(image, scale), expected)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_upscale_equals_per_pixel_oracle(scale: int) -> None:
    image = np.random.default_rng(scale).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    expected = np.stack([resize(image[:, :, c], scale) for c in range(3)], axis=-1)
    np.testing.assert_array_equal(upscale(image, scale), expected)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_blocks_of_rows_do_not_show(scale: int, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = downscale(photo, scale), upscale(photo[:40, :50], scale)
    monkeypatch.setattr(degrade, "BLOCK", 1)
    for row_by_row, image in zip((downscale(photo, scale), upscale(photo[:40, :50], scale)), whole, strict=True):
        np.testing.assert_array_equal(row_by_row, image)


def test_image_smaller_than_the_scale_is_rejected() -> None:
    with pytest.raises(UserError, match="3x9 pixels cannot be downscaled by 4"):
        downscale(np.zeros((9, 3, 3), np.uint8), 4)
