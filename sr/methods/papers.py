"""Papers whose tables and figures are reproduced: ``PAPER`` in the ``tables.py`` of each method that has one.

A method without a paper gets one table of our own, so that its results are shown too. Needs nothing but the standard
library, because Snakemake's rules and the command line ask here.
"""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from sr.core import repeats
from sr.core.errors import UserError
from sr.core.method_folders import method_module, method_names
from sr.methods.spec import TIMINGS, PanelSpec, Paper, TableSpec

if TYPE_CHECKING:
    from sr.core.config import Model
    from sr.core.peer_sections import Peer

Models: TypeAlias = Mapping[str, "Model"]
OtherNetworks: TypeAlias = Mapping[str, "Peer"]
METHODS = tuple(method_names())
# Only methods with a paper of their own.
PAPERS: dict[str, Paper] = {
    method: importlib.import_module(module).PAPER for method in METHODS if (module := method_module(method, "tables"))
}


def find(method: str) -> Paper:
    """Return the paper of ``method``, or the description of a method without one; raise UserError if unknown."""
    if method not in METHODS:
        raise UserError(f"unknown method {method!r}. Choose from: {', '.join(METHODS)}")
    return PAPERS.get(method) or _without_paper(method)


def with_variants(table: TableSpec, models: Models, peers: OtherNetworks) -> TableSpec:
    """Return ``table`` with the models, scales and networks of others that only a run determines.

    A main table has a row for each variant that a user adds, and for each of ``peers``; a table of seeds (one with
    ``spread``) has a row for each further search, at the scales that those were retrained for. In every other table the
    row of a model that the run repeats is the mean over its seeds; the method's own model in its main table is the one
    that the paper has, too.
    """
    of_method = {name: model for name, model in models.items() if model.method == table.method}
    if table.spread:
        return _with_seeds(table, of_method)
    known = {model for other in tables().values() for model in other.own.values()}
    if table.main and of_method:
        added = {name: name for name in of_method if name not in known and not repeats.is_repeat(name)}
        scales = table.scales or tuple(sorted({scale for model in of_method.values() for scale in model.scales}))
        table = replace(table, own=table.own | added, scales=scales, peers=peers)
    single = table.method if table.main else None
    groups = {name: tuple(repeats.of(of_method, name)) for name in table.own.values() if name != single}
    return replace(table, repeats={name: group for name, group in groups.items() if len(group) > 1})


def of_run(methods: Iterable[str], models: Models, peers: OtherNetworks) -> dict[str, TableSpec]:
    """Return the tables that a run makes, by name.

    An ablation's table is left out if the run has none of its variants, and one of seeds if it has a single search.
    """
    completed = {name: with_variants(table, models, peers) for name, table in tables(methods).items()}
    return {name: table for name, table in completed.items() if _is_made(table, models)}


def tables(methods: Iterable[str] | None = None) -> dict[str, TableSpec]:
    """Return the tables of ``methods`` (default: all) by name.

    Their ``models``, ``scales``, ``inputs`` and ``published`` say what each needs. A model or scale that a run
    lacks may be left out: its row then says so.
    """
    return {table.name: table for method in (METHODS if methods is None else methods) for table in find(method).tables}


def panels(methods: Iterable[str] | None = None) -> dict[str, PanelSpec]:
    """Return the visual comparisons of ``methods`` (default: all) by name."""
    return {panel.name: panel for method in (METHODS if methods is None else methods) for panel in find(method).panels}


def table(name: str) -> TableSpec:
    """Return one table; raise UserError if there is none of that name."""
    known = {**tables(), TIMINGS.name: TIMINGS}
    if name not in known:
        raise UserError(f"table {name!r}: unknown. Choose from: {', '.join(known)}")
    return known[name]


def _without_paper(method: str) -> Paper:
    """Return a description with one table of our own, at the scales of the run."""
    name = method.upper()
    comparison = TableSpec(
        method=method,
        name=f"{method}_comparison",
        title="size and quality of its models in this run",
        own={name: method},
        main=True,
    )
    citation = f"{name}, a method without a paper"
    return Paper(method=method, name=name, citation=citation, tables=(comparison,), unreleased="there is no paper")


def _with_seeds(table: TableSpec, models: Models) -> TableSpec:
    further = [name for name in models if repeats.is_repeat(name, table.method, [repeats.SEARCH])]
    rows = {f"search {number}": name for number, name in enumerate(further, len(table.own) + 1)}
    scales = tuple(sorted(models[further[0]].scales)) if further else table.scales
    return replace(table, own=table.own | rows, scales=scales)


def _is_made(table: TableSpec, models: Models) -> bool:
    if table.main:
        return True
    if table.spread:
        return len(table.own) > 1
    return not table.variants or bool(table.variants & set(models))
