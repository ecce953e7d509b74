"""Synthetic images, the same on every machine: smooth noise, which PNG compresses about as well as photographs."""

from pathlib import Path

import numpy as np
from PIL import Image

from sr.data.degrade import downscale, upscale
from sr.data.packed import pack


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Return uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (-(-height // 4), -(-width // 4), 3), dtype=np.uint8)
    fine = random.integers(-3, 4, (height, width, 3))
    return np.clip(upscale(coarse, 4)[:height, :width] + fine, 0, 255).astype(np.uint8)


def write_set(folder: Path, count: int, size: tuple[int, int], scale: int) -> None:
    """Write ``count`` pictures of ``size`` as PNG pairs (``hr/``, ``lr/``) and as a packed set in ``packed/``."""
    names = [f"{number:04d}" for number in range(count)]
    height, width = (side - side % scale for side in size)
    highs = [picture(height, width, seed) for seed in range(count)]
    lows = [downscale(high, scale) for high in highs]
    for part, images in (("hr", highs), ("lr", lows)):
        (folder / part).mkdir(parents=True)
        for name, image in zip(names, images, strict=True):
            Image.fromarray(image).save(folder / part / f"{name}.png")
        pack(folder / "packed" / ("hr.npy" if part == "hr" else f"x{scale}.npy"), names, images, "made up", "pictures")
