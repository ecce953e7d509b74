"""Metrics of image quality on the luma channel: PSNR and SSIM as the field's tables report them.

Y is BT.601 studio luma in floating point, *not* rounded, of 8-bit RGB images. Borders are cut first. SSIM is
Wang et al. 2004: Gaussian 11x11, sigma 1.5, K = (0.01, 0.03), valid windows.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

# One number per metric of METRICS; None is the infinite PSNR of equal images, because JSON has no infinity.
Values = dict[str, float | None]

PEAK = 255.0
SSIM_WINDOW = 11
ROWS = 16  # of one block in SSIM: its maps stay in the processor's cache


def luma(image: np.ndarray) -> np.ndarray:
    """Return Y, float64 (H, W) in 16..235, of an RGB uint8 (H, W, 3) image."""
    return 16.0 + image.astype(np.float64) @ np.array([65.481, 128.553, 24.966]) / 255.0


def crop(image: np.ndarray, border: int) -> np.ndarray:
    """Return the image without ``border`` pixels on each side."""
    return image[border : image.shape[0] - border, border : image.shape[1] - border]


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio in dB of two float images in 0..255; inf if they are equal."""
    error = np.mean((a - b) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(PEAK**2 / error))


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Return the mean structural similarity of two float (H, W) images in 0..255, each side at least 11.

    The variances occur only as a sum, so four Gaussian means suffice: of a, b, a a + b b and a b.
    """
    c1, c2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
    height, width = (side - SSIM_WINDOW + 1 for side in a.shape)
    total = 0.0
    for top in range(0, height, ROWS):
        part = np.s_[top : min(top + ROWS, height) + SSIM_WINDOW - 1]
        x, y = a[part], b[part]
        mean_x, mean_y, squares, product = _means(np.stack([x, y, x * x + y * y, x * y]))
        both, each = mean_x * mean_y, mean_x * mean_x + mean_y * mean_y
        total += np.sum((2 * both + c1) * (2 * (product - both) + c2) / ((each + c1) * (squares - each + c2)))
    return float(total / (height * width))


def _means(maps: np.ndarray) -> np.ndarray:
    """Return the Gaussian means of (N, h, w) maps over all whole windows: (N, h - 10, w - 10)."""
    reach = SSIM_WINDOW // 2
    line = np.exp(-(np.arange(reach + 1) ** 2) / (2 * 1.5**2))
    line /= 2 * line.sum() - line[0]
    for axis in (1, 2):
        length = maps.shape[axis] - 2 * reach
        at = [maps[(slice(None),) * axis + (slice(i, i + length),)] for i in range(SSIM_WINDOW)]
        total = line[0] * at[reach]
        pair = np.empty_like(at[reach])
        for distance in range(1, reach + 1):
            # Both neighbours at a distance have the same weight.
            np.add(at[reach - distance], at[reach + distance], out=pair)
            pair *= line[distance]
            total += pair
        maps = total
    return maps


@dataclass(frozen=True)
class Metric:
    """One measure of quality: ``title`` and ``unit`` as printed, decimal ``digits``, and whether more is better.

    ``measure`` takes two luma images, float (H, W) in 0..255, borders cut; each side at least ``min_side``.
    """

    title: str
    unit: str
    digits: int
    higher_is_better: bool
    measure: Callable[[np.ndarray, np.ndarray], float]
    min_side: int = 1

    def rank(self, value: float | None) -> float:
        """Return a sort key, higher for the better value; None means infinity."""
        value = float("inf") if value is None else value
        return value if self.higher_is_better else -value


# A new metric is one entry here: metrics files, tables, page and cards follow.
METRICS = {
    "psnr": Metric("PSNR", "dB", 2, True, psnr),
    "ssim": Metric("SSIM", "", 4, True, ssim, SSIM_WINDOW),
}
# The first metric is the primary one: plots show it, and panels choose images by it.
PRIMARY = next(iter(METRICS))
MIN_SIDE = max(metric.min_side for metric in METRICS.values())  # of an image that all metrics can measure


def measure(a: np.ndarray, b: np.ndarray) -> Values:
    """Return every metric of two luma images, float (H, W) in 0..255; None for an infinite one."""
    values = {key: metric.measure(a, b) for key, metric in METRICS.items()}
    return {key: value if math.isfinite(value) else None for key, value in values.items()}


def measure_rgb(a: np.ndarray, b: np.ndarray) -> Values:
    """Return every metric of two float (H, W, 3) images; PSNR of all values together, SSIM as the channels' mean."""
    channels = mean([measure(a[..., channel], b[..., channel]) for channel in range(a.shape[2])])
    error = psnr(a, b)
    return channels | {"psnr": error if math.isfinite(error) else None}


def mean(images: Sequence[Values]) -> Values:
    """Return the mean of every metric over images; None if one of them is infinite."""
    columns = {key: np.array([values[key] for values in images], dtype=float) for key in METRICS}
    return {key: None if np.isnan(column).any() else float(column.mean()) for key, column in columns.items()}


def text(values: Values, units: bool = True) -> str:
    """Return values as printed, e.g. "33.67 dB / 0.9303"."""
    parts = []
    for key, value in values.items():
        metric = METRICS[key]
        number = "∞" if value is None else f"{value:.{metric.digits}f}"
        parts.append(f"{number} {metric.unit}" if units and metric.unit else number)
    return " / ".join(parts)
