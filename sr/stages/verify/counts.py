"""Counts of the networks behind the papers' rows, by our convention and by thop's rule, beside the printed ones."""

import importlib
from collections.abc import Iterator
from typing import Any

import pandas as pd

from sr.core import config
from sr.core.config import Model, Params
from sr.core.files import SHARE
from sr.core.genotype_files import given_genotype
from sr.core.method_folders import method_module
from sr.data import releases
from sr.evaluate.network_counts import network_counts
from sr.evaluate.verify_formats import Basis, CountCheck, CountedRow, PaperRow
from sr.methods import papers, published, registry
from sr.methods.spec import Paper, Unprinted
from sr.nas.genotype import Genotype, check_genotype, read_genotype

FILE = "data/published.csv"
SLACK = 1.0  # thousands of parameters by which a row may differ from another that the text calls the same


def check(params: Params) -> CountCheck:
    """Count every row of the run's papers whose network is known, at the sizes of the preset paper."""
    frame = published.read(FILE)
    preset = config.load(config.PRESETS / "paper.yaml")
    rows = []
    for paper in (papers.PAPERS[method] for method in params.methods if method in papers.PAPERS):
        rows += [*_given(paper, preset, frame), *_released(paper, preset, frame), *_identified(paper, preset, frame)]
    return CountCheck(rows=rows, absent=[])


def _given(paper: Paper, preset: Params, frame: pd.DataFrame) -> Iterator[CountedRow]:
    """Yield the rows of models with the genotype in data/genotypes, published or fitted."""
    for table in (table for table in paper.tables if table.number and table.kind == "comparison"):
        rows = published.rows_of(frame, paper.name, table.number)
        for row in rows[rows["method"].isin(table.own)].to_dict("records"):
            model = preset.model(table.own[row["method"]])
            genotype = read_genotype(
                SHARE / given_genotype(model.name, model.method), registry.find(model.method).genotype_type
            )
            # The genotype of a variant with a search of its own is not known, unless it was identified.
            if row["scale"] in model.scales and model.genotype_of == model.method and genotype.origin:
                basis: Basis = "fitted" if genotype.origin == "fitted" else "published"
                yield _count(row, model, genotype, basis)


def _released(paper: Paper, preset: Params, frame: pd.DataFrame) -> Iterator[CountedRow]:
    """Yield the rows whose wiring only the authors' checkpoints show."""
    given = {(table.number, label) for table in paper.tables for label in table.own}
    for entry in releases.known().values():
        if entry.method == paper.method and (entry.row.table, entry.row.method) not in given:
            genotype = check_genotype(entry.genotype, registry.find(entry.method).genotype_type, "data/sources.yaml")
            row = _row(frame, paper.name, entry.row.table, entry.row.method, entry.scale)
            yield _count(row, preset.model(paper.method), genotype, "released")


def _identified(paper: Paper, preset: Params, frame: pd.DataFrame) -> Iterator[CountedRow]:
    """Yield the rows whose counts leave few cells possible; a row of several candidates counts the first."""
    main = next(table.number for table in paper.tables if table.main)
    for spec in paper.unprinted:
        row = _row(frame, paper.name, spec.table, spec.label, spec.scale)
        counts = _row(frame, paper.name, main, spec.like, spec.scale) if spec.like else row
        model = preset.model(spec.model)
        candidates = _candidates(paper, spec, model, counts)
        if candidates:
            cells = [list(candidate.model_dump()["cell"]) for candidate in candidates]
            yield _count(row, model, candidates[0], "identified", cells)


def _candidates(paper: Paper, spec: Unprinted, model: Model, counts: dict[str, Any]) -> list[Genotype]:
    module = method_module(paper.method, "identify")
    assert module is not None, f"{paper.method} has rows to identify, but no identify.py"
    slack = SLACK if spec.like else 0.0
    find = importlib.import_module(module).identify
    return find(model.network, counts["params_k"], counts["mult_adds_g"], spec.scale, slack)


def _row(frame: pd.DataFrame, paper: str, table: str, method: str, scale: int) -> dict[str, Any]:
    rows = published.rows_of(frame, paper, table)
    return rows[(rows["method"] == method) & (rows["scale"] == scale)].to_dict("records")[0]


def _count(
    row: dict[str, Any], model: Model, genotype: Genotype, basis: Basis, candidates: list[list[str]] | None = None
) -> CountedRow:
    method, scale = registry.find(model.method), row["scale"]
    counts = network_counts(lambda scale: method.network(genotype, model.network, scale), [scale])[str(scale)]
    printed = {key: None if pd.isna(row[key]) else float(row[key]) for key in ("params_k", "mult_adds_g")}
    assert counts.mult_adds_thop is not None, "counted above"
    return CountedRow(
        row=PaperRow(paper=row["paper"], table=row["table"], method=row["method"], scale=scale),
        basis=basis,
        genotype=genotype.without_evidence(),
        network=model.network.model_dump(),
        params=counts.params,
        mult_adds=counts.mult_adds,
        mult_adds_thop=counts.mult_adds_thop,
        printed_params_k=printed["params_k"],
        printed_mult_adds_g=printed["mult_adds_g"],
        candidates=candidates or [],
    )


def lines(document: CountCheck) -> list[str]:
    """Return a line for each row."""
    return [_line(row) for row in document.rows]


def _line(row: CountedRow) -> str:
    sizes = f"{row.params:,} params, {row.mult_adds / 1e9:.3f} G, {row.mult_adds_thop / 1e9:.3f} G by thop"
    printed = [
        f"{value:g} {unit}"
        for value, unit in ((row.printed_params_k, "K"), (row.printed_mult_adds_g, "G"))
        if value is not None
    ]
    cells = f", cell {' or '.join('+'.join(cell) for cell in row.candidates)}" if row.candidates else ""
    where = f"{row.row.paper} Table {row.row.table}, {row.row.method} ×{row.row.scale} ({row.basis})"
    return f"{where}: {sizes}; printed: {', '.join(printed) or 'none'}{cells}"
