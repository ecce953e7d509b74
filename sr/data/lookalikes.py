"""Pictures in several data sets: copies by their pixels, lookalikes by a perceptual hash.

The hash has a bit for each pair of horizontal neighbours in a 17x16 thumbnail of grays: whether it rises.
Recompressing, scaling or brightening an image changes few of its 256 bits.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sr.data.packed import Pack

SIDE = 16
# Bits. Of the images of Set5, Set14 and B100, copies with JPEG quality 30, or of half the size, differ in up to 22;
# different pictures of these sets and of BSDS400 in at least 40.
NEAR = 32
# A picture with fewer rises or falls is almost flat, and would resemble every other such.
STRUCTURE = 32


@dataclass(frozen=True)
class Picture:
    """An image of a data set: ``name`` is SET/IMAGE, ``digest`` the SHA-256 of its pixels, ``bits`` its hash."""

    name: str
    digest: str
    bits: np.ndarray

    def distance(self, other: "Picture") -> int | None:
        """Return in how many bits two hashes differ; None if one of the pictures is almost flat."""
        if not (self._structured and other._structured):
            return None
        return int(np.bitwise_count(self.bits ^ other.bits).sum())

    @property
    def _structured(self) -> bool:
        rises = int(np.bitwise_count(self.bits).sum())
        return STRUCTURE <= rises <= SIDE * SIDE - STRUCTURE


def pictures(pack: Pack) -> list[Picture]:
    """Return every image of a packed set."""
    return [picture(f"{pack.index.set}/{name}", pack[number]) for number, name in enumerate(pack.names)]


def picture(name: str, pixels: np.ndarray) -> Picture:
    """Return the digest and hash of a uint8 (H, W, 3) image."""
    shape = f"{pixels.shape[0]}x{pixels.shape[1]}:".encode()
    digest = hashlib.sha256(shape + np.ascontiguousarray(pixels).tobytes()).hexdigest()
    thumbnail = Image.fromarray(pixels).convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX)
    grays = np.asarray(thumbnail, np.int16)
    return Picture(name, digest, np.packbits(grays[:, 1:] > grays[:, :-1]))
