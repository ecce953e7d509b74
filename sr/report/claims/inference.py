"""Statistics of the claims: prediction interval, equivalence test, two-level interval of a difference, Holm.

The unit of replication is a search with its training, that is, a seed; images are a second level. All functions but
``holm`` work along the last axes, so that simulations are vectorised (tests/unit/report/claims/test_inference.py has
the error rates).
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

LEVEL = 0.95
MIN_SEEDS = 3
RESAMPLES = 2000  # of a bootstrap
LEAST_P = 1e-12  # smaller ones are given as this
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
    twice). Seeds are common to all sets, images are not; a set of one image has no second level.
    """
    per_seed = np.mean([part.mean(axis=-1) for part in sets], axis=0)
    return _effect(per_seed.mean(axis=-1), [_of_mean(per_seed), *_of_images([part.mean(axis=-2) for part in sets])])


def two_arms(first: Sequence[Array], second: Sequence[Array], spreads: Sequence[Spread] = ()) -> Effect:
    """Return the mean over sets of ``first`` minus ``second``, arms of different seeds or genotypes.

    Each has an array (..., seeds, images) a set, with at least 2 seeds; the images of a set are the same. Seeds are two
    independent samples of unequal variance, images a second level as in :func:`two_level`. ``spreads``: the standard
    deviation of a network of each arm, if it is known from more networks than these.
    """
    arms = [np.mean([part.mean(axis=-1) for part in arm], axis=0) for arm in (first, second)]
    parts = [_of_mean(arm) for arm in arms]
    if spreads:
        parts = [(of.sd**2 / arm.shape[-1], of.df) for arm, of in zip(arms, spreads, strict=True)]
    images = [one.mean(axis=-2) - two.mean(axis=-2) for one, two in zip(first, second, strict=True)]
    return _effect(arms[0].mean(axis=-1) - arms[1].mean(axis=-1), [*parts, *_of_images(images)])


def _of_mean(values: Array) -> tuple[Array, int]:
    """Return the variance of the mean of ``values`` (..., n), and its degrees of freedom."""
    n = values.shape[-1]
    return np.var(values, axis=-1, ddof=1) / n, n - 1


def _of_images(sets: Sequence[Array]) -> Iterator[tuple[Array, int]]:
    """Yield what each set adds to the variance of the mean over sets; ``sets``: means of its images (..., images)."""
    for values in sets:
        if values.shape[-1] > 1:
            variance, df = _of_mean(values)
            yield variance / len(sets) ** 2, df


def _effect(mean: Array, parts: Sequence[tuple[Array, int]]) -> Effect:
    """Return the effect whose variance is the sum of ``parts``, estimated with different degrees of freedom.

    The critical value is the mean of Student's for all parts, weighted by variance (Cochran and Cox, Experimental
    Designs, 1950, for two): few seeds then widen the interval by what seeds, and not images, add to it. Satterthwaite's
    single degrees of freedom give 8 % false alarms instead of 5 % with three seeds, Welch's 7 % with 3 against 20.
    """
    from scipy.optimize import elementwise
    from scipy.special import stdtrit

    variance = sum(part for part, _ in parts)
    error = np.sqrt(variance)
    weights = [part / np.maximum(variance, 1e-24) for part, _ in parts]

    def critical(log_p: Array, *weights: Array) -> Array:
        return -sum(w * stdtrit(df, np.exp(log_p) / 2) for w, (_, df) in zip(weights, parts, strict=True))

    reach = critical(np.log(1 - LEVEL), *weights) * error
    root = elementwise.find_root(
        lambda log_p, t, *weights: critical(log_p, *weights) - t,
        (np.log(LEAST_P), 0.0),
        args=(np.abs(mean) / np.maximum(error, 1e-12), *weights),
    )
    p = np.where(root.success, np.exp(root.x), LEAST_P)
    return Effect(mean, mean - reach, mean + reach, np.where(mean == 0, 1.0, p))


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
