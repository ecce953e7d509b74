"""From architecture probabilities to decisions: keep the most probable options (DLSR section 3.2)."""

from collections.abc import Mapping
from math import log

from sr.nas.genotype import Decision
from sr.nas.relaxation import Choice

Table = Mapping[str, Mapping[str, float]]


def strongest(probabilities: Mapping[str, float], keep: int) -> list[str]:
    """Return the ``keep`` most probable options in their own order; of equals the earlier wins."""
    ranked = sorted(probabilities, key=lambda option: -probabilities[option])[:keep]
    return [option for option in probabilities if option in ranked]


def decide(table: Table, choices: Mapping[str, Choice]) -> dict[str, list[str]]:
    """Return the kept options of every choice."""
    return {name: strongest(table[name], choice.keep) for name, choice in choices.items()}


def evidence(table: Table, choices: Mapping[str, Choice]) -> dict[str, Decision]:
    """Return, for each choice, what was kept, all probabilities, entropy in nats, and the margin.

    The margin is the least probable kept option minus the most probable rejected one: near 0 means that
    the search has hardly made a choice, however clear the maximum looks.
    """
    return {
        name: Decision(
            kept=strongest(table[name], choice.keep),
            margin=_margin(list(table[name].values()), choice.keep),
            entropy=entropy(table[name]),
            probabilities=dict(table[name]),
        )
        for name, choice in choices.items()
    }


def entropy(probabilities: Mapping[str, float]) -> float:
    """Return the Shannon entropy in nats, from 0 (decided) to log(number of options) (uniform)."""
    return -sum(p * log(p) for p in probabilities.values() if p > 0)


def _margin(values: list[float], keep: int) -> float:
    ranked = sorted(values, reverse=True)
    return ranked[keep - 1] - ranked[keep] if len(ranked) > keep else ranked[-1]
