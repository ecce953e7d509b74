"""Genotypes drawn from a method's own space: the chance level that a search has to beat.

Each choice keeps as many options as after a search, all with the same chance (Yu et al., ICLR 2020, "Evaluating the
Search Phase of Neural Architecture Search"; Li and Talwalkar, UAI 2019).
"""

import random
from collections.abc import Callable, Mapping
from typing import TypeVar

from sr.core.errors import UserError
from sr.nas.genotype import Genotype
from sr.nas.relaxation import Choice

TRIES = 20_000
G = TypeVar("G", bound=Genotype)


def draw(
    derive: Callable[[Mapping[str, list[str]]], G],
    choices: Mapping[str, Choice],
    stream: str,
    accepted: Callable[[G, Mapping[str, list[str]]], bool],
) -> G | None:
    """Return the first genotype of the random ``stream`` that is ``accepted``; None if none is within ``TRIES`` draws.

    ``derive`` makes a genotype of the kept options, and ``accepted`` gets both. The same stream gives the same genotype
    on any machine.
    """
    source = random.Random(stream)  # noqa: S311
    for _ in range(TRIES):
        kept = {name: source.sample(choice.options, choice.keep) for name, choice in choices.items()}
        decisions = {name: [o for o in choices[name].options if o in options] for name, options in kept.items()}
        try:
            genotype = derive(decisions)
        except UserError:
            # No network: in MRAN a block without any operation.
            continue
        if accepted(genotype, decisions):
            return genotype
    return None
