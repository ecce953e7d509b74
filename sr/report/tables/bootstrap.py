"""Bootstrap confidence intervals over test images, by the percentile method.

B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall, 1993: the images of a set are
resampled with replacement, n of n, ``RESAMPLES`` times; the interval runs from the 2.5 % to the 97.5 % quantile of
the means (section 13.3). The random state is fixed, so the same numbers give the same interval.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95
# Below this number of values the percentile interval is clearly too narrow: the bootstrap's variance of a mean of n is
# that of the sample times (n - 1) / n, and its quantiles are a normal's, not Student's (Efron and Tibshirani, section
# 12.2). Coverage of 95 % intervals on normal data: 3 values 0.75, 5 values 0.85, 10 values 0.91 (see
# test_bootstrap.py).
RELIABLE = 10
# Resampled values in memory at once.
BLOCK = 2_000_000

# One image of a metrics file: name, and each metric by its key.
Image = Mapping[str, Any]


class Interval(NamedTuple):
    """Both ends of a 95 % interval, in the unit of the values."""

    low: float
    high: float

    @property
    def has_zero(self) -> bool:
        """Return whether the interval contains 0, that is, no difference."""
        return self.low <= 0 <= self.high


def values(images: Sequence[Image], metric: str) -> np.ndarray:
    """Return a metric image by image, (n,)."""
    return np.array([image[metric] for image in images], dtype=float)


def differences(first: Sequence[Image], second: Sequence[Image], metric: str) -> np.ndarray:
    """Return ``first`` minus ``second`` image by image, (n,), matched by name; empty if the names differ.

    It is NaN where both are infinite.
    """
    one, two = (sorted(images, key=lambda image: image["name"]) for images in (first, second))
    if [image["name"] for image in one] != [image["name"] for image in two]:
        return np.empty(0)
    with np.errstate(invalid="ignore"):
        return values(one, metric) - values(two, metric)


def mean_interval(*sets: np.ndarray) -> Interval | None:
    """Return the interval of the mean of the ``sets``' means.

    None if a set has fewer than two values or one that is not finite. With one set this is the plain bootstrap of a
    mean; on differences it is the paired one, in which images that are hard for both models cancel. Several sets are
    resampled independently, because each has a fixed number of images.
    """
    if not sets or not all(map(_usable, sets)):
        return None
    # Imported here, because it takes half a second, and plots load this module too.
    from scipy import stats

    # Shifted by one value, so that equal values give width 0, free of rounding errors.
    shifts = [part[0] for part in sets]
    interval = stats.bootstrap(
        [part - shift for part, shift in zip(sets, shifts, strict=True)],
        lambda *parts, axis: np.mean([part.mean(axis=axis) for part in parts], axis=0),
        n_resamples=RESAMPLES,
        batch=max(1, BLOCK // max(map(len, sets))),
        confidence_level=LEVEL,
        method="percentile",
        rng=0,
    ).confidence_interval
    return Interval(*(float(end + np.mean(shifts)) for end in interval))


def seeds_interval(table: np.ndarray) -> Interval | None:
    """Return the interval of the mean over seeds and images, ``table`` (seeds, images); None with fewer than two.

    Two levels: S of S seeds are resampled, then n of n images. All seeds were tested on the same images, so one
    resample of the images serves all resampled seeds; fresh images for each seed would average away how hard the set
    happens to be (A. B. Owen, The pigeonhole bootstrap, Annals of Applied Statistics 1(2), 2007). ``scipy`` resamples
    along one axis only.
    """
    if min(table.shape) < 2 or not np.isfinite(table).all():
        return None
    random = np.random.default_rng(0)
    seeds, images = table.shape
    shift = table[0, 0]
    means = []
    for count in _blocks(images):
        # How often each seed is drawn, (count, S), takes less memory than the drawn rows, (count, S, n).
        often = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=count)
        drawn = often @ (table - shift) / seeds
        means.append(np.take_along_axis(drawn, random.integers(images, size=(count, images)), axis=1).mean(axis=1))
    low, high = np.quantile(np.concatenate(means) + shift, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def _usable(part: np.ndarray) -> bool:
    return len(part) >= 2 and bool(np.isfinite(part).all())


def _blocks(size: int) -> Iterator[int]:
    """Yield how many resamples of ``size`` values to take at once, ``RESAMPLES`` in all."""
    step, left = max(1, BLOCK // size), RESAMPLES
    while left:
        yield min(step, left)
        left -= min(step, left)
