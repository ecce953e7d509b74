"""Upscaling of image files of any size with a trained network; the pixels equal those of the evaluation."""

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from sr.core.errors import UserError
from sr.core.files import sha256_file
from sr.core.memory import memory
from sr.evaluate.inference import ready, super_resolve
from sr.methods.releases import load_weights
from sr.train.device import setup_device
from sr.use import zoo
from sr.use.image_jobs import ImageJobs
from sr.use.pictures import Picture, check_target, read_picture, write_picture
from sr.use.tiling import PROBE, bytes_per_pixel, choose_tile, tile_count

GIB = 1024**3
Progress = Callable[[str], None]  # takes a text about the progress inside one image


@dataclass(frozen=True)
class Settings:
    """Options: tile side in LR pixels (None: by memory, 0: whole), GiB for features, largest image in pixels."""

    tile: int | None
    memory: float
    max_pixels: int
    overwrite: bool


class Enlarger:
    """A trained network that enlarges uint8 images of any size."""

    def __init__(self, model: zoo.ZooModel, scale: int | None, device: str, threads: int | None) -> None:
        """Load ``model``; raise UserError if it is for another scale or the device is missing."""
        if device == "cuda" and not torch.cuda.is_available():
            raise UserError("--device cuda: this machine has no usable GPU. Use --device auto or cpu")
        trained = load_weights(model.weights)
        if scale not in (None, trained.scale):
            raise UserError(f"{model.weights}: weights for x{trained.scale}, but --scale is {scale}. Make them agree")
        self.scale, self.min_size = trained.scale, trained.method.min_size
        self.device = setup_device(device, threads or torch.get_num_threads(), seed=0)
        self.network = ready(trained.network(), self.device)
        self.bytes_per_pixel = bytes_per_pixel(self.network, max(PROBE, self.min_size))

    def __call__(self, image: np.ndarray, tile: int | None, memory: float, progress: Progress) -> np.ndarray:
        """Return uint8 (h * scale, w * scale, 3) of uint8 (h, w, 3): the evaluation's output for this image.

        An image too small for the network is mirrored at its edges and the result cropped.
        """
        height, width = image.shape[:2]
        image = _padded(image, self.min_size)
        rows, columns = image.shape[:2]
        if tile is None:
            tile = choose_tile(self.network, rows, columns, memory * GIB, self.bytes_per_pixel)
        with self.network.register_forward_pre_hook(_counter(tile_count(rows, columns, tile), progress)):
            result = super_resolve(self.network, image, self.scale, tile, self.min_size)
        return result[: height * self.scale, : width * self.scale]


def upscale(enlarger: Enlarger, jobs: ImageJobs, settings: Settings) -> int:
    """Enlarge every pair of ``jobs`` and return the number of images written.

    Shows a progress bar on a terminal's stderr, and a line for each file that is skipped or loses something. Raise
    UserError at the end if an image failed or there was nothing to do; all other results are written.
    """
    failed: list[str] = []
    count = 0
    single = len(jobs.pairs) == 1 and not jobs.foreign
    for path in jobs.foreign:
        _warn(f"{path}: not an image; skipped")
    with tqdm(total=len(jobs.pairs), unit="image", file=sys.stderr, disable=None, dynamic_ncols=True) as bar:
        for source, target in jobs.pairs:
            bar.set_postfix_str("", refresh=False)
            bar.set_description_str(source.name)
            try:
                count += _upscale_one(enlarger, source, target, settings, single, bar.set_postfix_str)
            except UserError as error:
                if single:
                    bar.leave = False
                    raise
                failed.append(source.name)
                _warn(str(error))
            bar.update()
    if failed:
        raise UserError(f"{len(failed)} of {len(jobs.pairs)} images failed, see above: {', '.join(failed)}")
    if not count:
        raise UserError(f"nothing to do: all {len(jobs.pairs)} results already exist. Give --overwrite to replace them")
    return count


def facts(model: zoo.ZooModel, enlarger: Enlarger) -> dict:
    """Return the facts for the record of an upscaling: model, scale, device and weights."""
    digest = sha256_file(model.weights)
    return {"model": model.name, "scale": enlarger.scale, "device": str(enlarger.device), "weights_sha256": digest}


def _upscale_one(
    enlarger: Enlarger, source: Path, target: Path, settings: Settings, single: bool, progress: Progress
) -> bool:
    """Enlarge one file; return whether the result was written."""
    if target.exists() and not settings.overwrite:
        if single:
            raise UserError(f"{target}: already exists. Give --overwrite to replace it, or another name")
        _warn(f"{target}: already exists; skipped (--overwrite replaces it)")
        return False
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with memory("Give a smaller --memory or --tile", str(source)):
            picture = read_picture(source, settings.max_pixels)
            height, width = (side * enlarger.scale for side in picture.rgb.shape[:2])
            check_target(target, width, height)  # before the long work
            rgb = enlarger(picture.rgb, settings.tile, settings.memory, progress)
            write_picture(target, Picture(rgb, _alpha(picture.alpha, enlarger.scale), picture.gray, picture.extras))
    # Printed only now, because a warning would break the line of the progress bar.
    for warning in caught:
        _warn(str(warning.message))
    return True


def _warn(text: str) -> None:
    tqdm.write(f"warning: {text}", file=sys.stderr)


def _alpha(alpha: np.ndarray | None, scale: int) -> np.ndarray | None:
    """Enlarge alpha, uint8 (h, w), by Pillow's bicubic filter, because networks have learned colours, not masks."""
    if alpha is None:
        return None
    height, width = alpha.shape
    return np.array(Image.fromarray(alpha).resize((width * scale, height * scale), Image.Resampling.BICUBIC))


def _padded(image: np.ndarray, min_size: int) -> np.ndarray:
    """Return the image with sides of at least ``min_size``, mirrored below and to the right."""
    missing = [(0, max(0, min_size - side)) for side in image.shape[:2]]
    return np.pad(image, [*missing, (0, 0)], mode="symmetric")


def _counter(tiles: int, progress: Progress) -> Callable:
    """Return a hook that reports to ``progress`` the tile, and the pass over the image, that the network starts."""
    started = 0

    def hook(*_: object) -> None:
        nonlocal started
        if tiles > 1:
            progress(f"tile {started % tiles + 1}/{tiles}, pass {started // tiles + 1}")
        started += 1

    return hook
