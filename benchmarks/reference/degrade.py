"""MATLAB's ``imresize`` on 8-bit images, one output pixel after another."""

from math import ceil, floor

import numpy as np


def cubic(x: float) -> float:
    """Return Keys' cubic convolution kernel with a = -0.5."""
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x <= 2 else 0.0


def resize_line(line: list[int], factor: float, length: int) -> list[int]:
    """Return one line of ``length`` pixels, pixel by pixel, rounded half up."""
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
    """Return imresize of one channel (H, W): rows first, then columns, rounded after each."""
    height, width = (round(n * factor) for n in image.shape)
    rows = np.array([resize_line(column, factor, height) for column in image.T.tolist()]).T
    return np.array([resize_line(row, factor, width) for row in rows.tolist()], dtype=np.uint8)


def downscale(image: np.ndarray, scale: int) -> np.ndarray:
    """Return the LR image, uint8 (h, w, C), of an HR image whose sides are multiples of ``scale``."""
    return np.stack([resize(image[:, :, c], 1 / scale) for c in range(image.shape[2])], axis=-1)
