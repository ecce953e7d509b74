"""Every table of the papers with this run beside it: which builder, which inputs, which notes."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sr.core import config
from sr.core.config import Params
from sr.core.errors import UserError
from sr.core.files import write_text
from sr.methods import papers
from sr.methods.spec import Paper, Table
from sr.report.run import published, results
from sr.report.run.results import BICUBIC
from sr.report.tables import comparison, render
from sr.report.tables import count_tables as facing
from sr.report.tables import footnotes as notes
from sr.report.tables import search_cost as costs
from sr.report.tables.table import Sheet

Source = str | os.PathLike
Inputs = Mapping[str, Sequence[Source] | None]
Given = Mapping[str, Sequence[Source]]


def write_table(name: str, params: Source, printed: Source, inputs: Inputs, out: Source) -> list[Path]:
    """Write table ``name`` to ``out``.csv, .md, .tex and .html; return the four paths.

    ``printed`` is the file that ``Table.published`` names. ``inputs`` has the files of each key of ``Table.inputs``,
    an empty list if the run has none of the kind, and None for every other key.
    """
    chosen = config.load(params)
    table = papers.with_variants(papers.table(name), config.models(chosen.raw))
    pages = render.pages(sheet(table, chosen, printed, inputs))
    paths = {suffix: Path(f"{out}{suffix}") for suffix in pages}
    for suffix, path in paths.items():
        write_text(path, pages[suffix])
    return list(paths.values())


def sheet(table: Table, params: Params, printed: Source, inputs: Inputs) -> Sheet:
    """Return the finished table; raise UserError for an input that is missing or of no use."""
    given = _given(table, inputs)
    paper = papers.find(table.method)
    build = {"comparison": _comparison, "operations": _operations, "reference": _reference, "costs": _costs}
    body = build[table.kind](table, paper, params, printed, given)
    title = f"{paper.name}, Table {table.number}: {table.title}" if table.number else f"{paper.name}: {table.title}"
    return Sheet(title=title, citation=paper.citation, **body)


def _given(table: Table, inputs: Inputs) -> Given:
    """Return the files of the table's own inputs alone."""
    needed = ", ".join(f"--{key}" for key in table.inputs)
    for key, files in inputs.items():
        if key in table.inputs and files is None:
            raise UserError(f"{table.name}: --{key} is missing. Give the files, or the option alone if there are none")
        if key not in table.inputs and files is not None:
            raise UserError(f"{table.name}: --{key} has no use here. Leave it out: the table is made from {needed}")
    return {key: files for key, files in inputs.items() if files is not None}


def _comparison(table: Table, paper: Paper, params: Params, printed: Source, given: Given) -> dict[str, Any]:
    numbers = published.read(printed)
    # Files of other models may be given; they are no part of this table.
    models = [BICUBIC, *table.models]
    metrics, complexity = results.read_metrics(given["metrics"]), results.read_complexity(given["complexity"])
    metrics = metrics[metrics["model"].isin(models) & metrics["scale"].isin(table.scales)]
    complexity = complexity[complexity["model"].isin(models) & complexity["scale"].isin(table.scales)]
    lines = comparison.lines(table, paper, numbers, metrics, complexity)
    columns, sets = comparison.columns(lines, table)
    return {
        "reading": f"Test sets: {comparison.unit(table, 'PSNR (dB)')}.",
        "heads": comparison.HEADS,
        "columns": columns,
        "groups": comparison.groups(lines, table, sets),
        "numbers": comparison.tidy(lines),
        "notes": notes.of_comparison(table, paper, params, metrics, complexity, numbers),
    }


def _operations(table: Table, paper: Paper, params: Params, printed: Source, given: Given) -> dict[str, Any]:
    rows = published.rows_of(published.read_other(printed), paper.name, table.number)
    pairs = facing.operation_pairs(rows, results.read_operations(*_one(given["counts"])))
    digits = {"params_k": (2, 2), "mult_adds_g": (3, 3)}
    return _facing(table, pairs, digits, ("Operation", "Kernel"), [*table.remarks, ("Missing", notes.MISSING)])


def _reference(table: Table, paper: Paper, params: Params, printed: Source, given: Given) -> dict[str, Any]:
    counts = results.read_calibration(*_one(given["counts"]))
    pairs = facing.calibration_pairs(published.read(printed), counts, paper)
    digits = {"params_k": (0, 1), "mult_adds_g": (1, 1)}
    said = [*facing.fit(pairs), *table.remarks, ("Missing", notes.MISSING)]
    return _facing(table, pairs, digits, ("Table", "Network"), said)


def _facing(
    table: Table, pairs: list[facing.Pair], digits: facing.Digits, heads: tuple[str, str], said: list[notes.Note]
) -> dict[str, Any]:
    return {
        "reading": "Δ is counted here minus printed, % of the printed number.",
        "heads": heads,
        "columns": facing.columns(table.columns),
        "groups": facing.groups(pairs, table.columns, digits),
        "numbers": facing.tidy(pairs, table.columns),
        "notes": said,
    }


def _costs(table: Table, paper: Paper, params: Params, printed: Source, given: Given) -> dict[str, Any]:
    rows = published.rows_of(published.read_other(printed), paper.name, table.number)
    records = results.read_records(given["records"])
    found = costs.entries(table, rows, records)
    said = [*notes.of_search(table, paper, params), *costs.notes(table, rows, records), *table.remarks]
    return {
        "reading": "Time of one search on ×2.",
        "heads": ("Scale", "Method"),
        "columns": costs.COLUMNS,
        "groups": costs.groups(found),
        "numbers": costs.tidy(found),
        "notes": [*said, ("Missing", notes.MISSING)],
    }


def _one(files: Sequence[Source]) -> Sequence[Source]:
    if len(files) != 1:
        raise UserError(f"--counts: {len(files)} files. Give the one that the counting wrote")
    return files
