"""PSNR and SSIM on the luma channel, as the field's tables have them.

Y is BT.601 studio luma in floating point, *not* rounded; both images are 8-bit RGB before. Borders are
cut first. SSIM is Wang et al. 2004: Gaussian 11x11, sigma 1.5, K = (0.01, 0.03), valid windows.
"""

import numpy as np
from skimage.metrics import structural_similarity

PEAK = 255.0
SSIM_WINDOW = 11


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
    """Return the mean structural similarity of two float (H, W) images in 0..255, each side at least 11."""
    return float(
        structural_similarity(a, b, data_range=PEAK, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    )
