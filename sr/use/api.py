"""Enlarge, degrade and measure images from Python: arrays in, arrays and numbers out.

Everything that the command line adds (files, tiles by memory, progress) is left to the caller. Importing this module
takes no torch; only :func:`enlarge` needs it.
"""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from sr.core.errors import UserError
from sr.data.degrade import downscale
from sr.evaluate import scores

if TYPE_CHECKING:
    from sr.use.upscale import Enlarger

MEMORY = 2.0  # GiB of a network's features; larger images are processed in tiles, with the same result
_MOST_MODELS = 8  # that stay loaded


def enlarge(image: Any, scale: int | None = None, model: str | None = None, device: str = "auto") -> np.ndarray:
    """Return uint8 (H * scale, W * scale, 3) of an RGB image, uint8 (H, W, 3): the pixels of the verb ``upscale``.

    ``image``: an array, or what numpy takes for one, such as a Pillow image. ``model``: a name of the zoo, a method or
    a weights file; by default the zoo's DLSR model for ``scale``. ``scale``: 2, 3 or 4; by default the model's, else 2.
    ``device``: auto, cpu or cuda. Raise UserError, a ValueError, for another image, an unknown model or scale.
    """
    return _enlarger(model, scale, device)(_rgb(image, "image"))


def degrade(image: Any, scale: int = 2) -> np.ndarray:
    """Return the LR image, uint8 (H // scale, W // scale, 3), by MATLAB's bicubic rule, bit for bit.

    ``image``: RGB, uint8 (H, W, 3). Raise UserError, a ValueError, for another image or scale, or if it is too small.
    """
    if scale not in (2, 3, 4):
        raise UserError(f"scale {scale}: must be 2, 3 or 4")
    return downscale(_rgb(image, "image"), scale)


def measure(sr: Any, hr: Any, scale: int, border: int | None = None, colour: scores.Colour = "y") -> dict[str, float]:
    """Return {"psnr": dB, "ssim": 0..1} of an SR image against its HR original, both RGB, uint8 (H, W, 3).

    The field's protocol by default: on Y, without ``border`` pixels (default: ``scale``) at each edge; ``colour="rgb"``
    compares all channels. The HR image may have up to ``scale`` - 1 more rows and columns at its end. The PSNR of equal
    images is infinite. Raise UserError, a ValueError, for images that do not fit or are too small.
    """
    if colour not in ("y", "rgb"):
        raise UserError(f"colour {colour!r}: must be 'y' or 'rgb'")
    border = scale if border is None else border
    if scale not in (2, 3, 4) or border < 0:
        raise UserError(f"scale {scale}, border {border}: the scale must be 2, 3 or 4, the border at least 0")
    options = scores.Options(scale, border, colour)
    values = scores.measured((_rgb(sr, "sr"), "sr"), (_rgb(hr, "hr"), "hr"), options)
    return {key: math.inf if value is None else value for key, value in values.items()}


@lru_cache(maxsize=_MOST_MODELS)
def _enlarger(model: str | None, scale: int | None, device: str) -> "Enlarger":
    from sr.use import zoo

    chosen = zoo.find(model, scale) if model else zoo.default(scale or 2)
    if device not in ("auto", "cpu", "cuda"):
        raise UserError(f"device {device!r}: must be auto, cpu or cuda")

    import torch

    from sr.use.upscale import Enlarger

    with torch.random.fork_rng():  # the caller's random numbers stay as they are
        return Enlarger(chosen, scale, device, None, None, MEMORY)


def _rgb(image: Any, name: str) -> np.ndarray:
    array = np.asarray(image)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise UserError(
            f"{name}: {array.dtype} of shape {array.shape}, but it must be RGB, uint8 (height, width, 3). "
            'Convert it, e.g. by Image.open(...).convert("RGB")'
        )
    return array
