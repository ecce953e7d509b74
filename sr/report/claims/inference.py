"""Statistics of the claims: prediction interval, equivalence test, two-level interval of a difference, Holm.

The unit of replication is a search with its training, that is, a seed; images are a second level. All functions but
``holm`` work along the last axes, so that simulations are vectorised (tests/unit/report/claims/test_inference.py has
the error rates).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

LEVEL = 0.95
MIN_SEEDS = 3
RESAMPLES = 2000  # of a bootstrap
Array = np.ndarray[Any, Any]


class Spread(NamedTuple):
    """A standard deviation (unit of the values) and its degrees of freedom."""

    sd: Array
    df: int


class Effect(NamedTuple):
    """A mean difference, its interval at ``LEVEL``, and the two-sided p value of no difference."""

    mean: Array
    low: Array
    high: Array
    p: Array


def spread(values: Array, others: Sequence[Array] = ()) -> Spread:
    """Return the standard deviation of ``values`` (..., n), pooled with that of ``others`` (1-D), within groups.

    Pooling weighs each variance with its degrees of freedom (Snedecor and Cochran, Statistical Methods, section 6.8).
    """
    n = values.shape[-1]
    squares = np.var(values, axis=-1) * n + sum(np.var(other) * len(other) for other in others)
    df = n - 1 + sum(len(other) - 1 for other in others)
    return Spread(np.sqrt(squares / df), df)


def predicted(values: Array, printed: float, of: Spread, rounding: float = 0.0) -> Array:
    """Return whether ``printed`` is within the prediction interval of one more value: |mean - printed| <= t s sqrt(1 +
    1/n) (Hahn and Meeker, Statistical Intervals, section 4.7), plus half of the printed digit, ``rounding``.
    """
    from scipy.special import stdtrit

    n = values.shape[-1]
    reach = stdtrit(of.df, (1 + LEVEL) / 2) * of.sd * np.sqrt(1 + 1 / n)
    return np.abs(values.mean(axis=-1) - printed) <= reach + rounding + 1e-12


def equivalent(values: Array, printed: float, of: Spread, margin: float) -> Array:
    """Return whether the mean of ``values`` (..., n) is shown to be within ``margin`` of ``printed``.

    Two one-sided t tests at 5 % each (Schuirmann 1987); the printed number counts as a constant.
    """
    from scipy.special import stdtrit

    error = of.sd / np.sqrt(values.shape[-1])
    reach = stdtrit(of.df, LEVEL) * error
    return np.abs(values.mean(axis=-1) - printed) + reach < margin


def two_level(sets: Sequence[Array]) -> Effect:
    """Return the mean over sets of paired differences, one array (..., seeds, images) a set, at least 2 seeds.

    Seeds and images are crossed random effects: the variance of a mean is at most var(seed means) / seeds + var(image
    means) / images (Searle, Casella and McCulloch, Variance Components, chapter 4; the shared residual is counted
    twice). Seeds are common to all sets, images are not; a set of one image has no second level. Student's t with the
    seeds' degrees of freedom: Satterthwaite's estimate gives 8 % false alarms instead of 5 % with three seeds.
    """
    from scipy.special import stdtr, stdtrit

    per_seed = np.mean([part.mean(axis=-1) for part in sets], axis=0)
    seeds = per_seed.shape[-1]
    variance = np.var(per_seed, axis=-1, ddof=1) / seeds
    for part in sets:
        images = part.shape[-1]
        if images > 1:
            variance = variance + np.var(part.mean(axis=-2), axis=-1, ddof=1) / images / len(sets) ** 2
    mean, error = per_seed.mean(axis=-1), np.sqrt(variance)
    reach = stdtrit(seeds - 1, (1 + LEVEL) / 2) * error
    p = 2 * stdtr(seeds - 1, -np.abs(mean) / np.maximum(error, 1e-12))
    return Effect(mean, mean - reach, mean + reach, p)


def two_arms(first: Sequence[Array], second: Sequence[Array]) -> Effect:
    """Return the mean over sets of ``first`` minus ``second``, arms of different seeds or genotypes.

    Each has an array (..., seeds, images) a set, with at least 2 seeds; the images of a set are the same. Seeds are two
    independent samples of unequal variance, images a second level as in :func:`two_level`. Student's t with the degrees
    of freedom of the smaller arm (Scheffé, JASA 65, 1970): with 3 seeds against 20, Welch's estimate gives 7 % false
    alarms instead of 5 %.
    """
    from scipy.special import stdtr, stdtrit

    arms = [np.mean([part.mean(axis=-1) for part in arm], axis=0) for arm in (first, second)]
    df = min(arm.shape[-1] for arm in arms) - 1
    variance = sum(np.var(arm, axis=-1, ddof=1) / arm.shape[-1] for arm in arms)
    for ours, others in zip(first, second, strict=True):
        images = ours.shape[-1]
        if images > 1:
            each = ours.mean(axis=-2) - others.mean(axis=-2)
            variance = variance + np.var(each, axis=-1, ddof=1) / images / len(first) ** 2
    mean, error = arms[0].mean(axis=-1) - arms[1].mean(axis=-1), np.sqrt(variance)
    reach = stdtrit(df, (1 + LEVEL) / 2) * error
    p = 2 * stdtr(df, -np.abs(mean) / np.maximum(error, 1e-12))
    return Effect(mean, mean - reach, mean + reach, p)


def share_below(value: float, others: Array) -> tuple[float, float, float]:
    """Return the share of ``others`` (n,) below ``value``, and its interval (Wilson 1927): a percentile among draws."""
    from scipy import stats

    below = int((others < value).sum())
    interval = stats.binomtest(below, len(others)).proportion_ci(LEVEL, method="wilson")
    return below / len(others), float(interval.low), float(interval.high)


def rank_correlation(first: Array, second: Array, seed: int = 0) -> tuple[float, float, float]:
    """Return Kendall's tau-b of two measurements (n,) of the same things, and its percentile bootstrap interval.

    It is 0 where one measurement is the same for all. Not by scipy.stats.bootstrap, whose interval is NaN if all
    resamples agree.
    """
    from scipy import stats

    def tau(one: Array, two: Array) -> float:
        return float(np.nan_to_num(stats.kendalltau(one, two).statistic))

    places = np.random.default_rng(seed).integers(0, len(first), (RESAMPLES, len(first)))
    drawn = [tau(first[row], second[row]) for row in places]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return tau(first, second), float(low), float(high)


def holm(values: Sequence[float]) -> list[float]:
    """Return the p values of a family adjusted by Holm's step-down procedure (Scand. J. Statist. 6, 1979)."""
    adjusted, largest = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = largest
    return adjusted
