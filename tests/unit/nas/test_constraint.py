"""The multiplier: it brings a search under its target and leaves it alone where the target is loose."""

from statistics import fmean

import pytest
import torch

from sr.core.sections import Adam
from sr.nas.bilevel import Objective, SearchStep
from sr.nas.constraint import Constraint
from sr.nas.cost import Costs, Limit, most_probable
from sr.nas.derive import decide
from sr.nas.relaxation import Choice, Relaxation

CHOICES = {name: Choice(("light", "middle", "heavy")) for name in ("x", "y", "z")}
PRICES = {"light": 1.0, "middle": 3.0, "heavy": 9.0}
GAINS = torch.tensor([0.0, 0.7, 1.0])
WORTH = {"x": 0.5, "y": 1.0, "z": 2.0}
STEPS = 300


class Toy(torch.nn.Module):
    """A supernet whose heavier options have the lower loss."""

    def __init__(self, gain: float) -> None:
        super().__init__()
        self.gain = gain
        self.weight = torch.nn.Parameter(torch.ones(1, 1, 1, 1))
        self.arch = Relaxation(CHOICES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a loss of each image, scaled so that only a multiplier without a unit can balance it."""
        gain = torch.stack([WORTH[name] * (p @ GAINS) for name, p in self.arch().items()]).sum()
        return (4 - self.gain * gain) * 1e-3 * self.weight.detach() * x.mean((1, 2, 3))


def search(target: float, both: bool = False, gain: float = 1.0) -> tuple[Constraint, list[float], list[float]]:
    """Search with the toy; return the constraint, and multiplier and cost at each step.

    ``gain``: what a heavy option is worth; below 0 the light ones have the lower loss.
    """
    torch.manual_seed(0)
    toy = Toy(gain)
    objective = Objective(toy, lambda sr, hr: sr.mean() + 0 * toy.weight.sum(), 0.0, 0.0, 1.0)
    limit = Limit(
        target=target, costs=Costs(kind="params", fixed=2.0, options=dict.fromkeys(CHOICES, PRICES)), both=both
    )
    constraint = Constraint(limit, toy.arch, STEPS)
    adam = Adam(lr=0.05, beta1=0.5, beta2=0.999, weight_decay=0.0)
    step, batch, rows = SearchStep(objective, adam, adam, constraint=constraint), (torch.ones(2, 3, 4, 4),) * 2, []
    for _ in range(STEPS):
        step(batch, batch)
        rows.append(constraint.row())
    return constraint, [row["multiplier"] for row in rows], [row["cost"] for row in rows]


@pytest.mark.parametrize("target", [9.0, 12.0, 15.0, 18.0, 21.0, 24.0])
def test_it_brings_a_search_to_its_target_and_no_further(target: float) -> None:
    """Of 29 without it; the network that is derived is within the target, and not much lighter than it could be."""
    constraint, multipliers, costs = search(target)
    assert max(multipliers) > 0
    assert min(costs) <= target
    assert 0.6 * target < fmean(costs[STEPS // 2 :]) < 1.15 * target
    derived = most_probable(constraint.arch.table(), CHOICES, constraint.limit)
    assert derived is not None
    assert 0.7 * target < constraint.limit.costs.of(derived) <= target


def test_a_loose_target_changes_nothing() -> None:
    constraint, multipliers, _ = search(29.1)
    assert set(multipliers) == {0.0}
    assert decide(constraint.arch.table(), CHOICES) == dict.fromkeys(CHOICES, ["heavy"])
    assert constraint.cost() == 29


@pytest.mark.parametrize("target", [13.0, 15.0, 17.0, 23.0])
@pytest.mark.parametrize("gain", [1.0, -1.0])
def test_a_limit_on_both_sides_is_used_whatever_the_loss_prefers(target: float, gain: float) -> None:
    """Without a limit the networks have 29 or 5, and with one above alone the light ones stay at 5."""
    constraint, multipliers, costs = search(target, both=True, gain=gain)
    assert (min(multipliers) < 0) if gain < 0 else (max(multipliers) > 0)
    assert 0.75 * target < fmean(costs[STEPS // 2 :]) < 1.25 * target
    derived = most_probable(constraint.arch.table(), CHOICES, constraint.limit)
    assert derived is not None
    assert 0.9 * target <= constraint.limit.costs.of(derived) <= target
    assert search(target, gain=-1.0)[2][-1] == 5


def test_its_share_of_the_gradient_has_the_norm_of_the_loss_times_the_multiplier() -> None:
    constraint, _, _ = search(29.1)
    constraint.multiplier, constraint.rate = 0.5, 0.0
    for logit in constraint.arch.logits.values():
        logit.grad = torch.tensor([0.0, 3.0, 4.0])
    constraint.add_gradient()
    added = [logit.grad - torch.tensor([0.0, 3.0, 4.0]) for logit in constraint.arch.logits.values()]
    assert sum(float(each.square().sum()) for each in added) == pytest.approx(0.25 * 3 * 25)
    # Descending it takes probability from the heavy option.
    assert all(each[2] > 0 > each[0] for each in added)
