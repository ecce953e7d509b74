"""Models that repeat another one: its search or its training with other seeds, or more random genotypes.

Each is a model of its own, ``<model>_seed<N>``, ``<model>_retrain<N>`` or ``<model>_draw<N>``. Needs only the standard
library, because the descriptions of the papers' tables use it, too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Keys of ``search`` and ``retrain`` about repetitions; no single search or training depends on them.
KEYS = ("seeds", "seed_scales")
SEARCH, RETRAIN, DRAW = "seed", "retrain", "draw"
NAME = re.compile(rf"(?P<base>.+)_(?P<kind>{SEARCH}|{RETRAIN}|{DRAW})(?P<number>\d+)")

Section = Mapping[str, Any]


def name_of(base: str, kind: str, number: int) -> str:
    """Return the name of the model that repeats the model ``base`` in a ``kind`` of way."""
    return f"{base}_{kind}{number}"


def base_of(name: str) -> str:
    """Return the name of the model that a model repeats; its own if it repeats none."""
    match = NAME.fullmatch(name)
    return match["base"] if match else name


def number_of(name: str) -> int | None:
    """Return the seed or the number of the draw in a repetition's name; None for any other model."""
    match = NAME.fullmatch(name)
    return int(match["number"]) if match else None


def is_repeat(name: str, base: str | None = None, kinds: Iterable[str] = (SEARCH, RETRAIN, DRAW)) -> bool:
    """Return whether a model's name is that of a repetition, in one of ``kinds`` and of ``base``, if that is given."""
    match = NAME.fullmatch(name)
    return match is not None and match["kind"] in kinds and base in (None, match["base"])


def of(names: Iterable[str], base: str) -> list[str]:
    """Return the model ``base`` and its repetitions: of the search if it has any, else of the training or the draw."""
    names = list(names)
    for kind in (SEARCH, RETRAIN, DRAW):
        if repeated := [name for name in names if is_repeat(name, base, [kind])]:
            return [base, *repeated]
    return [base]


def repeats(raw: Section, method: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (name, base, changes) of each repetition of a method's models: what it changes of the model ``base``."""
    for base, keys in _models(raw, method):
        seed, scales, source = keys.get("seed", raw["seed"]), keys.get("scales", raw["scales"]), keys.get("genotype_of")
        for number in _others(keys, "search", seed):
            name = name_of(base, SEARCH, number)
            # A model with the genotype of another's search takes it from that search's repetition.
            changes = {"genotype_of": _same_seed(raw, method, source, number) if source else name}
            yield name, base, {"seed": number, "scales": _scales(keys, "search", scales), **changes}
        for number in _others(keys, "retrain", seed):
            changes = {"genotype_of": source or base, "repeats": base}
            scales_of = _scales(keys, "retrain", scales)
            yield name_of(base, RETRAIN, number), base, {"seed": number, "scales": scales_of, **changes}
        for number in range(2, (keys.get("random") or {}).get("draws", 1) + 1):
            name = name_of(base, DRAW, number)
            yield name, base, {"seed": seed + number - 1, "genotype_of": name}


def mistakes(raw: Section, methods: Iterable[str]) -> Iterator[str]:
    """Yield, with its key in front, what no type says about repetitions.

    A list without the model's own seed is refused rather than completed, because a search costs hours.
    """
    for method in methods:
        for base, keys in _models(raw, method):
            where = method if base == method else f"{method}.variants.{base}"
            if base != method and is_repeat(base):
                yield f"{where}: this name is reserved for a repetition. List a seed in seeds, or rename this"
            for part in ("search", "retrain") if method in raw["methods"] else ():
                seed, seeds = keys.get("seed", raw["seed"]), _seeds(keys, part)
                if seeds and seed not in seeds:
                    whose = "run's" if base == method else "model's"
                    yield f"{where}.{part}.seeds: {seeds} lacks the {whose} own seed, {seed}. Add it or give []"
            if _seeds(keys, "search"):
                yield from (f"{where}.search.seeds: {reason}" for reason in _not_repeatable(raw, method, base, keys))
            if keys.get("random") and _seeds(keys, "retrain"):
                yield f"{where}.retrain.seeds: each random draw has a seed of its own. Leave the key out"


def _not_repeatable(raw: Section, method: str, base: str, keys: Section) -> Iterator[str]:
    """Yield why the search of a model cannot be repeated."""
    genotype = (keys.get("retrain") or {}).get("genotype", raw[method]["retrain"]["genotype"])
    if base != method and genotype != "searched":
        yield f"the genotype is {genotype}, so there is no search to repeat. Give retrain.seeds"
    source = dict(_models(raw, method)).get(keys.get("genotype_of", ""))
    known = {raw["seed"], source.get("seed"), *_seeds(source, "search")} if source else None
    missing = [seed for seed in _seeds(keys, "search") if known is not None and seed not in known]
    if missing:
        yield f"{keys['genotype_of']} is not searched with seed {missing[0]}. Add it to search.seeds there"


def _models(raw: Section, method: str) -> Iterator[tuple[str, Section]]:
    """Yield a method's own model and its variants with what each says itself: a variant inherits no repetitions."""
    yield method, {key: raw[method][key] for key in ("search", "retrain")}
    yield from raw[method]["variants"].items()


def _seeds(keys: Section, key: str) -> list[int]:
    return (keys.get(key) or {}).get("seeds") or []


def _others(keys: Section, key: str, seed: int) -> list[int]:
    return [number for number in _seeds(keys, key) if number != seed]


def _scales(keys: Section, key: str, default: list[int]) -> list[int]:
    return (keys.get(key) or {}).get("seed_scales") or default


def _same_seed(raw: Section, method: str, source: str, seed: int) -> str:
    """Return the model of ``source`` with ``seed``: itself, or a repetition."""
    first = dict(_models(raw, method)).get(source, {}).get("seed", raw["seed"])
    return source if first == seed else name_of(source, SEARCH, seed)
