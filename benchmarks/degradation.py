"""Benchmark of the bicubic degradation of a 2K image, against a loop over pixels and Pillow's (different) resize."""

import numpy as np
from PIL import Image

from benchmarks.harness import Row, compare
from benchmarks.pictures import picture
from benchmarks.reference.degrade import downscale as loop
from sr.data.degrade import crop_to_multiple, downscale

SIZE = (1356, 2040)  # height, width
PART = (60, 84)  # size of the loop's image, whose time is proportional to the pixels


def rows(repeats: int, quick: bool) -> list[Row]:
    """Return two rows per scale."""
    size = (339, 510) if quick else SIZE
    result = []
    for scale in (2, 3, 4):
        image = crop_to_multiple(picture(*size), scale)
        part = np.ascontiguousarray(image[: PART[0], : PART[1]])
        scaled = image.size / part.size
        note = f"{size[1]}x{size[0]}; the loop on {PART[1]}x{PART[0]}, its time scaled by the pixels"
        ours = lambda image=image, scale=scale: downscale(image, scale)  # noqa: E731
        loops = lambda part=part, scale=scale: loop(part, scale)  # noqa: E731
        result.append(compare(f"degradation/x{scale}/loop", loops, ours, repeats, 20.0, note, scaled))
        pillow = Image.fromarray(image)
        low = (image.shape[1] // scale, image.shape[0] // scale)
        resize = lambda pillow=pillow, low=low: pillow.resize(low, Image.Resampling.BICUBIC)  # noqa: E731
        result.append(compare(f"degradation/x{scale}/Pillow", resize, ours, repeats, 1 / 3))
    return result
