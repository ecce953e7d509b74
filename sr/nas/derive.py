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


def evidence(
    table: Table, choices: Mapping[str, Choice], decisions: Mapping[str, list[str]] | None = None
) -> dict[str, Decision]:
    """Return, for each choice, what was kept, all probabilities, entropy in nats, and the margin.

    The margin is the least probable kept option minus the most probable rejected one: near 0 means that
    the search has hardly made a choice, however clear the maximum looks. ``decisions`` are what was kept, if not the
    most probable options; then a margin may be below 0.
    """
    return {
        name: Decision(
            kept=kept,
            margin=_margin(table[name], kept),
            entropy=entropy(table[name]),
            probabilities=dict(table[name]),
        )
        for name, kept in (decisions or decide(table, choices)).items()
    }


def entropy(probabilities: Mapping[str, float]) -> float:
    """Return the Shannon entropy in nats, from 0 (decided) to log(number of options) (uniform)."""
    return -sum(p * log(p) for p in probabilities.values() if p > 0)


def _margin(probabilities: Mapping[str, float], kept: list[str]) -> float:
    rejected = [p for option, p in probabilities.items() if option not in kept]
    return min(probabilities[option] for option in kept) - max(rejected, default=0.0)
