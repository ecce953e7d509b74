"""Images embedded in JSON files: base64 of PNG where every pixel counts, of WebP where an overview is enough."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

PNG = {"format": "PNG", "optimize": True}
WEBP = {"format": "WEBP", "quality": 90, "method": 4}


def png(pixels: np.ndarray) -> str:
    """Return a uint8 (H, W, 3) image as base64 of a PNG, without loss."""
    return _encode(pixels, PNG)


def webp(pixels: np.ndarray) -> str:
    """Return a uint8 (H, W, 3) image as base64 of a WebP: almost the same at a fraction of the PNG's size."""
    return _encode(pixels, WEBP)


def decode(text: str) -> np.ndarray:
    """Return the uint8 (H, W, 3) pixels of a base64 image; raise ValueError or OSError if there is no image."""
    with Image.open(io.BytesIO(base64.b64decode(text, validate=True))) as image:
        return np.asarray(image.convert("RGB"))


def _encode(pixels: np.ndarray, options: dict[str, Any]) -> str:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, **options)
    return base64.b64encode(stream.getvalue()).decode("ascii")
