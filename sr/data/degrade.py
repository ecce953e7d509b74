"""Bicubic degradation: MATLAB's ``imresize`` on 8-bit images, bit for bit.

The LR images of the field's benchmarks (DIV2K, Set5, Set14, B100, Urban100) are made by this rule:
crop to a multiple of the scale; Keys' cubic kernel (a = -0.5) stretched by the scale (antialiasing);
borders mirrored with the edge pixel repeated; rows first, then columns, rounded half up and clipped
to 0..255 after *each* pass. Rounding once at the end changes every tenth pixel by one level.
"""

from math import ceil, floor

import numpy as np

from sr.errors import UserError


def crop_to_multiple(image: np.ndarray, scale: int) -> np.ndarray:
    """Return the top-left part of an (H, W, C) image whose sides are multiples of ``scale``."""
    height, width = image.shape[:2]
    return image[: height - height % scale, : width - width % scale]


def downscale(image: np.ndarray, scale: int) -> np.ndarray:
    """Return the bicubic LR image, uint8 (H // scale, W // scale, C), of a uint8 (H, W, C) image.

    Raises UserError if a side is shorter than ``scale``.
    """
    assert image.dtype == np.uint8
    assert image.ndim == 3
    if min(image.shape[:2]) < scale:
        raise UserError(f"image of {image.shape[1]}x{image.shape[0]} pixels cannot be downscaled by {scale}: too small")
    rows = _shrink_axis(crop_to_multiple(image, scale), scale)
    return _shrink_axis(rows.swapaxes(0, 1), scale).swapaxes(0, 1).copy()


def upscale(image: np.ndarray, scale: int) -> np.ndarray:
    """Return the bicubic enlargement, uint8 (H * scale, W * scale, C), of a uint8 (H, W, C) image."""
    assert image.dtype == np.uint8
    assert image.ndim == 3
    rows = _stretch_axis(image, scale)
    return _stretch_axis(rows.swapaxes(0, 1), scale).swapaxes(0, 1).copy()


def kernel(centre: float, stretch: int) -> tuple[int, np.ndarray]:
    """Return the 0-based index of the first tap around ``centre`` (1-based, in pixels), and all weights.

    For an integer scale, outputs one period apart have the same weights at shifted taps.
    """
    first = floor(centre - 2 * stretch)
    taps = np.arange(first, first + ceil(4 * stretch) + 2)
    weights = _cubic((centre - taps) / stretch)
    return first - 1, weights / weights.sum()


def _cubic(x: np.ndarray) -> np.ndarray:
    """Keys' cubic convolution kernel with a = -0.5."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


def _shrink_axis(image: np.ndarray, scale: int) -> np.ndarray:
    """Resize axis 0 of a uint8 image by 1 / ``scale``, its length a multiple of ``scale``."""
    first, weights = kernel((1 + scale) / 2, scale)
    return _round(_filter(image, first, weights, step=scale, count=image.shape[0] // scale))


def _stretch_axis(image: np.ndarray, scale: int) -> np.ndarray:
    """Resize axis 0 of a uint8 image by ``scale``: one filter for each of the ``scale`` phases."""
    length = image.shape[0]
    result = np.empty((length * scale, *image.shape[1:]), np.uint8)
    for phase in range(scale):
        first, weights = kernel((phase + 1) / scale + (1 - 1 / scale) / 2, 1)
        result[phase::scale] = _round(_filter(image, first, weights, step=1, count=length))
    return result


def _filter(image: np.ndarray, first: int, weights: np.ndarray, step: int, count: int) -> np.ndarray:
    """Return the float sums of ``weights`` over the taps of ``count`` outputs, ``step`` pixels apart."""
    span = step * count
    padded = image.take(_mirror(np.arange(first, first + span + len(weights)), image.shape[0]), axis=0)
    total = np.zeros((count, *image.shape[1:]))
    for tap, weight in enumerate(weights):
        if weight:
            total += weight * padded[tap : tap + span : step]
    return total


def _round(values: np.ndarray) -> np.ndarray:
    """Round half up, as MATLAB does on positive numbers, and clip to 8 bits."""
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)


def _mirror(index: np.ndarray, length: int) -> np.ndarray:
    """Reflect indices into 0..length-1 with the edge repeated: ... 1 0 0 1 ... n-1 n-1 n-2 ..."""
    index = index % (2 * length)
    return np.where(index < length, index, 2 * length - 1 - index)
