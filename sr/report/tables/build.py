"""Builders of the papers' tables, with this run's numbers, from the files that each kind of table needs."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sr.core import config
from sr.core.config import Params
from sr.core.errors import UserError
from sr.core.files import write_text
from sr.core.formats import load, write
from sr.evaluate.latency_formats import Latency
from sr.methods import papers, published
from sr.methods.spec import Paper, TableSpec
from sr.report.run import results
from sr.report.run.results import BICUBIC
from sr.report.tables import comparison, count_tables, footnotes, lines, render, search_cost, timings
from sr.report.tables.count_tables import CountRow, Digits
from sr.report.tables.table import Note, Table

Source = str | os.PathLike
Inputs = Mapping[str, Sequence[Source] | None]
Files = Mapping[str, Sequence[Source]]


class Built(NamedTuple):
    """A finished table, and its numbers as the tidy frame of the CSV."""

    table: Table
    numbers: pd.DataFrame


def write_table(name: str, params: Source, printed: Source | None, inputs: Inputs, out: Source) -> list[Path]:
    """Write table ``name`` to ``out``.json, .csv, .md, .tex and .html; return the five paths.

    ``printed`` is the file that ``TableSpec.published`` names, None if it names none. ``inputs`` has the files of each
    key of ``TableSpec.inputs``, an empty list if the run has none of the kind, and None for every other key.
    """
    chosen = config.load(params)
    spec = papers.with_variants(papers.table(name), chosen.models, chosen.data.peers)
    built = build(spec, chosen, printed, inputs)
    paths = [Path(f"{out}.json")]
    write(paths[0], built.table)
    for suffix, text in texts(built).items():
        paths.append(Path(f"{out}{suffix}"))
        write_text(paths[-1], text)
    return paths


def texts(built: Built) -> dict[str, str]:
    """Return a table as CSV, Markdown, LaTeX and HTML by file suffix."""
    csv = built.numbers.to_csv(index=False, float_format="%.10g", lineterminator="\n")
    return {".csv": csv, **render.pages(built.table)}


def build(spec: TableSpec, params: Params, printed: Source | None, inputs: Inputs) -> Built:
    """Return the finished table; raise UserError for an input that is missing or not used."""
    files = _files(spec, inputs)
    if not spec.published:
        if printed is not None:
            raise UserError(f"{spec.name}: --published is not used here. Leave it out: it shows no printed numbers")
        return _timings(params, files)
    if printed is None:
        raise UserError(f"{spec.name}: --published is missing. Give {spec.published}")
    builders = {
        "comparison": _comparison,
        "operations": _operations,
        "reference": _reference,
        "costs": _search_cost,
    }
    return builders[spec.kind](spec, papers.find(spec.method), params, printed, files)


def _files(spec: TableSpec, inputs: Inputs) -> Files:
    """Return the files of the table's own inputs alone."""
    needed = ", ".join(f"--{key}" for key in spec.inputs)
    for key, files in inputs.items():
        if key in spec.inputs and files is None:
            raise UserError(f"{spec.name}: --{key} is missing. Give the files, or the option alone if there are none")
        if key not in spec.inputs and files is not None:
            raise UserError(f"{spec.name}: --{key} is not used here. Leave it out: the table is made from {needed}")
    return {key: files for key, files in inputs.items() if files is not None}


def _title(spec: TableSpec, paper: Paper) -> str:
    return f"{paper.name}, Table {spec.number}: {spec.title}" if spec.number else f"{paper.name}: {spec.title}"


def _comparison(spec: TableSpec, paper: Paper, params: Params, printed: Source, files: Files) -> Built:
    numbers = published.read(printed)
    # Files of other models may be given; they are not part of this table.
    models = [BICUBIC, *spec.models, *spec.peers]
    metrics = results.read_metrics(files["metrics"])
    metrics = metrics[metrics["model"].isin(models) & metrics["scale"].isin(spec.scales)]
    complexity = results.read_complexity(files["complexity"])
    complexity = complexity[complexity["model"].isin(models) & complexity["scale"].isin(spec.scales)]
    table_lines = lines.lines(spec, paper, numbers, metrics, complexity)
    sets = comparison.test_sets(table_lines)
    table = Table(
        title=_title(spec, paper),
        citation=paper.citation,
        reading=f"Test sets: {comparison.reading(spec)}.",
        heads=comparison.HEADS,
        columns=comparison.columns(spec, sets),
        groups=comparison.groups(table_lines, spec, sets),
        notes=tuple(footnotes.of_comparison(spec, paper, params, metrics, complexity, numbers)),
    )
    return Built(table, lines.tidy(table_lines))


def _operations(spec: TableSpec, paper: Paper, params: Params, printed: Source, files: Files) -> Built:
    rows = published.rows_of(published.read_other(printed), paper.name, spec.number)
    count_rows = count_tables.operation_rows(rows, results.read_operations(*_one(files["counts"])))
    digits = {"params_k": (2, 2), "mult_adds_g": (3, 3)}
    notes = (*spec.remarks, ("Missing", footnotes.MISSING))
    return _counts(spec, paper, count_rows, digits, ("Operation", "Kernel"), notes)


def _reference(spec: TableSpec, paper: Paper, params: Params, printed: Source, files: Files) -> Built:
    counts = results.read_reference(*_one(files["counts"]))
    count_rows = count_tables.reference_rows(published.read(printed), counts, paper)
    digits = {"params_k": (0, 1), "mult_adds_g": (1, 1)}
    notes = (*count_tables.fit(count_rows), *spec.remarks, ("Missing", footnotes.MISSING))
    return _counts(spec, paper, count_rows, digits, ("Table", "Network"), notes)


def _counts(
    spec: TableSpec, paper: Paper, rows: list[CountRow], digits: Digits, heads: tuple[str, str], notes: tuple[Note, ...]
) -> Built:
    table = Table(
        title=_title(spec, paper),
        citation=paper.citation,
        reading="Δ is the count here minus the printed number, also in % of it.",
        heads=heads,
        columns=count_tables.columns(spec.columns),
        groups=count_tables.groups(rows, spec.columns, digits),
        notes=notes,
    )
    return Built(table, count_tables.tidy(rows, spec.columns))


def _search_cost(spec: TableSpec, paper: Paper, params: Params, printed: Source, files: Files) -> Built:
    rows = published.rows_of(published.read_other(printed), paper.name, spec.number)
    records = results.read_records(files["records"])
    entries = search_cost.compare(spec, rows, records)
    notes = (*footnotes.of_search(spec, paper, params), *search_cost.notes(spec, rows, records), *spec.remarks)
    table = Table(
        title=_title(spec, paper),
        citation=paper.citation,
        reading="Time of one search on ×2.",
        heads=("Scale", "Method"),
        columns=search_cost.COLUMNS,
        groups=search_cost.groups(entries),
        notes=(*notes, ("Missing", footnotes.MISSING)),
    )
    return Built(table, search_cost.tidy(entries))


def _timings(params: Params, files: Files) -> Built:
    timed = load(_one(files["latency"], "latency")[0], Latency, "Measure it again: python -m sr latency")
    metrics, complexity = results.read_metrics(files["metrics"]), results.read_complexity(files["complexity"])
    measured = timings.Results(timed, metrics, complexity)
    return Built(timings.table(measured, params), timings.tidy(measured, params))


def _one(files: Sequence[Source], verb: str = "count") -> Sequence[Source]:
    if len(files) != 1:
        option = "counts" if verb == "count" else verb
        raise UserError(f"--{option}: {len(files)} files. Give the one that the verb {verb} wrote")
    return files
