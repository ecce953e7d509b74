"""Cost of networks as a search can descend it: additive, and differentiable in the probabilities.

A network costs a fixed part and, for each option that a choice keeps, that option's cost. Under probabilities p the
expected cost is fixed + sum over choices of keep * sum_o p_o c_o, as in FBNet (Wu et al., CVPR 2019, section 3.2).
Where p is 1 / keep on the kept options and 0 on the others, that is the cost of the derived network.
"""

import itertools
from collections.abc import Callable, Mapping
from math import log
from typing import Annotated, Literal

import torch
from pydantic import Field

from sr.core.formats import Document
from sr.nas.derive import Table
from sr.nas.genotype import Name, SearchResult
from sr.nas.relaxation import Choice, Weights

Decisions = Mapping[str, list[str]]
Price = Annotated[float, Field(ge=0)]
UNITS = {"params": "K parameters", "mult_adds": "G Mult-Adds", "latency": "ms"}
# Cost, logarithm of the probability, and decisions of a network of which some choices are made.
State = tuple[float, float, dict[str, list[str]]]
USED = 0.9  # least share of a limit on both sides
LEAST = 1e-30  # in place of a probability of 0, which has no logarithm


class Costs(Document):
    """Costs of a search space in the unit of ``kind``: of what all networks share, and of each option by choice."""

    kind: Literal["params", "mult_adds", "latency"]
    fixed: float
    options: dict[Name, dict[Name, float]]

    def of(self, decisions: Decisions) -> float:
        """Return the cost of the network that ``decisions`` describe."""
        return self.fixed + sum(self.options[name][option] for name, kept in decisions.items() for option in kept)

    def expected(self, probabilities: Weights, choices: Mapping[str, Choice]) -> torch.Tensor:
        """Return the expected cost, a scalar with a gradient, under {choice: (number of options,)}."""
        terms = [
            choices[name].keep * (p @ p.new_tensor([self.options[name][option] for option in choices[name].options]))
            for name, p in probabilities.items()
        ]
        return self.fixed + torch.stack(terms).sum()

    def extremes(self, choices: Mapping[str, Choice]) -> tuple[float, float]:
        """Return the costs of the lightest and of the heaviest network."""
        ranked = {name: sorted(self.options[name].values()) for name in choices}
        low = sum(sum(ranked[name][: choice.keep]) for name, choice in choices.items())
        high = sum(sum(ranked[name][-choice.keep :]) for name, choice in choices.items())
        return self.fixed + low, self.fixed + high


class Limit(Document):
    """A cost that the derived network may not exceed, in the unit of ``costs``.

    ``both``: the search is pushed up to it as well.
    """

    target: float = Field(gt=0)
    costs: Costs
    both: bool = False


class LimitedResult(SearchResult):
    """Result of a search; ``limit`` is what held its cost, if anything did."""

    limit: Limit | None = None


def additive(choices: Mapping[str, Choice], cost_of: Callable[[Decisions], float | None]) -> tuple[float, dict]:
    """Return the fixed part and the options' costs {choice: {option: cost}} of a cost that is a sum over choices.

    ``cost_of`` gives a network's cost, None for decisions without a network; one change at a time is compared with the
    network of all first options. The least option of a choice costs 0; the rest of its cost is in the fixed part.
    An option without a network takes the least cost of its choice.
    """
    first = {name: list(choice.options[: choice.keep]) for name, choice in choices.items()}
    base = cost_of(first)
    assert base is not None
    fixed, options = base, {}
    for name, choice in choices.items():
        costs = _swapped(first, name, choice, base, cost_of)
        least = min(cost for cost in costs.values() if cost is not None)
        options[name] = {option: 0.0 if cost is None else cost - least for option, cost in costs.items()}
        fixed -= sum(options[name][option] for option in first[name])
    return fixed, options


def _swapped(
    first: Decisions, name: str, choice: Choice, base: float, cost_of: Callable[[Decisions], float | None]
) -> dict[str, float | None]:
    """Return what each option costs more than the last of those that ``first`` keeps, which others replace."""
    *others, last = first[name]
    costs: dict[str, float | None] = {last: 0.0}
    rest = choice.options[choice.keep :]
    for option in rest:
        cost = cost_of({**first, name: [*others, option]})
        costs[option] = None if cost is None else cost - base
    for option in others if rest else ():
        cost, spare = cost_of({**first, name: [o for o in first[name] if o != option] + [rest[0]]}), costs[rest[0]]
        costs[option] = None if cost is None or spare is None else spare - (cost - base)
    return {option: costs.get(option, 0.0) for option in choice.options}


def most_probable(table: Table, choices: Mapping[str, Choice], limit: Limit) -> dict[str, list[str]] | None:
    """Return the kept options of the most probable network within the limit; None if no network is.

    Probable is what has the largest product of the kept options' probabilities. Found exactly: choice by choice, a
    partial network stays if none that costs as little is as probable. A limit on both sides asks for a network that
    uses the share ``USED`` of it, if there is one, and then a thousandth of the limit decides what costs as little.
    """
    front: list[State] = [(limit.costs.fixed, 0.0, {})]
    rest = limit.costs.extremes(choices)[0] - limit.costs.fixed
    for name, choice in choices.items():
        prices = limit.costs.options[name]
        rest -= sum(sorted(prices.values())[: choice.keep])
        ways = [list(kept) for kept in itertools.combinations(choice.options, choice.keep)]
        values = [(sum(prices[o] for o in kept), sum(_log(table[name][o]) for o in kept), kept) for kept in ways]
        grown = [
            (cost + price, value + gain, {**decisions, name: kept})
            for cost, value, decisions in front
            for price, gain, kept in values
            if cost + price + rest <= limit.target * (1 + 1e-9)
        ]
        front = _most_probable_of_each(grown, limit.target / 1000) if limit.both else _undominated(grown)
    using = [state for state in front if state[0] >= USED * limit.target] if limit.both else front
    return max(using or front, key=lambda state: state[1])[2] if front else None


def _most_probable_of_each(states: list[State], step: float) -> list[State]:
    """Return the most probable state of every ``step`` of the cost."""
    kept: dict[int, State] = {}
    for state in states:
        place = int(state[0] / step)
        if place not in kept or state[1] > kept[place][1]:
            kept[place] = state
    return [*kept.values()]


def _log(probability: float) -> float:
    return log(max(probability, LEAST))


def _undominated(states: list[State]) -> list[State]:
    """Return the states than which none is both as cheap and as probable."""
    kept: list[State] = []
    for state in sorted(states, key=lambda each: (each[0], -each[1])):
        if not kept or state[1] > kept[-1][1]:
            kept.append(state)
    return kept
