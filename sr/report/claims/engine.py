"""All claims of a run's papers, each judged by every grade of evidence that applies, never by a mixture of them."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from sr.evaluate.verify_formats import PaperRow
from sr.methods.papers import PAPERS
from sr.methods.published import SETS, rows_of
from sr.methods.spec import Paper
from sr.report.claims import facts, measurements, orders, quality, sizes, small, statements, verdicts
from sr.report.claims.formats import GRADES, Claim, Claims
from sr.report.run.reader import FinishedRun
from sr.report.tables.footnotes import preset_note


def judge(run: FinishedRun) -> Claims:
    """Return results/claims.json: claims in reading order, and the verdicts by paper and grade."""
    papers = [PAPERS[method] for method in run.params.methods if method in PAPERS]
    claims = [claim for paper in papers for claim in of_paper(run, paper)]
    summaries = [verdicts.of_grade(claims, paper.name, grade) for paper in papers for grade in GRADES]
    return Claims(preset=preset_note(run.params), run=facts.of_run(run), verdicts=summaries, claims=claims)


def of_paper(run: FinishedRun, paper: Paper) -> Iterator[Claim]:
    """Yield the claims of one paper."""
    main = next(table for table in paper.tables if table.main).number
    rows = rows_of(run.published, paper.name, main)
    for row in rows[rows["method"] == paper.name].to_dict("records"):
        yield from _row(run, paper, main, row)
    yield from _other_rows(run, paper, main)
    yield from orders.of_paper(run, paper)
    yield from small.of_paper(run, paper)
    yield from statements.of_cost(run, paper)
    yield from statements.of_stability(run, paper)
    yield from statements.of_text(run, paper)


def _row(run: FinishedRun, paper: Paper, table: str, row: dict[str, Any]) -> Iterator[Claim]:
    for metric in sizes.SIZES:
        yield sizes.of_row(run, paper, table, row, metric)
    for key in SETS:
        yield quality.of_row(run, paper, table, row, key)


def _other_rows(run: FinishedRun, paper: Paper, main: str) -> Iterator[Claim]:
    """Yield the claims of rows in other tables for which the authors released weights, or whose network was counted."""
    released = {_key(checkpoint.row) for checkpoint in measurements.checkpoints(run)}
    known = [_key(row) for row in measurements.rows(run)]
    for key in dict.fromkeys(known):
        name, table, method, scale = key
        if name != paper.name or table == main:
            continue
        rows = rows_of(run.published, name, table)
        for row in rows[(rows["method"] == method) & (rows["scale"] == scale)].to_dict("records"):
            yield from (sizes.of_row(run, paper, table, row, metric) for metric in sizes.SIZES if pd.notna(row[metric]))
            if key in released:
                yield from (quality.of_row(run, paper, table, row, column) for column in SETS)


def _key(row: PaperRow) -> tuple[str, str, str, int]:
    return row.paper, row.table, row.method, row.scale
