"""Measurement of a network, or of bicubic enlargement, on the images of a test set."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sr.core.errors import UserError
from sr.core.sections import Evaluate
from sr.data.content_digest import ContentDigest
from sr.data.degrade import crop_to_multiple, downscale
from sr.data.images import image_files, read_rgb
from sr.data.packed import Pairs
from sr.evaluate import metrics
from sr.evaluate.formats import ImageMetrics, Protocol
from sr.evaluate.metrics import MIN_SIDE, Values, crop, luma

OTHER_BORDER = 4  # of DLSR's tables at every scale; most papers crop as many pixels as the scale
MIN_TILE = 48  # smaller tiles would be mostly halo
Upscaler = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Rules:
    """Rules of a measurement: ``tile`` in LR pixels, 0 for whole images; crops in HR pixels.

    ``crop_border`` is that of the reported mean. Every other of ``borders`` is measured in the same pass.
    """

    crop_border: int
    tile: int
    scale: int

    @property
    def borders(self) -> list[int]:
        """Return every border crop to measure."""
        return sorted({self.crop_border, self.scale, OTHER_BORDER})

    def protocol(self, degradation: str) -> Protocol:
        """Return the protocol as metrics files store it."""
        return Protocol(
            colour="Y of BT.601 (16..235), floating point",
            crop_border=self.crop_border,
            output="8-bit RGB, clipped and rounded",
            degradation=degradation,
            tile=self.tile,
        )


def choose_rules(config: Evaluate, scale: int, crop_border: int | None, tile: int | None) -> Rules:
    """Return the rules of params.yaml; ``crop_border`` and ``tile`` override them unless None."""
    border = config.crop_border if crop_border is None else crop_border
    rules = Rules(scale if border == "scale" else int(border), config.tile if tile is None else tile, scale)
    if rules.crop_border < 0:
        raise UserError(f"--crop-border: {rules.crop_border} is negative. Give a number of pixels from 0")
    if rules.tile != 0 and rules.tile < MIN_TILE:
        raise UserError(f"--tile: {rules.tile} is below {MIN_TILE}. Use 0 for whole images, or larger tiles")
    return rules


@dataclass(frozen=True)
class Sample:
    """One test image: uint8 (h * scale, w * scale, 3) and (h, w, 3)."""

    name: str
    hr: np.ndarray
    lr: np.ndarray


def measure(upscale: Upscaler, samples: Iterable[Sample], rules: Rules) -> list[ImageMetrics]:
    """Return the metrics of each image; raise UserError naming an image that cannot be measured."""
    return [_measure_one(upscale, sample, rules) for sample in samples]


def means(images: list[ImageMetrics]) -> dict[str, Values]:
    """Return the mean over images at each border crop that leaves enough of every image."""
    borders = [border for border in images[0].crops if all(border in image.crops for image in images)]
    return {border: metrics.mean([image.crops[border] for image in images]) for border in borders}


def packed_samples(folder: str | Path, scale: int) -> Iterator[Sample]:
    """Yield the images of a packed set."""
    pairs = Pairs([folder], scale)
    for index in range(len(pairs)):
        yield Sample(pairs.name(index), *pairs[index])


def folder_samples(
    hr_folder: str | Path, lr_folder: str | Path | None, scale: int, digest: ContentDigest | None = None
) -> Iterator[Sample]:
    """Yield HR images with their LR partners (``name`` or ``namex<scale>``), or degraded here without ``lr_folder``.

    ``digest`` is updated with each HR image, so that it is that of the pixels that are measured.
    """
    lows = {path.stem: path for path in image_files(lr_folder)} if lr_folder else {}
    for path in image_files(hr_folder):
        hr = read_rgb(path)
        if digest:
            digest.update(path.stem, hr)
        if not lr_folder:
            hr = crop_to_multiple(hr, scale)
            yield Sample(path.stem, hr, _degrade(path, hr, scale))
            continue
        partner = lows.get(f"{path.stem}x{scale}") or lows.get(path.stem)
        if partner is None:
            raise UserError(
                f"{lr_folder}: no LR image {path.stem}x{scale} or {path.stem} for {path}. Add it or drop --lr"
            )
        yield _paired(path, hr, partner, scale)


def _degrade(path: Path, hr: np.ndarray, scale: int) -> np.ndarray:
    try:
        return downscale(hr, scale)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _paired(path: Path, hr: np.ndarray, partner: Path, scale: int) -> Sample:
    lr = read_rgb(partner)
    height, width = lr.shape[0] * scale, lr.shape[1] * scale
    # The field's HR images are not cropped; an LR image of another scale is a mistake.
    if not (0 <= hr.shape[0] - height < scale and 0 <= hr.shape[1] - width < scale):
        raise UserError(
            f"{partner}: {lr.shape[1]}x{lr.shape[0]} is not {path.name} ({hr.shape[1]}x{hr.shape[0]}) divided by "
            f"{scale}. Check --lr and --scale"
        )
    return Sample(path.stem, hr[:height, :width], lr)


def check_measurable(name: str, height: int, width: int, border: int) -> None:
    """Raise UserError if a test image, in HR pixels, is too small for the metrics."""
    if min(height, width) - 2 * border < MIN_SIDE:
        raise UserError(
            f"test image {name}: {width}x{height} less a border of {border} is smaller than the {MIN_SIDE} "
            "pixels that the metrics need. Leave the image out or lower crop_border"
        )


def _measure_one(upscale: Upscaler, sample: Sample, rules: Rules) -> ImageMetrics:
    height, width = sample.hr.shape[:2]
    check_measurable(sample.name, height, width, rules.crop_border)
    try:
        result = upscale(sample.lr)
    except UserError as error:
        raise UserError(f"test image {sample.name}: {error}") from None
    ours, reference = luma(result), luma(sample.hr)
    borders = [other for other in rules.borders if min(height, width) - 2 * other >= MIN_SIDE]
    crops = {str(border): metrics.measure(crop(ours, border), crop(reference, border)) for border in borders}
    values = crops[str(rules.crop_border)]
    return ImageMetrics(name=sample.name, height=height, width=width, values=values, crops=crops)
