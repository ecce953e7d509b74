"""Where each choice's options are in the derived networks, found for every method, unasked."""

import random

import pytest
import torch

from sr.methods import registry
from sr.methods.cost import derived
from sr.methods.method import Method
from sr.methods.places import cover, kinds, places
from tests.helpers.networks import small


@pytest.fixture(params=registry.names())
def method(request: pytest.FixtureRequest) -> Method:
    return registry.find(request.param)


def test_they_are_where_the_supernet_mixes_its_candidates(method: Method) -> None:
    config = small(method)
    with torch.device("meta"):
        supernet = method.supernet(method.searched(config), 2)
    mixed = {name for name, module in supernet.named_modules() if hasattr(module, "candidates")}
    paths = [path for paths in places(method, method.searched(config)).values() for path in paths]
    assert len(paths) == len({*paths})
    # A place holds candidates, or is what wraps them.
    for path in paths:
        assert len([name for name in mixed if name == path or name.rpartition(".")[0] == path]) == 1
    for name in mixed:
        assert {name, name.rpartition(".")[0]} & {*paths}


def test_choices_between_the_same_options_are_of_one_kind() -> None:
    for name, expected in {"dlsr": {"alpha": 1, "beta": 2}, "mran": {"osb": 1, "asb": 1}}.items():
        method = registry.find(name)
        groups = kinds(method, small(method), places(method, small(method)))
        for prefix, number in expected.items():
            own = {kind for choice, kind in groups.items() if choice.startswith(prefix)}
            assert len(own) == number
            assert not own & {kind for choice, kind in groups.items() if not choice.startswith(prefix)}


def test_a_few_networks_have_every_option_of_every_choice(method: Method) -> None:
    choices = method.choices(small(method))
    networks = cover(choices, random.Random(1))
    assert len(networks) == max(len(choice.options) for choice in choices.values())
    for name, choice in choices.items():
        assert all(len(decisions[name]) == choice.keep for decisions in networks)
        assert {option for decisions in networks for option in decisions[name]} == {*choice.options}
    assert all(derived(method, small(method), decisions) is not None for decisions in networks)
