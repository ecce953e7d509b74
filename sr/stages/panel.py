"""Visual comparison (DLSR Figures 5 to 9, MRAN Figure 5): find and measure the crops where networks and bicubic differ.

Measures only; ``python -m sr crops`` and the page draw what is written here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from sr.core.config import Params
from sr.core.errors import UserError
from sr.core.names import BICUBIC
from sr.data import degrade
from sr.data.packed import open_pack
from sr.evaluate import embedded, metrics
from sr.evaluate.benchmark import Rules, Sample, Upscaler, choose_rules, packed_samples
from sr.evaluate.formats import Example, Panel, Reference, View
from sr.evaluate.metrics import METRICS, MIN_SIDE, PRIMARY, crop, luma
from sr.evaluate.windows import strongest
from sr.stages.evaluate import network_upscaler

EXAMPLES = 3
# A window is 24 LR pixels wide at every scale: 48 HR pixels at x2, 96 at x4.
WINDOW = 24


@dataclass(frozen=True)
class Candidate:
    """One image, its enlargements by label, the best network's label, and the window at (top, left).

    ``difference`` is the window's mean |Y(best) - Y(bicubic)|.
    """

    sample: Sample
    enlarged: dict[str, np.ndarray]
    best: str
    top: int
    left: int
    difference: float


def measure_panel(params: Params, name: str, weights: Iterable[str], folder: str, scale: int, threads: int) -> Panel:
    """Return the panel ``name``: the images of a packed set on which the best network and bicubic differ most.

    ``weights``: "LABEL=FILE" each. The best network of an image is the one that leads in the primary metric. Of all
    images in ``folder`` that have room for a window, the ``EXAMPLES`` with the largest difference in it are kept,
    largest first. Bicubic and the best network also keep the whole image.
    """
    rules = choose_rules(params.evaluate, scale, None, None)
    upscalers: dict[str, Upscaler] = {BICUBIC: partial(degrade.upscale, scale=scale)}
    networks: dict[str, str] = {}
    for label, file in parse_weights(weights).items():
        upscalers[label], facts = network_upscaler(params, file, scale, rules.tile, threads)
        networks[label] = facts["weights_sha256"]
    kept: list[Candidate] = []
    for sample in packed_samples(folder, scale):
        # Without room for a window there is nothing to show; the metrics have the image all the same.
        if min(sample.hr.shape[:2]) - 2 * rules.crop_border < max(WINDOW * scale, MIN_SIDE):
            continue
        kept.append(_candidate(sample, upscalers, WINDOW * scale, rules))
        # A set may have hundreds of images: keep only the first few in memory.
        kept = sorted(kept, key=lambda candidate: (-candidate.difference, candidate.sample.name))[:EXAMPLES]
    return Panel(
        panel=name,
        test_set=Path(folder).name,
        data_digest=open_pack(Path(folder) / "hr.npy").digest,
        scale=scale,
        crop_border=rules.crop_border,
        side=WINDOW * scale,
        networks=networks,
        examples=[_example(candidate, WINDOW * scale, rules) for candidate in kept],
    )


def parse_weights(words: Iterable[str]) -> dict[str, str]:
    """Return {label: file} of "LABEL=FILE" words; raise UserError for anything else and for a repeated label."""
    files: dict[str, str] = {}
    for word in words:
        label, equals, file = word.partition("=")
        if not (label and equals and file):
            raise UserError(f"--weights: {word!r} is not LABEL=FILE. Write for example DLSR=x2.safetensors")
        if label in files or label.lower() in (BICUBIC, "hr"):
            raise UserError(f"--weights: label {label!r} is taken. Use another")
        files[label] = file
    return files


def _candidate(sample: Sample, upscalers: dict[str, Upscaler], side: int, rules: Rules) -> Candidate:
    """Enlarge one image with every upscaler and choose its window."""
    border = rules.crop_border
    enlarged = {label: _enlarge(sample, upscale) for label, upscale in upscalers.items()}
    truth = crop(luma(sample.hr), border)
    metric = METRICS[PRIMARY]
    ranks = {
        label: metric.rank(metric.measure(crop(luma(image), border), truth))
        for label, image in enlarged.items()
        if label != BICUBIC
    }
    best = max(ranks, key=lambda label: ranks[label])
    gap = np.abs(luma(enlarged[best]) - luma(enlarged[BICUBIC]))
    top, left, difference = strongest(gap, side, border)
    return Candidate(sample, enlarged, best, top, left, difference)


def _enlarge(sample: Sample, upscale: Upscaler) -> np.ndarray:
    try:
        return upscale(sample.lr)
    except UserError as error:
        raise UserError(f"test image {sample.name}: {error}") from None


def _example(candidate: Candidate, side: int, rules: Rules) -> Example:
    """Measure the kept image and its window, and encode both."""
    hr = candidate.sample.hr
    truth = luma(hr)
    window = np.s_[candidate.top : candidate.top + side, candidate.left : candidate.left + side]
    views = []
    for label, image in candidate.enlarged.items():
        y = luma(image)
        views.append(
            View(
                label=label,
                whole=metrics.measure(crop(y, rules.crop_border), crop(truth, rules.crop_border)),
                window=metrics.measure(y[window], truth[window]),
                crop=embedded.png(image[window]),
                image=embedded.webp(image) if label in (BICUBIC, candidate.best) else None,
            )
        )
    return Example(
        name=candidate.sample.name,
        width=hr.shape[1],
        height=hr.shape[0],
        top=candidate.top,
        left=candidate.left,
        best=candidate.best,
        difference=candidate.difference,
        hr=Reference(crop=embedded.png(hr[window]), image=embedded.webp(hr)),
        views=views,
    )
