"""Intervals in words: which differences between this run's rows are more than the choice of the test images."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from sr.methods.spec import Table
from sr.report.run.results import BICUBIC
from sr.report.tables import bootstrap as noise
from sr.report.tables.bootstrap import LEVEL, RELIABLE, RESAMPLES, Image, Interval
from sr.report.tables.table import Note, number

SHARE = f"{100 * LEVEL:.0f} %"
INSIDE, OUTSIDE = "inside the noise", "outside the noise"
HOW = f"{SHARE} percentile bootstrap over the images of a set, {RESAMPLES:,} resamples"
PAIRED = (
    f"{HOW}, of the differences image by image (Efron and Tibshirani, 1993). A difference is {INSIDE} if its interval "
    "has 0. It tells what other images would change, not what another seed of search and training would."
)
TWO_LEVELS = (
    f"{HOW}, of which each draws seeds first, then images, the same for all of them (Owen, 2007). Few seeds make "
    "the interval too narrow."
)
# (label, model) of two rows; the difference is the first minus the second.
Pair = tuple[tuple[str, str], tuple[str, str]]


def of_comparison(table: Table, metrics: pd.DataFrame) -> list[Note]:
    """Return a line for each pair of rows and scale that the table compares, or for each mean over seeds."""
    found = list(_means(table, metrics) if table.spread else _differences(table, metrics))
    if not found:
        return []
    return [("Intervals", (TWO_LEVELS if table.spread else PAIRED) + _small(metrics)), *found]


def described(interval: Interval | None, images: int, seeds: int = 1) -> str:
    """Return the interval of a difference in words, and whether it is inside the noise."""
    of = f"({images} image{'s' * (images != 1)}, {seeds} seed{'s' * (seeds != 1)})"
    if interval is None:
        return f"{of}: no interval"
    return f"{SHARE} interval {_ends(interval)} {of}: {INSIDE if interval.has_zero else OUTSIDE}"


def seeds_bounds(models: Sequence[str], scale: int, metrics: pd.DataFrame) -> dict[tuple[str, str], Interval]:
    """Return the two-level interval of the mean over ``models`` by (test set, metric), where there is one.

    A set counts with those models that were tested on it, all on images of the same names.
    """
    rows = metrics[(metrics["scale"] == scale) & metrics["model"].isin(models)]
    found: dict[tuple[str, str], Interval] = {}
    for (test_set, part), metric in itertools.product(rows.groupby("test_set", sort=False), ("psnr", "ssim")):
        tested = [sorted(images, key=_name) for images in part["each"]]
        if len({tuple(map(_name, images)) for images in tested}) == 1:
            interval = noise.seeds_interval(np.array([noise.values(images, metric) for images in tested]))
            if interval:
                found[str(test_set), metric] = interval
    return found


def _name(image: Image) -> str:
    return image["name"]


def _differences(table: Table, metrics: pd.DataFrame) -> Iterator[Note]:
    rows = {(row.model, row.scale, row.test_set): row for row in metrics.itertuples()}
    sets = list(dict.fromkeys(metrics["test_set"]))
    for scale, ((first, one), (second, two)) in itertools.product(table.scales, _pairs(table)):
        told = []
        for name in sets:
            if (one, scale, name) in rows and (two, scale, name) in rows:
                ours, other = rows[one, scale, name], rows[two, scale, name]
                interval = noise.mean_interval(noise.differences(ours.each, other.each, "psnr"))
                gain = number(ours.psnr - other.psnr, 2, signed=True)
                told.append(f"{name} {gain} dB, {described(interval, ours.images)}")
        if told:
            yield f"{first} − {second} ×{scale}", f"{'; '.join(told)}."


def _pairs(table: Table) -> list[Pair]:
    """Return the orders that the paper claims, or else each own row above bicubic."""
    if table.better:
        return [((first, table.own[first]), (second, table.own[second])) for first, second in table.better]
    return [(row, ("bicubic", BICUBIC)) for row in table.own.items()]


def _means(table: Table, metrics: pd.DataFrame) -> Iterator[Note]:
    models = table.models
    for scale in table.scales:
        for (name, metric), interval in seeds_bounds(models, scale, metrics).items():
            if metric == "psnr":
                mine = metrics["model"].isin(models) & (metrics["scale"] == scale) & (metrics["test_set"] == name)
                rows = metrics[mine]
                of = f"({rows['images'].iloc[0]} images, {len(rows)} seeds)"
                ends = f"{number(interval.low, 2)} to {number(interval.high, 2)}"
                yield f"Mean on {name} ×{scale}", f"{number(rows['psnr'].mean(), 2)} dB, {SHARE} interval {ends} {of}."


def _small(metrics: pd.DataFrame) -> str:
    """Name the sets that are too small for the intervals to be trusted."""
    small = metrics[metrics["images"] < RELIABLE].drop_duplicates("test_set")
    if small.empty:
        return ""
    named = ", ".join(f"{row.test_set} ({row.images})" for row in small.itertuples())
    return f" Sets of fewer than {RELIABLE} images give intervals that are too narrow to rely on: {named}."


def _ends(interval: Interval) -> str:
    """Return both ends of a difference's interval, with as many digits as show on which side of 0 it lies."""
    nearest = min(map(abs, interval))
    digits = 2 if interval.has_zero or round(nearest, 2) else 4
    return " to ".join(number(end, digits, signed=True) for end in interval)
