"""Costs of every method's search space: exactly those of the derived networks."""

import random

import pytest

from sr.core.errors import UserError
from sr.methods import registry
from sr.methods.cost import COUNTERS, counted, derived, limit_of
from sr.methods.method import Method
from sr.methods.mran.network import METHOD as MRAN
from tests.helpers.networks import SMOKE, small


@pytest.fixture(params=registry.names())
def method(request: pytest.FixtureRequest) -> Method:
    return registry.find(request.param)


@pytest.mark.parametrize("kind", list(COUNTERS))
def test_the_sum_is_the_count_of_the_network(method: Method, kind: str) -> None:
    config, source = small(method), random.Random(0)
    choices, costs = method.choices(config), counted(method, config, kind)
    for _ in range(3):
        drawn = {name: source.sample(choice.options, choice.keep) for name, choice in choices.items()}
        decisions = {name: [o for o in choices[name].options if o in kept] for name, kept in drawn.items()}
        network = derived(method, config, decisions)
        assert network is not None
        assert costs.of(decisions) == pytest.approx(COUNTERS[kind](network), rel=1e-12)
    # Wider kernels and the like are not free.
    assert costs.extremes(choices)[0] < costs.extremes(choices)[1]


def test_an_edge_without_any_operation_has_a_cost_though_it_has_no_network() -> None:
    config = small(MRAN).replace(osb_nodes=2)
    assert derived(MRAN, config, {n: ["none" if n == "osb_0_1" else "skip"] for n in MRAN.choices(config)}) is None
    assert counted(MRAN, config, "params").options["osb_0_1"]["none"] == 0


def test_a_target_that_no_network_meets_is_refused_with_what_there_is(method: Method) -> None:
    search = SMOKE.models[method.name].search
    assert limit_of(method, small(method), search) is None
    with pytest.raises(UserError, match=r"^search\.cost_target: 0\.1 K parameters, but the networks of .* Raise it"):
        limit_of(method, small(method), search.replace(cost="params", cost_target=0.1))
    with pytest.raises(UserError, match=r"^search\.cost_target: 1e\+06 K parameters, but the networks of .* at most "):
        limit_of(method, small(method), search.replace(cost="params", cost_target=1e6, cost_bound="both"))
