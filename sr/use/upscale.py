"""Upscaling of image files of any size with a trained network; the pixels equal those of the evaluation."""

import sys
import time
import warnings
from collections.abc import Callable
from functools import cached_property, lru_cache

import numpy as np
import torch
from PIL import Image

from sr.core.errors import UserError
from sr.core.files import sha256_file
from sr.core.memory import memory
from sr.evaluate.inference import ready, super_resolve
from sr.evaluate.tiling import Halo, Tiling, halos_of, in_memory, in_tiles, whole
from sr.methods.releases import load_weights
from sr.train.device import setup_device
from sr.use import zoo
from sr.use.checks import Checked, Job, warn
from sr.use.feature_memory import PROBE, bytes_per_pixel
from sr.use.pictures import Picture, check_target, read_picture, write_picture
from sr.use.progress import UpscaleProgress, about

GIB = 1024**3
LONG = 10.0  # seconds: the time of a shorter upscaling is not worth a line
MUCH = 2e6  # LR pixels: less work never takes long enough to measure the speed first
SAMPLE = 256  # LR side of the image on which the speed is measured


class Enlarger:
    """A trained network that enlarges uint8 images of any size."""

    def __init__(
        self, model: zoo.ZooModel, scale: int | None, device: str, threads: int | None, tile: int | None, memory: float
    ) -> None:
        """Load ``model``; raise UserError if it is for another scale or the device is missing.

        ``tile``: side of the tiles in LR pixels, 0 for whole images, None for those that fit ``memory``, in GiB.
        """
        if device == "cuda" and not torch.cuda.is_available():
            raise UserError("--device cuda: this machine has no usable GPU. Use --device auto or cpu")
        trained = load_weights(model.weights)
        if scale not in (None, trained.scale):
            raise UserError(f"{model.weights}: weights for x{trained.scale}, but --scale is {scale}. Make them agree")
        self.scale, self.min_size = trained.scale, trained.method.min_size
        self.device = setup_device(device, threads or torch.get_num_threads(), seed=0)
        self.network = ready(trained.network(), self.device)
        self._tile = tile
        self._pixels = memory * GIB / bytes_per_pixel(self.network, max(PROBE, self.min_size))
        self.tiling = lru_cache(maxsize=1024)(self._tiling)  # the images of a folder often have one size

    def _tiling(self, height: int, width: int) -> Tiling:
        """Return how an image of ``height`` x ``width`` is processed."""
        height, width = max(height, self.min_size), max(width, self.min_size)
        if self._tile == 0 or (self._tile is None and height * width <= self._pixels):
            return whole(height, width)
        if self._tile is None:
            return in_memory(self._halos, height, width, self._pixels)
        return in_tiles(self._halos, height, width, self._tile, self._pixels)

    @cached_property
    def _halos(self) -> list[Halo]:
        return halos_of(self.network)

    def __call__(self, image: np.ndarray, progress: Callable[[float], None] = lambda work: None) -> np.ndarray:
        """Return uint8 (h * scale, w * scale, 3) of uint8 (h, w, 3): the evaluation's output for this image.

        An image too small for the network is mirrored at its edges and the result cropped. ``progress`` is called with
        the work of each step, which sums up to the tiling's.
        """
        height, width = image.shape[:2]
        tiling = self.tiling(height, width)
        result = super_resolve(self.network, _padded(image, self.min_size), self.scale, tiling, progress=progress)
        return result[: height * self.scale, : width * self.scale]

    def speed(self) -> float:
        """Measure how many LR pixels pass through the network in a second."""
        side = max(SAMPLE, self.min_size)
        image = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
        super_resolve(self.network, image[: max(PROBE, self.min_size)], self.scale)
        start = time.perf_counter()
        super_resolve(self.network, image, self.scale)
        return side**2 / (time.perf_counter() - start)


def upscale(enlarger: Enlarger, checked: Checked, max_pixels: int, model: str) -> int:
    """Enlarge the images of ``checked``; return the number of images written.

    Shows the expected time and the progress on stderr, and a line for each image that fails or loses something. Raise
    UserError at the end if an image failed; all other results are written.
    """
    works = [enlarger.tiling(*job.size).work for job in checked.jobs]
    _announce(enlarger, checked.jobs, sum(works), model)
    progress = UpscaleProgress(works)
    count = 0
    for job in progress.each(checked.jobs):
        try:
            _upscale_one(enlarger, job, max_pixels, progress.add)
            count += 1
        except UserError as error:
            if checked.total == 1:
                raise
            checked.failed.append(job.source.name)
            warn(str(error))
    checked.check_result()
    return count


def facts(model: zoo.ZooModel, enlarger: Enlarger) -> dict:
    """Return the facts for the record of an upscaling: model, scale, device and weights."""
    digest = sha256_file(model.weights)
    return {"model": model.name, "scale": enlarger.scale, "device": str(enlarger.device), "weights_sha256": digest}


def _announce(enlarger: Enlarger, jobs: list[Job], work: float, model: str) -> None:
    """Print the expected time, unless it is short."""
    if work < MUCH:
        return
    seconds = work / enlarger.speed()
    if seconds >= LONG:
        pixels = sum(height * width for height, width in (job.size for job in jobs))
        count = f"{len(jobs)} image{'s' * (len(jobs) != 1)}, {pixels / 1e6:.1f} megapixels"
        print(f"{count}, x{enlarger.scale} by {model} on {enlarger.device}: {about(seconds)}", file=sys.stderr)


def _upscale_one(enlarger: Enlarger, job: Job, max_pixels: int, progress: Callable[[float], None]) -> None:
    """Enlarge one file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with memory("Give a smaller --memory or --tile", str(job.source)):
            picture = job.picture or read_picture(job.source, max_pixels)
            height, width = (side * enlarger.scale for side in picture.rgb.shape[:2])
            check_target(job.target, width, height)  # before the long work
            rgb = enlarger(picture.rgb, progress)
            enlarged = Picture(rgb, _alpha(picture.alpha, enlarger.scale), picture.gray, picture.extras)
            write_picture(job.target, enlarged)
    # Printed only now, because a warning would break the line of the progress bar.
    for warning in caught:
        warn(str(warning.message))


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
