"""Degradation of a packed set: its bicubic LR images at one scale."""

from sr.data.degrade import downscale
from sr.data.packed import open_pack, pack


def degrade(hr_path: str, scale: int, out: str) -> dict:
    """Pack the bicubic LR images of the packed set ``hr_path`` to ``out`` (.npy)."""
    hr = open_pack(hr_path)
    images = (downscale(hr[number], scale) for number in range(len(hr)))
    pack(out, hr.names, images, hr.digest, hr.index.set)
    return {"set": hr.index.set, "images": len(hr), "scale": scale, "data_digest": hr.digest}
