"""Where the options of each choice are in the derived networks, and networks that have each option once.

Networks that differ in one decision differ in the modules that this decision chose, so no method has to say it.
"""

import random
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from torch import nn

from sr.methods.cost import derived
from sr.methods.method import Method
from sr.nas.relaxation import Choice


def places(method: Method, config: Any) -> dict[str, list[str]]:
    """Return the paths of the modules that each choice decides, the outermost of them; none if it decides no module."""
    choices = method.choices(config)
    first, base = _first(method, config)
    result = {}
    for name, choice in choices.items():
        paths: set[str] = set()
        for option in choice.options[choice.keep :]:
            other = derived(method, config, {**first, name: [*first[name][:-1], option]})
            paths |= set(_differing(base, other)) if other is not None else set()
        result[name] = sorted(path for path in paths if not _below(path, paths))
    return result


def kinds(method: Method, config: Any, groups: Mapping[str, list[str]]) -> dict[str, Hashable]:
    """Return what is equal for choices between the same options in as many places of the same width."""
    _, base = _first(method, config)
    return {
        name: (choice.options, choice.keep, *(repr(base.get_submodule(path)) for path in groups[name]))
        for name, choice in method.choices(config).items()
    }


def _first(method: Method, config: Any) -> tuple[dict[str, list[str]], nn.Module]:
    """Return the network of all first options, and its decisions."""
    decisions = {name: list(choice.options[: choice.keep]) for name, choice in method.choices(config).items()}
    network = derived(method, config, decisions)
    assert network is not None
    return decisions, network


def _differing(one: nn.Module, other: nn.Module, path: str = "") -> Iterator[str]:
    """Yield the paths of the innermost modules that contain all that differs."""
    if repr(one) == repr(other):
        return
    children, others = dict(one.named_children()), dict(other.named_children())
    below: list[str] = []
    if type(one) is type(other) and children.keys() == others.keys():
        for name, child in children.items():
            below += _differing(child, others[name], f"{path}.{name}" if path else name)
    yield from below or [path]


def _below(path: str, paths: set[str]) -> bool:
    return any(path.startswith(f"{other}.") for other in paths)


def cover(choices: Mapping[str, Choice], source: random.Random) -> list[dict[str, list[str]]]:
    """Return the decisions of a few networks that together have every option of every choice, in random company."""
    orders = {name: source.sample(choice.options, len(choice.options)) for name, choice in choices.items()}
    networks = []
    for turn in range(max(map(len, orders.values()))):
        kept = {
            name: {order[(turn + i) % len(order)] for i in range(choices[name].keep)} for name, order in orders.items()
        }
        networks.append({name: [o for o in choices[name].options if o in options] for name, options in kept.items()})
    return networks


def some(choices: Mapping[str, Choice], source: random.Random) -> dict[str, list[str]]:
    """Return random decisions."""
    return cover(choices, source)[0]
