"""Bicubic degradation: zero differing pixels, against the published LR images and a per-pixel oracle."""

from math import ceil, floor
from pathlib import Path

import numpy as np
import pytest

from sr.data.degrade import downscale, upscale
from sr.data.images import image_files, read_rgb
from sr.errors import UserError


def cubic(x: float) -> float:
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x <= 2 else 0.0


def resize_line(line: list[int], factor: float, length: int) -> list[int]:
    """Return MATLAB's imresize of one line, pixel by pixel, rounded half up."""
    stretch = max(1.0, 1 / factor)
    result = []
    for i in range(1, length + 1):
        u = i / factor + 0.5 * (1 - 1 / factor)
        first = floor(u - 2 * stretch)
        taps = [(j, cubic((u - j) / stretch)) for j in range(first, first + ceil(4 * stretch) + 2)]
        total = sum(weight for _, weight in taps)
        value = 0.0
        for j, weight in taps:
            j = (j - 1) % (2 * len(line))
            value += weight / total * line[j if j < len(line) else 2 * len(line) - 1 - j]
        result.append(min(255, max(0, floor(value + 0.5))))
    return result


def resize(image: np.ndarray, factor: float) -> np.ndarray:
    """Return imresize of one channel: rows first, then columns, rounded after each."""
    height, width = (round(n * factor) for n in image.shape)
    rows = np.array([resize_line(column, factor, height) for column in image.T.tolist()]).T
    return np.array([resize_line(row, factor, width) for row in rows.tolist()], dtype=np.uint8)


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


def test_image_smaller_than_the_scale_is_refused() -> None:
    with pytest.raises(UserError, match="3x9 pixels cannot be downscaled by 4"):
        downscale(np.zeros((9, 3, 3), np.uint8), 4)
