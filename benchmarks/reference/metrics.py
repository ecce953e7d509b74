"""SSIM (Wang et al. 2004) as the paper's equations 13 to 16 have it: five Gaussian means, each by a full 11x11 sum."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def window(size: int = 11, sigma: float = 1.5) -> np.ndarray:
    """Return the (size, size) Gaussian that sums to 1."""
    at = np.arange(size) - size // 2
    line = np.exp(-(at**2) / (2 * sigma**2))
    kernel = np.outer(line, line)
    return kernel / kernel.sum()


def ssim(a: np.ndarray, b: np.ndarray, peak: float = 255.0) -> float:
    """Return the mean SSIM over all valid 11x11 windows of two float (H, W) images in 0..peak."""
    kernel = window()

    def mean(image: np.ndarray) -> np.ndarray:
        return np.einsum("hwij,ij->hw", sliding_window_view(image, kernel.shape), kernel)

    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    mu_a, mu_b = mean(a), mean(b)
    var_a, var_b, both = mean(a * a) - mu_a**2, mean(b * b) - mu_b**2, mean(a * b) - mu_a * mu_b
    quality = (2 * mu_a * mu_b + c1) * (2 * both + c2) / ((mu_a**2 + mu_b**2 + c1) * (var_a + var_b + c2))
    return float(quality.mean())
