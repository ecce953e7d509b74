"""Arms that a run makes only if it is to scrutinise its searches: `scrutiny` in params.yaml and in its variants."""

from collections.abc import Iterable, Mapping
from typing import Any

from sr.core.errors import UserError

Section = Mapping[str, Any]


def applied(raw: Section, methods: Iterable[str], source: str) -> dict[str, Any]:
    """Return checked parameters as the run takes them.

    Without `scrutiny.run`, variants marked `scrutiny` are left out. With it they are made, and every search, or every
    training of a given genotype, is repeated from `scrutiny.seeds`, too. Raise UserError if the run's own seed is not
    among these.
    """
    section = raw.get("scrutiny") or {}
    seeds = list(section.get("seeds", [])) if section.get("run") else []
    if seeds and raw["seed"] not in seeds:
        raise UserError(f"{source}: scrutiny.seeds: the run's seed, {raw['seed']}, is not among them. Add it")
    return {**raw, **{name: _method(raw[name], seeds, bool(section.get("run"))) for name in methods}}


def _method(section: Section, seeds: list[int], run: bool) -> dict[str, Any]:
    """Return a method's section with the arms that the run makes."""
    given = section["retrain"]["genotype"] != "searched"
    variants = {
        name: _repeated({key: value for key, value in keys.items() if key != "scrutiny"}, seeds, given)
        for name, keys in section["variants"].items()
        if run or not keys.get("scrutiny")
    }
    return {**_repeated(section, seeds, given), "variants": variants}


def _repeated(keys: Section, seeds: list[int], given: bool) -> dict[str, Any]:
    """Return a model's keys with more seeds: of its search, or of its training if its genotype is ``given``."""
    genotype = (keys.get("retrain") or {}).get("genotype")
    if not seeds or keys.get("random"):
        return dict(keys)
    key = "retrain" if (genotype != "searched" if genotype else given) else "search"
    changed = dict(keys.get(key) or {})
    changed["seeds"] = list(dict.fromkeys([*(changed.get("seeds") or []), *seeds]))
    return {**keys, key: changed}
