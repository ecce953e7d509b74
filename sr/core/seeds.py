"""Further seeds of a method's search: each is a model of its own, ``<method>_seed<N>``, beside the method's.

Needs nothing but the standard library: the description of the papers' tables asks here too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Keys of ``search`` that say how often and for which scales it is done; one search by itself depends on neither.
KEYS = ("seeds", "seed_scales")


def name_of(method: str, seed: int) -> str:
    """Return the name of the model that repeats the method's search with another seed."""
    return f"{method}_seed{seed}"


def is_repeat(name: str, method: str) -> bool:
    """Return whether a model's name is that of such a repetition."""
    return re.fullmatch(rf"{re.escape(method)}_seed\d+", name) is not None


def repeats(raw: Mapping[str, Any], method: str) -> dict[str, dict[str, Any]]:
    """Return what each further seed changes of the method's own model, which has the run's seed, by name."""
    search = raw[method]["search"]
    others = [seed for seed in search["seeds"] if seed != raw["seed"]]
    return {name_of(method, seed): {"seed": seed, "scales": search["seed_scales"]} for seed in others}


def mistakes(raw: Mapping[str, Any], methods: Iterable[str]) -> Iterator[str]:
    """Yield, with its key in front, what the schema cannot say about seeds.

    A list of a listed method without the run's own seed is refused and not completed: a search costs hours, so none is
    added unasked.
    """
    methods = list(methods)
    for method in methods:
        chosen = raw[method]["search"]["seeds"]
        if method in raw["methods"] and chosen and raw["seed"] not in chosen:
            yield f"{method}.search.seeds: {chosen} lacks the run's own seed, {raw['seed']}. Add it, or leave [] there"
        for name, changes in raw[method]["variants"].items():
            where = f"{method}.variants.{name}"
            if any(is_repeat(name, known) for known in methods):
                yield f"{where}: this name is for a seed of search.seeds. List the seed there, or choose another name"
            for key in KEYS:
                if key in changes.get("search", {}):
                    yield f"{where}.search.{key}: a variant has one search. Only the method's own has {key}"
