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


def holm(values: Sequence[float]) -> list[float]:
    """Return the p values of a family adjusted by Holm's step-down procedure (Scand. J. Statist. 6, 1979)."""
    adjusted, largest = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        adjusted[place] = largest
    return adjusted
