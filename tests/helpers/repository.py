"""The repository under test, and the folder of real images and weights that may be beside it."""

from pathlib import Path

import numpy as np
from PIL import Image

REPO = Path(__file__).resolve().parents[2]
SHARED = REPO.parent / "shared"


def save_image(path: Path, pixels: np.ndarray) -> Path:
    """Write pixels as an image file and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path
