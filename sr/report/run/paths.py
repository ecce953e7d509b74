"""Paths of a run's results, and the files that each table is made from, for Snakemake's rules and the page alike.

Paths are relative to the run's folder. Needs only the standard library.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sr.core.names import BICUBIC
from sr.methods.papers import PAPERS, Models
from sr.methods.spec import TableSpec

if TYPE_CHECKING:
    from sr.core.config import Model


def scales_of(models: Models) -> list[int]:
    """Return the scales that some model has, and 2, at which every search runs."""
    return sorted({2, *(scale for model in models.values() for scale in model.scales)})


def searched(models: Models) -> set[str]:
    """Return the models whose genotype is the result of their own search."""
    return {name for name, model in models.items() if model.searches}


def selection_sets(models: Iterable["Model"]) -> list[str]:
    """Return the test sets on which models select their weights; mostly none."""
    return [name for model in models if (name := model.retrain.selection_set)]


def metrics(models: Models, sets: Iterable[str], name: str, scales: Iterable[int] | None = None) -> list[str]:
    """Return the metrics files of a model, or of bicubic, on the test ``sets``, at ``scales`` or all its scales."""
    scales = scales or (scales_of(models) if name == BICUBIC else models[name].scales)
    return [f"results/evaluate/{name}/x{scale}_{test}.json" for scale in scales for test in sets]


def counts(name: str) -> str:
    """Return the file of a model's Params and Mult-Adds."""
    return f"results/counts/{name}.json"


def table_counts(spec: TableSpec) -> str:
    """Return the file of counts that a table of operations or of reference counts is made from."""
    return f"results/counts/{spec.kind}_{spec.method}.json"


def reference_counts(method: str) -> str:
    """Return the file of a method's counts at the paper's sizes."""
    return f"results/counts/reference_{method}.json"


def with_reference(methods: Iterable[str]) -> list[str]:
    """Return those ``methods`` whose paper prints sizes to compare with."""
    return [method for method in methods if method in PAPERS]


def of_timings(networks: Iterable[tuple[str, int]], counted: Iterable[str], test_set: str) -> dict[str, list[str]]:
    """Return the input files of the table of times: of ``networks`` (name, scale), and the counts of ``counted``."""
    return {
        "metrics": [f"results/evaluate/{name}/x{scale}_{test_set}.json" for name, scale in networks],
        "complexity": [counts(name) for name in counted],
        "latency": ["results/latency.json"],
    }


def of_table(spec: TableSpec, models: Models, sets: Iterable[str]) -> dict[str, list[str]]:
    """Return a table's input files by the verb's option for them, without files that the run does not make."""
    present = [name for name in spec.models if name in models]
    of_model = {name: models[name].scales for name in present}
    of_model |= {name: [*peer.files] for name, peer in spec.peers.items()}
    scales = {BICUBIC: list(spec.scales)}
    scales |= {name: [scale for scale in spec.scales if scale in available] for name, available in of_model.items()}
    files = {
        "metrics": [file for name in scales if scales[name] for file in metrics(models, sets, name, scales[name])],
        "complexity": [counts(name) for name in of_model],
        "records": [f"results/records/search/{name}.json" for name in present if name in searched(models)],
        "counts": [table_counts(spec)],
    }
    return {key: files[key] for key in spec.inputs}
