"""How far a mean over test images depends on which images they are: percentile intervals of the bootstrap.

B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall, 1993: the images of a set are drawn
again with replacement, n of n, ``RESAMPLES`` times; the interval reaches from the 2.5 % to the 97.5 % quantile of the
means (section 13.3). The draws have one fixed seed, so the same numbers give the same interval.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

RESAMPLES = 10_000
LEVEL = 0.95
# Below it the percentile interval is clearly too narrow: with n values the bootstrap's variance of a mean is that of
# the sample times (n - 1) / n, and its quantiles are a normal's, not Student's (Efron and Tibshirani, section 12.2).
# Coverage of 95 % intervals on normal data: 3 values 0.75, 5 values 0.85, 10 values 0.91 (see test_bootstrap.py).
RELIABLE = 10
# Drawn values in memory at once.
BLOCK = 2_000_000

# One image of a metrics file: name, psnr (dB), ssim.
Image = Mapping[str, Any]


class Interval(NamedTuple):
    """Both ends of a 95 % interval, in the unit of the values."""

    low: float
    high: float

    @property
    def has_zero(self) -> bool:
        """Return whether no difference is among the values that the images allow."""
        return self.low <= 0 <= self.high


def values(images: Sequence[Image], metric: str) -> np.ndarray:
    """Return a metric image by image, (n,)."""
    return np.array([image[metric] for image in images], dtype=float)


def differences(first: Sequence[Image], second: Sequence[Image], metric: str) -> np.ndarray:
    """Return ``first`` minus ``second`` image by image, (n,), matched by name; empty if the names are not the same."""
    one, two = (sorted(images, key=lambda image: image["name"]) for images in (first, second))
    if [image["name"] for image in one] != [image["name"] for image in two]:
        return np.empty(0)
    return values(one, metric) - values(two, metric)


def mean_interval(*sets: np.ndarray) -> Interval | None:
    """Return the interval of the mean of the ``sets``' means; None if one of them has fewer than two values.

    With one set this is the plain bootstrap of a mean, and with differences the paired one: an image that is hard for
    both models cancels. Of several sets each is drawn from by itself, for n_k of each is the design.
    """
    if not sets or min(len(part) for part in sets) < 2:
        return None
    random = np.random.default_rng(0)
    return _percentiles(np.mean([_means(part, random) for part in sets], axis=0))


def seeds_interval(table: np.ndarray) -> Interval | None:
    """Return the interval of the mean over seeds and images, ``table`` (seeds, images); None below two of either.

    Two levels: S of S seeds are drawn with replacement, then n of n images. All seeds were tested on the same images,
    so one draw of images serves all drawn seeds; images drawn anew for each seed would average away how hard the set
    happens to be (A. B. Owen, The pigeonhole bootstrap, Annals of Applied Statistics 1(2), 2007).
    """
    if min(table.shape) < 2:
        return None
    random = np.random.default_rng(0)
    seeds, images = table.shape
    # Around one value, so that equal values give width 0 and not the rounding of their sum.
    shift = table[0, 0]
    means = []
    for count in _blocks(images):
        # How often each seed is drawn, (count, S), takes less memory than the drawn rows, (count, S, n).
        often = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=count)
        drawn = often @ (table - shift) / seeds
        means.append(np.take_along_axis(drawn, random.integers(images, size=(count, images)), axis=1).mean(axis=1))
    return _percentiles(np.concatenate(means) + shift)


def _means(part: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the means of ``RESAMPLES`` draws, n of n with replacement."""
    size, shift = len(part), part[0]
    means = [(part - shift)[random.integers(size, size=(count, size))].mean(axis=1) for count in _blocks(size)]
    return np.concatenate(means) + shift


def _blocks(size: int) -> Iterator[int]:
    """Yield how many draws of ``size`` values to take at once, ``RESAMPLES`` in all."""
    step, left = max(1, BLOCK // size), RESAMPLES
    while left:
        yield min(step, left)
        left -= min(step, left)


def _percentiles(means: np.ndarray) -> Interval:
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))
