"""Which files of a run a table or the page is made of; Snakemake's rules and the page ask the same functions.

Needs nothing but the standard library. ``models`` is what ``sr.core.config.models`` returns, paths are relative to the
run's folder.
"""

from collections.abc import Iterable

from sr.methods.papers import PAPERS, Models
from sr.methods.spec import Table

BICUBIC = "bicubic"


def scales_of(models: Models) -> list[int]:
    """Return the scales that some model has, and 2, on which every search works."""
    return sorted({2, *(scale for model in models.values() for scale in model["scales"])})


def searched(models: Models) -> set[str]:
    """Return the models whose genotype is the result of their own search."""
    return {n for n, m in models.items() if m["genotype_of"] == n and m["retrain"]["genotype"] == "searched"}


def metrics(models: Models, sets: Iterable[str], name: str, scales: Iterable[int] | None = None) -> list[str]:
    """Return the metrics files of a model, or of bicubic, on the test ``sets``; at all its scales or the given ones."""
    scales = scales or (scales_of(models) if name == BICUBIC else models[name]["scales"])
    return [f"results/evaluate/{name}/x{scale}_{test}.json" for scale in scales for test in sets]


def counts(name: str) -> str:
    """Return the file of a model's Params and Mult-Adds."""
    return f"results/counts/{name}.json"


def table_counts(table: Table) -> str:
    """Return the file of counts that a table of operations or of reference counts is made from."""
    return f"results/counts/{table.kind}_{table.method}.json"


def reference_counts(method: str) -> str:
    """Return the file of a method's counts at the paper's sizes."""
    return f"results/counts/reference_{method}.json"


def with_reference(methods: Iterable[str]) -> list[str]:
    """Return those ``methods`` whose paper prints sizes to hold ours against."""
    return [method for method in methods if method in PAPERS]


def of_table(table: Table, models: Models, sets: Iterable[str]) -> dict[str, list[str]]:
    """Return a table's files by the option of the verb that takes them; what the run lacks is left out."""
    mine = [name for name in table.models if name in models]
    own = {name: [scale for scale in table.scales if scale in models[name]["scales"]] for name in mine}
    own = {BICUBIC: list(table.scales), **own}
    found = {
        "metrics": [file for name, scales in own.items() if scales for file in metrics(models, sets, name, scales)],
        "complexity": [counts(name) for name in mine],
        "records": [f"results/records/search/{name}.json" for name in mine if name in searched(models)],
        "counts": [table_counts(table)],
    }
    return {key: found[key] for key in table.inputs}
