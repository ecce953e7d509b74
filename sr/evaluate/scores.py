"""Scores of finished SR images against their HR originals, both as files, without a network."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from sr.core.errors import UserError
from sr.data.images import image_files
from sr.data.user_formats import read_rgb_rounded
from sr.evaluate import metrics
from sr.evaluate.metrics import METRICS, MIN_SIDE, Values, crop, luma

Colour = Literal["y", "rgb"]


@dataclass(frozen=True)
class Options:
    """What is compared: the luma or all three channels, without ``border`` pixels at each edge; ``scale`` of the SR."""

    scale: int
    border: int
    colour: Colour


@dataclass(frozen=True)
class Score:
    """The metrics of one image; ``name`` is the HR file's stem."""

    name: str
    values: Values


def pairs(sr_folder: str | Path, hr_folder: str | Path, scale: int) -> list[tuple[Path, Path]]:
    """Return the (SR, HR) files of two folders, by the name of the HR image.

    The partner of ``name`` is ``name``, ``namex<scale>``, ``name_x<scale>`` or ``name_SR``, with any image suffix.
    Raise UserError if an image has no partner, or several.
    """
    candidates = image_files(sr_folder)
    result, taken = [], set()
    for hr in image_files(hr_folder):
        stems = {hr.stem + ending for ending in ("", f"x{scale}", f"_x{scale}", "_SR", "_sr")}
        partners = [path for path in candidates if path.stem in stems]
        if len(partners) != 1:
            state = f"{len(partners)} images" if partners else f"no image {hr.stem}, {hr.stem}x{scale} or {hr.stem}_SR"
            raise UserError(f"{sr_folder}: {state} for {hr}. Each HR image needs one")
        result.append((partners[0], hr))
        taken.add(partners[0])
    if spare := [path.name for path in candidates if path not in taken]:
        raise UserError(f"{sr_folder}: no HR image in {hr_folder} for {', '.join(spare[:3])}. Check both folders")
    return result


def scores(files: list[tuple[Path, Path]], options: Options) -> Iterator[Score]:
    """Yield the score of each (SR, HR) pair; raise UserError if their sizes do not fit or are too small."""
    for sr_path, hr_path in files:
        sr, hr = read_rgb_rounded(sr_path), read_rgb_rounded(hr_path)
        yield Score(hr_path.stem, measured((sr, sr_path), (hr, hr_path), options))


def measured(sr: tuple[np.ndarray, object], hr: tuple[np.ndarray, object], options: Options) -> Values:
    """Return the metrics of two uint8 (H, W, 3) images, each given with its name for messages.

    Raise UserError if their sizes do not fit or are too small.
    """
    (ours, our_name), (original, original_name) = sr, hr
    height, width = ours.shape[:2]
    # The field's HR images are not cropped to a multiple of the scale, but SR images always are.
    if not (0 <= original.shape[0] - height < options.scale and 0 <= original.shape[1] - width < options.scale):
        raise UserError(
            f"{our_name}: {width}x{height}, but {original_name} is {original.shape[1]}x{original.shape[0]}. "
            "Check both and --scale"
        )
    if min(height, width) - 2 * options.border < MIN_SIDE:
        raise UserError(
            f"{our_name}: {width}x{height} less a border of {options.border} is smaller than the {MIN_SIDE} pixels "
            "that the metrics need. Leave the image out or lower --crop-border"
        )
    return compare(ours, original[:height, :width], options)


def compare(sr: np.ndarray, hr: np.ndarray, options: Options) -> Values:
    """Return the metrics of two uint8 (H, W, 3) images."""
    if options.colour == "y":
        return metrics.measure(crop(luma(sr), options.border), crop(luma(hr), options.border))
    a, b = (crop(image, options.border).astype(np.float64) for image in (sr, hr))
    return metrics.measure_rgb(a, b)


def csv_text(rows: list[Score]) -> str:
    """Return a CSV file: a header, one row an image, and the mean; an infinite value is "inf"."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["image", *METRICS])
    for row in [*rows, Score("mean", metrics.mean([row.values for row in rows]))]:
        writer.writerow([row.name, *(_number(row.values[key], METRICS[key].digits) for key in METRICS)])
    return stream.getvalue()


def _number(value: float | None, digits: int) -> str:
    return "inf" if value is None else f"{value:.{digits + 2}f}"
