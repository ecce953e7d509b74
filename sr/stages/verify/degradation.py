"""Our LR images against the published ones, pixel by pixel."""

from collections.abc import Iterator

import numpy as np

from sr.core.config import Params
from sr.core.errors import UserError
from sr.data import benchmarks
from sr.data.benchmarks import Benchmark
from sr.data.degrade import downscale
from sr.evaluate.benchmark import folder_samples
from sr.evaluate.verify_formats import Absent, Degradation, SetDegradation

SCALES = (2, 3, 4)


def check(params: Params) -> Degradation:
    """Compare every benchmark set at hand at every scale that has published LR images."""
    rows = [row for name in benchmarks.NAMES for row in _set(name, params)]
    return Degradation(
        sets=[row for row in rows if isinstance(row, SetDegradation)],
        absent=[row for row in rows if isinstance(row, Absent)],
    )


def _set(name: str, params: Params) -> Iterator[SetDegradation | Absent]:
    benchmark = benchmarks.at_hand(name, params.data.folders)
    if benchmark is None:
        yield Absent(what=f"HR images of {name}", remedy=benchmarks.remedy(name))
        return
    for scale in SCALES:
        if benchmark.lr_folder(scale) is None:
            remedy = f"Put EDSR's folder LR_bicubic beside a folder HR and set data.folders.{name} to that folder HR"
            yield Absent(what=f"published LR images of {name} ×{scale}", remedy=remedy)
            continue
        try:
            yield _compare(benchmark, scale)
        except UserError as error:
            yield Absent(what=f"readable LR images of {name} ×{scale}", remedy=str(error))


def _compare(benchmark: Benchmark, scale: int) -> SetDegradation:
    values, differing, largest, images = 0, 0, 0, 0
    for sample in folder_samples(benchmark.folder, benchmark.lr_folder(scale), scale):
        distance = np.abs(downscale(sample.hr, scale).astype(int) - sample.lr)
        images, values = images + 1, values + distance.size
        differing, largest = differing + int(np.count_nonzero(distance)), max(largest, int(distance.max()))
    return SetDegradation(
        test_set=benchmark.name, scale=scale, images=images, values=values, differing=differing, largest=largest
    )


def lines(document: Degradation) -> list[str]:
    """Return a line for each set and scale."""
    return [
        f"{row.test_set} ×{row.scale}: {row.differing} of {row.values:,} values differ ({row.images} images)"
        for row in document.sets
    ]
