"""Content digest of a set of images, independent of file format and copy."""

import hashlib

import numpy as np


class ContentDigest:
    """Digest of a set, image by image.

    SHA-256 over, image by image: NAME.png, a zero byte, the shape as "(H, W, 3)", SHA-256 of the RGB bytes.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, name: str, pixels: np.ndarray) -> None:
        """Append a uint8 (H, W, 3) image."""
        height, width, _ = pixels.shape
        self._hash.update(f"{name}.png\0({height}, {width}, 3)".encode())
        self._hash.update(hashlib.sha256(np.ascontiguousarray(pixels).data).digest())

    def hexdigest(self) -> str:
        """Return 32 hexadecimal digits."""
        return self._hash.hexdigest()[:32]
