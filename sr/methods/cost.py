"""Costs of a method's search space, read off its derived networks: any method has them, unasked.

Params and Mult-Adds are sums over the parts of a network, so networks that differ in one decision give each option's
share exactly. They are counted at the size of the network to retrain, at x2.
"""

from collections.abc import Callable
from typing import Any, Final, Literal

import torch
from torch import nn

from sr.core.errors import UserError
from sr.core.sections import Search
from sr.evaluate.complexity import mult_adds, parameters
from sr.methods.method import Method
from sr.nas.cost import UNITS, Costs, Decisions, Limit, additive

SCALE: Final = 2  # at which searches run
Counter = Callable[[nn.Module], float]
COUNTERS: dict[Literal["params", "mult_adds"], Counter] = {
    "params": lambda network: parameters(network) / 1e3,
    "mult_adds": lambda network: mult_adds(network, SCALE) / 1e9,
}


def counted(method: Method, config: Any, kind: Literal["params", "mult_adds"]) -> Costs:
    """Return the costs of the networks that ``config`` sizes: K parameters, or G Mult-Adds for a 1280x720 output."""

    def cost_of(decisions: Decisions) -> float | None:
        network = derived(method, config, decisions)
        return None if network is None else COUNTERS[kind](network)

    fixed, options = additive(method.choices(config), cost_of)
    return Costs(kind=kind, fixed=fixed, options=options)


def derived(method: Method, config: Any, decisions: Decisions) -> nn.Module | None:
    """Return the network of ``decisions`` on the meta device; None if they leave none."""
    try:
        genotype = method.derive({name: list(kept) for name, kept in decisions.items()})
    except UserError:
        return None
    with torch.device("meta"):
        return method.network(genotype, config, SCALE)


def limit_of(method: Method, config: Any, search: Search, measured: Costs | None = None) -> Limit | None:
    """Return the limit that a search has on the cost; None without one. ``measured``: the costs for a latency.

    Raise UserError if no network is within it.
    """
    if search.cost == "none" or search.cost_target is None:
        return None
    costs, target = measured if search.cost == "latency" else counted(method, config, search.cost), search.cost_target
    assert costs is not None
    least, most = costs.extremes(method.choices(config))
    if target < least:
        raise UserError(
            f"search.cost_target: {target:g} {UNITS[costs.kind]}, but the networks of this search space have "
            f"{least:.4g} to {most:.4g}. Raise it, or choose a smaller network"
        )
    both = search.cost_bound == "both"
    if both and target > most:
        raise UserError(
            f"search.cost_target: {target:g} {UNITS[costs.kind]}, but the networks of this search space have at most "
            f"{most:.4g}, and search.cost_bound is both. Lower it, or choose a larger network"
        )
    return Limit(target=target, costs=costs, both=both)
