"""Bicubic degradation: MATLAB's ``imresize`` on 8-bit images, bit for bit.

The LR images of the field's benchmarks (DIV2K, Set5, Set14, B100, Urban100) follow this rule:
crop to a multiple of the scale; Keys' cubic kernel (a = -0.5) stretched by the scale (antialiasing);
borders mirrored with the edge pixel repeated; rows first, then columns, rounded half up and clipped
to 0..255 after *each* pass. Rounding once at the end changes every tenth pixel by one level.
"""

from math import ceil, floor

import numpy as np

from sr.core.errors import UserError

BLOCK = 1 << 17  # values


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
    return _shrink_axis(_transposed(rows), scale).swapaxes(0, 1).copy()


def upscale(image: np.ndarray, scale: int) -> np.ndarray:
    """Return the bicubic enlargement, uint8 (H * scale, W * scale, C), of a uint8 (H, W, C) image."""
    assert image.dtype == np.uint8
    assert image.ndim == 3
    rows = _stretch_axis(image, scale)
    return _stretch_axis(_transposed(rows), scale).swapaxes(0, 1).copy()


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


def _transposed(image: np.ndarray) -> np.ndarray:
    """Return (H, W, C) as (W, H, C), in memory too, so that each tap reads contiguous lines."""
    return np.ascontiguousarray(image.swapaxes(0, 1))


def _shrink_axis(image: np.ndarray, scale: int) -> np.ndarray:
    """Resize axis 0 of a uint8 image by 1 / ``scale``, its length a multiple of ``scale``."""
    first, weights = kernel((1 + scale) / 2, scale)
    result = np.empty((image.shape[0] // scale, *image.shape[1:]), np.uint8)
    _filter(image, first, weights, scale, result)
    return result


def _stretch_axis(image: np.ndarray, scale: int) -> np.ndarray:
    """Resize axis 0 of a uint8 image by ``scale``: one filter for each of the ``scale`` phases."""
    result = np.empty((image.shape[0] * scale, *image.shape[1:]), np.uint8)
    for phase in range(scale):
        first, weights = kernel((phase + 1) / scale + (1 - 1 / scale) / 2, 1)
        _filter(image, first, weights, 1, result[phase::scale])
    return result


def _filter(image: np.ndarray, first: int, weights: np.ndarray, step: int, result: np.ndarray) -> None:
    """Write the rounded sums of ``weights`` over the taps of each output, ``step`` pixels apart, to ``result``.

    Works in blocks that fit into the processor's cache. Adds the taps in the order of benchmarks/reference: the weights
    of x3 are not binary fractions, so the last bit matters when a sum is near one half.
    """
    taps = [(tap, weight) for tap, weight in enumerate(weights) if weight]
    # At x2 and x4 the weights are multiples of 2 ** -12: such sums of bytes are exact in 24 bits.
    exact = all((weight * 4096).is_integer() for _, weight in taps)
    dtype = np.float32 if exact else np.float64
    height = max(1, BLOCK // max(1, step * image[0].size))
    for top in range(0, len(result), height):
        count = min(height, len(result) - top)
        start = first + top * step
        rows = image.take(_mirror(np.arange(start, start + step * count + len(weights)), len(image)), axis=0)
        rows = rows.astype(dtype)
        total = np.zeros((count, *image.shape[1:]), dtype)
        term = np.empty_like(total)
        for tap, weight in taps:
            np.multiply(rows[tap : tap + step * count : step], dtype(weight), out=term)
            total += term
        _round(total, result[top : top + count])


def _round(values: np.ndarray, out: np.ndarray) -> None:
    """Clip to 8 bits and round half up, as MATLAB does for positive numbers; overwrites ``values``."""
    np.clip(values, 0, 255, out=values)
    values += 0.5
    np.copyto(out, values, casting="unsafe")  # truncates


def _mirror(index: np.ndarray, length: int) -> np.ndarray:
    """Reflect indices into 0..length-1 with the edge repeated: ... 1 0 0 1 ... n-1 n-1 n-2 ..."""
    index = index % (2 * length)
    return np.where(index < length, index, 2 * length - 1 - index)
