"""Degradation of a packed set: its bicubic LR images at one scale."""

from collections.abc import Iterator

import numpy as np

from sr.core.errors import UserError
from sr.data.degrade import downscale
from sr.data.packed import Pack, open_pack, pack


def degrade(hr_path: str, scale: int, out: str) -> dict:
    """Pack the bicubic LR images of the packed set ``hr_path`` to ``out`` (.npy)."""
    hr = open_pack(hr_path)
    pack(out, hr.names, _downscaled(hr, scale), hr.digest, hr.index.set)
    return {"set": hr.index.set, "images": len(hr), "scale": scale, "data_digest": hr.digest}


def _downscaled(hr: Pack, scale: int) -> Iterator[np.ndarray]:
    for number, name in enumerate(hr.names):
        try:
            yield downscale(hr[number], scale)
        except UserError as error:
            raise UserError(f"image {name} of {hr.index.set}: {error}. Leave it out") from None
