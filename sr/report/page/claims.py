"""Claims of the papers and whether they reproduce, one line each: the first screen of the page.

A claim is a printed number of the paper's own network, or that one of two networks is better. It is compared with the
authors' released weights or a count at the paper's sizes, and with this run.
"""

import math
from functools import cache
from typing import Any

import pandas as pd

from sr.core import config
from sr.core.config import Params
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods.papers import PAPERS
from sr.methods.published import SETS, rows_of
from sr.methods.spec import Paper
from sr.report.page import rankings
from sr.report.page.findings import (
    DIFFERS,
    MATCH,
    OPEN,
    Claim,
    Finding,
    budget_note,
    measured_row,
    missing,
    no_scale,
)
from sr.report.run.reader import FinishedRun
from sr.report.tables.footnotes import PAPER_PRESET
from sr.report.tables.table import DASH, number

# By metric, in its unit: two trainings of one network from different seeds differ by as much. A metric without an entry
# is shown and not judged.
TOLERANCE = {"psnr": 0.05, "ssim": 0.001}
# In % of the printed number: papers print whole thousands, and counters of Mult-Adds differ.
SIZE_TOLERANCE = {"params_k": 1.0, "mult_adds_g": 2.0}
SIZES = {"params_k": ("Params", "K", "params", 1e3), "mult_adds_g": ("Mult-Adds", "G", "mult_adds", 1e9)}
COUNTING = "Conv2d, 1280×720"


def of_run(run: FinishedRun) -> list[Claim]:
    """Return all claims of the run's papers in reading order."""
    claims = []
    for paper in (PAPERS[method] for method in run.params.methods if method in PAPERS):
        main = next(table for table in paper.tables if table.main)
        rows = rows_of(run.published, paper.name, main.number)
        for row in rows[rows["method"] == paper.name].to_dict("records"):
            claims += [_size(run, paper, row, metric) for metric in SIZES]
            claims += [_quality(run, paper, row, key) for key in SETS]
        claims += [claim for table in paper.tables for claim in rankings.of_table(run, paper, table)]
    return claims


def _size(run: FinishedRun, paper: Paper, row: dict[str, Any], metric: str) -> Claim:
    """Compare Params or Mult-Adds at one scale."""
    name, unit, key, factor = SIZES[metric]
    printed, scale = row[metric], row["scale"]

    def compare(count: int | None, note: str, judged: bool = True) -> Finding:
        if count is None:
            return missing(note)
        value = count / factor
        text = f"{number(value, 1)} {unit}"
        if pd.isna(printed) or not judged:
            return Finding(text, "", OPEN, note)
        # Judged as it is shown, as quality is.
        percent = round(100 * (value - printed) / printed, 1)
        state = MATCH if abs(percent) <= SIZE_TOLERANCE[metric] else DIFFERS
        return Finding(text, f"{number(percent, 1, signed=True)} %", state, note)

    counts = run.counts.get(paper.method, {}).get((paper.method, scale))
    counted = getattr(counts, key) if counts else None
    checked = compare(counted, "counted at the paper's size" if counted else "not counted in this run")
    rows = run.complexity[(run.complexity["model"] == paper.method) & (run.complexity["scale"] == scale)]
    other_size = _other_size(run, paper)
    note = other_size or "the searched network of this run"
    absent = no_scale(run, paper, scale) or "not counted in this run"
    measured = compare(int(rows[key].iloc[0]), note, not other_size) if len(rows) else missing(absent)
    text = DASH if pd.isna(printed) else f"{number(printed, 0 if metric == 'params_k' else 1)} {unit}"
    return Claim(paper.name, scale, name, text, checked, measured, COUNTING)


def _other_size(run: FinishedRun, paper: Paper) -> str:
    """Return which keys make this run's network a different size from the paper's; empty if the size is the same."""
    theirs = _paper_preset().model(paper.method).network.model_dump()
    ours = run.params.model(paper.method).network.model_dump()
    changed = [f"{key} {ours[key]} instead of {theirs[key]}" for key in theirs if ours[key] != theirs[key]]
    sizes = [text for text in changed if not text.startswith("pixel_range")]
    return f"different size: {', '.join(sizes)}" if sizes else ""


@cache
def _paper_preset() -> Params:
    return config.load(config.PRESETS / f"{PAPER_PRESET}.yaml")


def tolerances() -> str:
    """Return how far a measured number may lie from the printed one to match, in words."""
    parts = []
    for name, tolerance in TOLERANCE.items():
        metric = METRICS[name]
        parts.append(f"{tolerance} {metric.unit} {metric.title}" if metric.unit else f"{tolerance} {metric.title}")
    parts += [f"{percent:g} % of the {SIZES[key][0]}" for key, percent in SIZE_TOLERANCE.items()]
    return f"{', '.join(parts[:-1])} or {parts[-1]}"


def _quality(run: FinishedRun, paper: Paper, row: dict[str, Any], key: str) -> Claim:
    """Compare the printed metrics on one test set at one scale."""
    scale, test_set = row["scale"], SETS[key]
    printed = {metric: row[column] for metric in METRICS if (column := f"{key}_{metric}") in row}
    released = measured_row(run, config.release_name(paper.method), scale, test_set)
    ours = measured_row(run, paper.method, scale, test_set)
    if released is None:
        no_weights = f"no authors' weights for ×{scale} in data.releases"
        checked = missing(no_weights if paper.released else paper.unreleased)
    else:
        checked = _compare(released, printed, "authors' released weights")
    if ours is None:
        tested = test_set in run.params.data.test
        untested = f"{test_set} was not measured" if tested else f"{test_set} is not in data.test"
        measured = missing(no_scale(run, paper, scale) or untested)
    else:
        measured = _compare(ours, printed, budget_note(run))
    used = released if released is not None else ours
    protocol = f"Y, crop {used['crop_border']} px" if used is not None else "not measured"
    names = " / ".join(METRICS[metric].title for metric in printed)
    text = " / ".join(number(value, METRICS[metric].digits) for metric, value in printed.items())
    return Claim(paper.name, scale, f"{test_set} {names}", text, checked, measured, protocol)


def _compare(measured: dict[str, Any], printed: dict[str, float], note: str) -> Finding:
    text = " / ".join(number(measured[metric], METRICS[metric].digits) for metric in printed)
    if pd.isna(printed[PRIMARY]):
        return Finding(text, "", OPEN, note)
    differences, near = [], []
    for name, value in printed.items():
        metric = METRICS[name]
        # Rounded before judging, because printed numbers are.
        difference = 0.0 if pd.isna(value) else round(measured[name] - value, metric.digits)
        unit = f" {metric.unit}" if metric.unit else ""
        differences.append(f"{number(difference, metric.digits, signed=True)}{unit}")
        near.append(abs(difference) <= TOLERANCE.get(name, math.inf))
    return Finding(text, " / ".join(differences), MATCH if all(near) else DIFFERS, note)
