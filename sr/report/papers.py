"""The papers whose tables and figures are reproduced, and what each table needs.

Needs nothing but the standard library: Snakemake's rules and the command line ask here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sr.errors import UserError
from sr.report.dlsr import DLSR
from sr.report.mran import MRAN
from sr.report.spec import Panel, Paper, Table

PAPERS = {paper.method: paper for paper in (DLSR, MRAN)}


def find(method: str) -> Paper:
    """Return the paper of ``method``; raise UserError if none is known."""
    if method not in PAPERS:
        raise UserError(f"method {method!r}: no table of a paper is known for it. Choose from: {', '.join(PAPERS)}")
    return PAPERS[method]


def with_variants(table: Table, models: Mapping[str, str]) -> Table:
    """Return ``table``; a main one also with the models of its method that stand in no table of the paper.

    ``models`` maps a run's models to their methods: a variant that a user adds gets a row of its own.
    """
    known = {model for other in tables().values() for model in other.models}
    more = {name: name for name, method in models.items() if method == table.method and name not in known}
    return replace(table, own=table.own | more) if table.main else table


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
