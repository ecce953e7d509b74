"""Additive costs: the expected one and its gradient, and the most probable network within a limit."""

import itertools
import random
from math import prod

import pytest
import torch

from sr.nas.cost import USED, Costs, Decisions, Limit, additive, most_probable
from sr.nas.relaxation import Choice

CHOICES = {"x": Choice(("a", "b", "c")), "y": Choice(("d", "e")), "z": Choice(("1", "2", "3", "4"), keep=2)}


def costs(seed: int = 0) -> Costs:
    """Return random costs of the three choices."""
    source = random.Random(seed)
    options = {name: {option: source.uniform(0, 9) for option in choice.options} for name, choice in CHOICES.items()}
    return Costs(kind="params", fixed=3.5, options=options)


def networks() -> list[dict[str, list[str]]]:
    """Return the decisions of every network of the space."""
    ways = [itertools.combinations(choice.options, choice.keep) for choice in CHOICES.values()]
    return [dict(zip(CHOICES, map(list, kept), strict=True)) for kept in itertools.product(*ways)]


def test_one_hot_probabilities_cost_what_the_network_costs() -> None:
    for decisions in networks():
        weights = {
            name: torch.tensor([(o in decisions[name]) / choice.keep for o in choice.options], dtype=torch.double)
            for name, choice in CHOICES.items()
        }
        assert costs().expected(weights, CHOICES).item() == pytest.approx(costs().of(decisions), rel=1e-12)


def test_the_gradient_agrees_with_finite_differences() -> None:
    torch.manual_seed(0)
    logits = [torch.randn(len(choice.options), dtype=torch.double, requires_grad=True) for choice in CHOICES.values()]

    def expected(*values: torch.Tensor) -> torch.Tensor:
        return costs().expected({n: torch.softmax(v, 0) for n, v in zip(CHOICES, values, strict=True)}, CHOICES)

    assert torch.autograd.gradcheck(expected, logits)


def test_single_changes_give_every_network_of_an_additive_cost() -> None:
    fixed, options = additive(CHOICES, costs().of)
    found = Costs(kind="params", fixed=fixed, options=options)
    assert all(min(row.values()) == 0 for row in options.values())
    assert [found.of(each) for each in networks()] == pytest.approx([costs().of(each) for each in networks()])
    values = [costs().of(each) for each in networks()]
    assert found.extremes(CHOICES) == pytest.approx((min(values), max(values)))


def test_an_option_without_a_network_costs_the_least() -> None:
    def cost_of(decisions: Decisions) -> float | None:
        return None if decisions["x"] == ["c"] else costs().of(decisions)

    _, options = additive(CHOICES, cost_of)
    assert options["x"]["c"] == min(options["x"].values()) == 0


@pytest.mark.parametrize("seed", range(20))
def test_the_most_probable_network_within_a_limit_is_that_of_all_networks(seed: int) -> None:
    source = random.Random(seed)
    table = {name: {option: source.random() for option in choice.options} for name, choice in CHOICES.items()}
    low, high = costs(seed).extremes(CHOICES)
    target = low + source.random() * (high - low)
    allowed = [each for each in networks() if costs(seed).of(each) <= target]
    best = max(allowed, key=lambda each: prod(table[name][o] for name, kept in each.items() for o in kept))
    assert most_probable(table, CHOICES, Limit(target=target, costs=costs(seed))) == best


@pytest.mark.parametrize("seed", range(20))
def test_a_limit_on_both_sides_takes_the_most_probable_network_that_uses_it(seed: int) -> None:
    source = random.Random(seed)
    table = {name: {option: source.random() for option in choice.options} for name, choice in CHOICES.items()}
    low, high = costs(seed).extremes(CHOICES)
    target = (low + high) / 2
    using = [each for each in networks() if USED * target <= costs(seed).of(each) <= target]

    def probability(decisions: Decisions) -> float:
        return prod(table[name][o] for name, kept in decisions.items() for o in kept)

    kept = most_probable(table, CHOICES, Limit(target=target, costs=costs(seed), both=True))
    assert kept is not None
    assert not using or probability(kept) == pytest.approx(max(map(probability, using)))


def test_the_lightest_network_is_within_a_limit_of_its_own_cost_and_none_below() -> None:
    table = {name: dict.fromkeys(choice.options, 0.0) for name, choice in CHOICES.items()}
    low, _ = costs().extremes(CHOICES)
    lightest = most_probable(table, CHOICES, Limit(target=low, costs=costs()))
    assert lightest is not None
    assert costs().of(lightest) == pytest.approx(low)
    assert most_probable(table, CHOICES, Limit(target=low * 0.99, costs=costs())) is None
