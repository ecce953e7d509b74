"""The papers whose tables and figures are reproduced, and what each table needs.

Needs nothing but the standard library: Snakemake's rules and the command line ask here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sr.core.errors import UserError
from sr.core.seeds import is_repeat
from sr.methods.dlsr.tables import DLSR
from sr.methods.mran.tables import MRAN
from sr.methods.spec import Panel, Paper, Table

Models = Mapping[str, Mapping[str, Any]]
PAPERS = {paper.method: paper for paper in (DLSR, MRAN)}


def find(method: str) -> Paper:
    """Return the paper of ``method``; raise UserError if none is known."""
    if method not in PAPERS:
        raise UserError(f"method {method!r}: no table of a paper is known for it. Choose from: {', '.join(PAPERS)}")
    return PAPERS[method]


def with_variants(table: Table, models: Models) -> Table:
    """Return ``table`` with the models of this run that only the run can name.

    ``models`` is what ``sr.core.config.models`` returns. A main table has a row for each variant that a user adds; a
    table
    of seeds (one with ``spread``) has a row for each further search, at the scales that those were retrained for.
    """
    own = {name: model for name, model in models.items() if model["method"] == table.method}
    if table.spread:
        repeats = [name for name in own if is_repeat(name, table.method)]
        rows = {f"search {number}": name for number, name in enumerate(repeats, len(table.own) + 1)}
        scales = tuple(sorted(own[repeats[0]]["scales"])) if repeats else table.scales
        return replace(table, own=table.own | rows, scales=scales)
    known = {model for other in tables().values() for model in other.models}
    more = {name: name for name in own if name not in known and not is_repeat(name, table.method)}
    return replace(table, own=table.own | more) if table.main else table


def of_run(methods: Iterable[str], models: Models) -> dict[str, Table]:
    """Return the tables that a run makes, by name.

    An ablation's table is left out if the run has none of its variants, and one of seeds if it has a single search.
    """
    found = {name: with_variants(table, models) for name, table in tables(methods).items()}
    return {
        name: table
        for name, table in found.items()
        if table.main or (len(table.own) > 1 if table.spread else not table.variants or table.variants & set(models))
    }


def tables(methods: Iterable[str] = tuple(PAPERS)) -> dict[str, Table]:
    """Return the tables of those ``methods`` that have any, by name.

    Their ``models``, ``scales``, ``inputs`` and ``published`` say what each needs. A model or scale that a run
    lacks may be left out: its row then says so.
    """
    return {table.name: table for method in methods if method in PAPERS for table in PAPERS[method].tables}


def panels(methods: Iterable[str] = tuple(PAPERS)) -> dict[str, Panel]:
    """Return the visual comparisons of ``methods`` by name."""
    return {panel.name: panel for method in methods if method in PAPERS for panel in PAPERS[method].panels}


def table(name: str) -> Table:
    """Return one table; raise UserError if there is none of that name."""
    known = tables()
    if name not in known:
        raise UserError(f"table {name!r}: unknown. Choose from: {', '.join(known)}")
    return known[name]
