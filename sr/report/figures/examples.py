"""The images of a visual comparison as one JSON document, for pages that let the reader look for themselves."""

import base64
import io
import math
import os
from typing import Any

import numpy as np
from PIL import Image

from sr.core.files import write_json

# Whole images are for finding one's way; what is to be compared pixel by pixel are the crops.
WEBP = {"format": "WEBP", "quality": 90, "method": 4}
PNG = {"format": "PNG", "optimize": True}
HEAD = ("test_set", "data_digest", "scale", "crop_border", "side", "networks")
PLACE = ("top", "left", "best", "difference")


def write_examples(document: dict[str, Any], panel: str, out: str | os.PathLike) -> dict[str, Any]:
    """Write what ``sr.stages.compare`` found to the JSON file ``out``, images in base64; return what was written.

    ``panel`` names the comparison. Crops are PNG, without loss; whole images WebP. An infinite PSNR is null.
    """
    head = {"panel": panel, **{key: document[key] for key in HEAD}}
    written = head | {"examples": [_example(example, document["side"]) for example in document["examples"]]}
    write_json(out, written)
    return written


def _example(example: dict[str, Any], side: int) -> dict[str, Any]:
    height, width = example["hr"].shape[:2]
    top, left = example["top"], example["left"]
    hr = example["hr"]
    return {
        "name": example["name"],
        "width": width,
        "height": height,
        **{key: example[key] for key in PLACE},
        "hr": {"crop": _encode(hr[top : top + side, left : left + side], PNG), "whole": _encode(hr, WEBP)},
        "views": [_view(view) for view in example["views"]],
    }


def _view(view: dict[str, Any]) -> dict[str, Any]:
    numbers = dict(zip(("psnr", "ssim", "window_psnr", "window_ssim"), (*view["whole"], *view["window"]), strict=True))
    # JSON knows no infinity.
    shown = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
    pictures = {"crop": _encode(view["crop"], PNG)}
    if "image" in view:
        pictures["whole"] = _encode(view["image"], WEBP)
    return {"label": view["label"], **shown, **pictures}


def _encode(pixels: np.ndarray, how: dict[str, Any]) -> str:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, **how)
    return base64.b64encode(stream.getvalue()).decode("ascii")
