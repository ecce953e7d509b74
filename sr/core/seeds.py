"""Repetitions of a method's search with other seeds: each is a model of its own, ``<method>_seed<N>``.

Needs only the standard library, because the descriptions of the papers' tables use it, too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Keys of ``search`` about its repetitions; no single search depends on them.
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
    """Yield, with its key in front, what no type says about seeds.

    A list without the run's own seed is refused rather than completed, because a search costs hours.
    """
    methods = list(methods)
    for method in methods:
        chosen = raw[method]["search"]["seeds"]
        if method in raw["methods"] and chosen and raw["seed"] not in chosen:
            yield f"{method}.search.seeds: {chosen} lacks the run's own seed, {raw['seed']}. Add it or give []"
        for name, changes in raw[method]["variants"].items():
            where = f"{method}.variants.{name}"
            if any(is_repeat(name, known) for known in methods):
                yield f"{where}: this name is reserved for a seed of search.seeds. List it there or rename this"
            for key in KEYS:
                if key in (changes.get("search") or {}):
                    yield f"{where}.search.{key}: a variant has one search. Only the method itself has {key}"
