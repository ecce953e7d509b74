"""Confidence intervals in words: which differences between this run's rows exceed the noise of the test images.

The notes give the primary metric; the CSV has the ends of every metric's interval.
"""

import itertools
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd

from sr.core.repeats import number_of
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods.spec import TableSpec
from sr.report.run.results import BICUBIC
from sr.report.tables import bootstrap
from sr.report.tables.bootstrap import LEVEL, RELIABLE, RESAMPLES, Image, Interval
from sr.report.tables.table import Note, number

SHARE = f"{100 * LEVEL:.0f} %"
INSIDE, OUTSIDE = "within the noise", "outside the noise"
HOW = f"{SHARE} percentile bootstrap over the images of a set, {RESAMPLES:,} resamples"
PAIRED = (
    f"{HOW}, of the differences image by image (Efron and Tibshirani, 1993). A difference is {INSIDE} if its interval "
    "contains 0. The interval shows what other test images would change, not what another seed of search and training "
    "would."
)
TWO_LEVELS = (
    f"{HOW}; seeds are resampled first, then images, the same for all seeds (Owen, 2007). With few seeds the interval "
    "is too narrow."
)
SEVERAL = (
    " Where both rows have several seeds, the differences are those of the same seeds, and seeds are resampled first, "
    "then images, the same for all seeds (Owen, 2007); with few seeds such an interval is too narrow."
)
UNIT = f" {METRICS[PRIMARY].unit}".rstrip()
DIGITS = METRICS[PRIMARY].digits
# (label, model) of two rows; the difference is the first minus the second.
Pair = tuple[tuple[str, str], tuple[str, str]]


def of_comparison(spec: TableSpec, metrics: pd.DataFrame) -> list[Note]:
    """Return a note for each pair of rows and scale that the table compares, or for each mean over seeds."""
    notes = list(_means(spec, metrics) if spec.spread else _differences(spec, metrics))
    if not notes:
        return []
    how = TWO_LEVELS if spec.spread else f"{PAIRED}{SEVERAL if spec.repeats else ''}"
    return [("Intervals", how + _small(metrics)), *notes]


def described(interval: Interval | None, images: int, seeds: int = 1) -> str:
    """Return the interval of a difference in words, and whether it is within the noise."""
    of = f"({images} image{'s' * (images != 1)}, {seeds} seed{'s' * (seeds != 1)})"
    if interval is None:
        return f"{of}: no interval"
    return f"{SHARE} interval {_ends(interval)} {of}: {INSIDE if interval.has_zero else OUTSIDE}"


def seeds_bounds(models: Sequence[str], scale: int, metrics: pd.DataFrame) -> dict[tuple[str, str], Interval]:
    """Return the two-level interval of the mean over ``models`` by (test set, metric), where there is one.

    A set counts with those models that were tested on it, all on images of the same names.
    """
    rows = metrics[(metrics["scale"] == scale) & metrics["model"].isin(models)]
    bounds: dict[tuple[str, str], Interval] = {}
    for (test_set, part), metric in itertools.product(rows.groupby("test_set", sort=False), METRICS):
        tested = [sorted(images, key=_name) for images in part["each"]]
        if len({tuple(map(_name, images)) for images in tested}) == 1:
            interval = bootstrap.seeds_interval(np.array([bootstrap.values(images, metric) for images in tested]))
            if interval:
                bounds[str(test_set), metric] = interval
    return bounds


def _name(image: Image) -> str:
    return image["name"]


def _differences(spec: TableSpec, metrics: pd.DataFrame) -> Iterator[Note]:
    rows = {(row["model"], row["scale"], row["test_set"]): row for row in metrics.to_dict("records")}
    for scale, ((first, one), (second, two)) in itertools.product(spec.scales, _pairs(spec)):
        gains = []
        for name in dict.fromkeys(metrics["test_set"]):
            pairs = [[rows.get((model, scale, name)) for model in pair] for pair in _same_seeds(spec, one, two)]
            gains += [_gain(name, full)] if (full := [(a, b) for a, b in pairs if a and b]) else []
        if gains:
            yield f"{first} − {second} ×{scale}", f"{'; '.join(gains)}."


def _same_seeds(spec: TableSpec, one: str, two: str) -> list[tuple[str, str]]:
    """Return the models of two rows in pairs of one seed; bicubic, which has none, is beside each."""
    first, second = ({number_of(name): name for name in spec.repeats.get(base, (base,))} for base in (one, two))
    if two == BICUBIC:
        return [(name, two) for name in first.values()]
    return [(first[seed], second[seed]) for seed in first if seed in second]


def _gain(test_set: str, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    """Return the difference on a set in words: over its images, and over the seeds if there are several pairs."""
    each = [bootstrap.differences(ours["each"], other["each"], PRIMARY) for ours, other in pairs]
    same = len({len(part) for part in each}) == 1
    interval = bootstrap.mean_interval(each[0]) if len(each) == 1 else None
    if len(each) > 1 and same:
        interval = bootstrap.seeds_interval(np.array(each))
    mean = fmean(ours[PRIMARY] - other[PRIMARY] for ours, other in pairs)
    images = pairs[0][0]["images"]
    return f"{test_set} {number(mean, DIGITS, signed=True)}{UNIT}, {described(interval, images, len(each))}"


def _pairs(spec: TableSpec) -> list[Pair]:
    """Return the orders that the paper claims, or else each of this run's rows above bicubic."""
    if spec.better:
        return [((first, spec.own[first]), (second, spec.own[second])) for first, second in spec.better]
    return [(row, ("bicubic", BICUBIC)) for row in spec.own.items()]


def _means(spec: TableSpec, metrics: pd.DataFrame) -> Iterator[Note]:
    for scale in spec.scales:
        for (name, metric), interval in seeds_bounds(spec.models, scale, metrics).items():
            if metric == PRIMARY:
                of_scale = metrics["model"].isin(spec.models) & (metrics["scale"] == scale)
                rows = metrics[of_scale & (metrics["test_set"] == name)]
                mean = f"{number(rows[PRIMARY].mean(), DIGITS)}{UNIT}"
                ends = f"{number(interval.low, DIGITS)} to {number(interval.high, DIGITS)}"
                of = f"({rows['images'].iloc[0]} images, {len(rows)} seeds)"
                yield f"Mean on {name} ×{scale}", f"{mean}, {SHARE} interval {ends} {of}."


def _small(metrics: pd.DataFrame) -> str:
    """Name the sets that are too small for the intervals to be trusted."""
    small = metrics[metrics["images"] < RELIABLE].drop_duplicates("test_set")
    if small.empty:
        return ""
    sets = ", ".join(f"{row.test_set} ({row.images})" for row in small.itertuples())
    return f" Sets of fewer than {RELIABLE} images give intervals that are too narrow to rely on: {sets}."


def _ends(interval: Interval) -> str:
    """Return both ends of a difference's interval, with enough digits to show which side of 0 it is on."""
    nearest = min(map(abs, interval))
    digits = DIGITS if interval.has_zero or round(nearest, DIGITS) else DIGITS + 2
    return " to ".join(number(end, digits, signed=True) for end in interval)
