"""Agreement of searches: how much of what one search kept another one kept, too, against chance."""

import itertools
from collections.abc import Mapping, Sequence
from statistics import fmean

from sr.nas.relaxation import Choice

Decisions = Mapping[str, Sequence[str]]


def agreement(first: Decisions, second: Decisions) -> dict[str, float]:
    """Return for each choice the share of the kept options that both kept, from 0 to 1."""
    return {name: len({*first[name]} & {*second[name]}) / len(first[name]) for name in first}


def overall(searches: Sequence[Decisions]) -> float:
    """Return the mean agreement over all pairs of at least two searches and all choices."""
    return fmean(fmean(agreement(*pair).values()) for pair in itertools.combinations(searches, 2))


def by_chance(choices: Mapping[str, Choice]) -> float:
    """Return the expected agreement of two random genotypes: each kept option is kept by the other with keep / n."""
    return fmean(choice.keep / len(choice.options) for choice in choices.values())
