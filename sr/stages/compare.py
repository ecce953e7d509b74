"""Visual comparison (DLSR Figures 5 to 9, MRAN Figure 5): the crops where networks and bicubic differ most."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sr.core.config import Params
from sr.core.errors import UserError
from sr.data import degrade
from sr.data.packed import open_pack
from sr.evaluate.benchmark import Sample, Upscaler, choose_rules, packed_samples
from sr.evaluate.metrics import SSIM_WINDOW, crop, luma, psnr, ssim
from sr.evaluate.windows import strongest
from sr.stages.evaluate import network_upscaler

EXAMPLES = 3
# A window is 24 LR pixels wide at every scale: 48 HR pixels at x2, 96 at x4.
WINDOW = 24
BICUBIC = "bicubic"


def compare(params: Params, weights: Iterable[str], folder: str, scale: int, threads: int) -> dict[str, Any]:
    """Return what to draw: {test_set, data_digest, scale, crop_border, side, networks, examples}.

    ``weights``: "LABEL=FILE" each. Of all images of the packed set in ``folder``, the three whose window differs most
    are the examples, most different first: {name, best, difference, hr, top, left, views}. ``hr`` is the uint8
    (H, W, 3) image, ``best`` the label of the network with the highest PSNR, ``difference`` the window's mean
    |Y(best) - Y(bicubic)|. A view is {label, crop, whole, window}: the uint8 window, and (PSNR in dB, SSIM) on Y of
    the whole image less its border and of the window; those of bicubic and ``best`` have the whole uint8 ``image``.
    ``networks`` holds the SHA-256 of each label's weights.
    """
    rules = choose_rules(params.evaluate, scale, None, None)
    files = named(weights)
    upscalers: dict[str, Upscaler] = {BICUBIC: partial(degrade.upscale, scale=scale)}
    networks: dict[str, str] = {}
    for label, file in files.items():
        upscalers[label], who = network_upscaler(params, file, scale, rules.tile, threads)
        networks[label] = who["weights_sha256"]
    kept: list[dict[str, Any]] = []
    for sample in packed_samples(folder, scale):
        kept.append(_example(sample, upscalers, WINDOW * scale, rules.crop_border))
        # A set has hundreds of images: only the best few stay in memory.
        kept = sorted(kept, key=lambda example: (-example["difference"], example["name"]))[:EXAMPLES]
    what = {"test_set": Path(folder).name, "data_digest": open_pack(Path(folder) / "hr.npy").digest, "scale": scale}
    rest = {"crop_border": rules.crop_border, "side": WINDOW * scale, "networks": networks, "examples": kept}
    return what | rest


def named(weights: Iterable[str]) -> dict[str, str]:
    """Return {label: file} of "LABEL=FILE" words; raise UserError for anything else, and for a label used twice."""
    found: dict[str, str] = {}
    for word in weights:
        label, equals, file = word.partition("=")
        if not (label and equals and file):
            raise UserError(f"--weights: {word!r} is not LABEL=FILE. Write for example DLSR=x2.safetensors")
        if label in found or label.lower() in (BICUBIC, "hr"):
            raise UserError(f"--weights: label {label!r} is taken. Use another")
        found[label] = file
    return found


def _example(sample: Sample, upscalers: dict[str, Upscaler], side: int, border: int) -> dict[str, Any]:
    """Enlarge one image by all means, choose the window, and measure."""
    if min(sample.hr.shape[:2]) - 2 * border < max(side, SSIM_WINDOW):
        raise UserError(f"test image {sample.name}: no room for a window of {side} pixels. Leave the image out")
    enlarged = {label: _enlarge(sample, upscale) for label, upscale in upscalers.items()}
    truth = luma(sample.hr)
    lumas = {label: luma(image) for label, image in enlarged.items()}
    whole = {label: _measure(crop(y, border), crop(truth, border)) for label, y in lumas.items()}
    best = max((label for label in lumas if label != BICUBIC), key=lambda label: whole[label][0])
    top, left, difference = strongest(np.abs(lumas[best] - lumas[BICUBIC]), side, border)
    cut = np.s_[top : top + side, left : left + side]
    views = [
        # A copy, because a slice would keep the whole image in memory.
        {"label": label, "crop": image[cut].copy(), "whole": whole[label], "window": _measure(y[cut], truth[cut])}
        | ({"image": image} if label in (BICUBIC, best) else {})
        for (label, image), y in zip(enlarged.items(), lumas.values(), strict=True)
    ]
    place = {"top": top, "left": left, "best": best, "difference": difference}
    return {"name": sample.name, "hr": np.array(sample.hr), **place, "views": views}


def _enlarge(sample: Sample, upscale: Upscaler) -> np.ndarray:
    try:
        return upscale(sample.lr)
    except UserError as error:
        raise UserError(f"test image {sample.name}: {error}") from None


def _measure(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    return psnr(ours, theirs), ssim(ours, theirs)
