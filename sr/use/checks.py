"""Checks of images and their outputs before torch is imported, so that a mistake is reported at once."""

import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from sr.core.errors import UserError
from sr.use.image_jobs import ImageJobs
from sr.use.pictures import Picture, check_picture, check_target, read_picture


@dataclass(frozen=True)
class Job:
    """An image to enlarge: its file, the output, its sides in pixels; the picture if it has been read already."""

    source: Path
    target: Path
    size: tuple[int, int]
    picture: Picture | None = None


@dataclass
class Checked:
    """Images to enlarge, and the names of those that cannot be; ``total`` of all that were given."""

    total: int
    jobs: list[Job] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def check_result(self) -> None:
        """Raise UserError if an image has failed."""
        if self.failed:
            names = ", ".join(self.failed)
            raise UserError(f"{len(self.failed)} of {self.total} images failed, see above: {names}")


def check(jobs: ImageJobs, scale: int | None, overwrite: bool, max_pixels: int) -> Checked:
    """Return which images can be enlarged by ``scale`` (None: unknown yet) and are not there already.

    Prints a line for every file that is skipped or cannot be read. Raise UserError if that leaves no image; a single
    image is read completely, of several only the headers.
    """
    if len(jobs.pairs) == 1 and not jobs.foreign:
        return Checked(1, [_only(*jobs.pairs[0], scale, overwrite, max_pixels)])
    checked = Checked(len(jobs.pairs))
    for path in jobs.foreign:
        warn(f"{path}: not an image; skipped")
    for source, target in jobs.pairs:
        if target.exists() and not overwrite:
            warn(f"{target}: already exists; skipped (--overwrite replaces it)")
            continue
        try:
            size = check_picture(source, max_pixels)
            _check_size(target, size, scale)
            checked.jobs.append(Job(source, target, size))
        except UserError as error:
            checked.failed.append(source.name)
            warn(str(error))
    if not checked.jobs:
        checked.check_result()
        raise UserError(f"nothing to do: all {checked.total} results already exist. Give --overwrite to replace them")
    return checked


def warn(text: str) -> None:
    """Print a warning above the progress bar, if there is one."""
    tqdm.write(f"warning: {text}", file=sys.stderr)


def _only(source: Path, target: Path, scale: int | None, overwrite: bool, max_pixels: int) -> Job:
    if target.exists() and not overwrite:
        raise UserError(f"{target}: already exists. Give --overwrite to replace it, or another name")
    _check_size(target, check_picture(source, max_pixels), scale)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        picture = read_picture(source, max_pixels)
    for warning in caught:
        warn(str(warning.message))
    return Job(source, target, picture.rgb.shape[:2], picture)


def _check_size(target: Path, size: tuple[int, int], scale: int | None) -> None:
    height, width = (side * (scale or 1) for side in size)
    check_target(target, width, height)
