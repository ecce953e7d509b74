"""Claims on Params and Mult-Adds: the paper's network counted, and the network that this run found."""

from typing import Any

import pandas as pd

from sr.methods.spec import Paper
from sr.report.claims import measurements
from sr.report.claims.formats import Claim, Grade, Judgement
from sr.report.run import budget, paths
from sr.report.run.reader import FinishedRun
from sr.report.tables.table import DASH, number

SIZES = {"params_k": ("Params", "K", "params", 1e3), "mult_adds_g": ("Mult-Adds", "G", "mult_adds", 1e9)}
DIGITS = {"params_k": 0, "mult_adds_g": 1}
COUNTERS = {"thop": "thop's rule", "conv2d": "Conv2d weights"}


def of_row(run: FinishedRun, paper: Paper, table: str, row: dict[str, Any], metric: str) -> Claim:
    """Return the claim on one printed size."""
    name, unit, _, _ = SIZES[metric]
    printed = row[metric]
    grades: dict[Grade, Judgement] = {"B": _counted(run, paper, table, row, metric)}
    if row["method"] == paper.name:
        grades |= _searched(run, paper, row["scale"], metric)
    rule = f", {COUNTERS[paper.counter]}" if metric == "mult_adds_g" else ""
    return Claim(
        id=f"{paper.method}-table{table}-{row['method'].lower()}-x{row['scale']}-{metric}",
        paper=paper.name,
        source=f"Table {table}",
        kind="size",
        quantity=f"{row['method']} ×{row['scale']} {name}",
        scale=row["scale"],
        printed=DASH if pd.isna(printed) else f"{number(printed, DIGITS[metric])} {unit}",
        protocol=f"1280×720{rule}",
        grades=grades,
    )


def holds(value: float, printed: float, metric: str) -> bool:
    """Return whether a count gives the printed digits; thousands of parameters are also printed cut off."""
    digits = DIGITS[metric]
    return round(value, digits) == printed or (metric == "params_k" and int(value) == printed)


def _counted(run: FinishedRun, paper: Paper, table: str, row: dict[str, Any], metric: str) -> Judgement:
    """Judge the count of the network behind the row: by `make verify`, else by the run's reference counts."""
    _, unit, key, factor = SIZES[metric]
    fitted, files, note = paper.fitted, [paths.reference_counts(paper.method)], "counted at the paper's size"
    counts: Any = run.counts.get(paper.method, {}).get((paper.method, row["scale"]))
    if row["method"] != paper.name:
        counts = None
    checked = measurements.counted(run, paper.name, table, row["method"], row["scale"])
    if checked:
        counts, files = checked, [f"{measurements.FOLDER}/counts.json"]
        fitted, note = checked.basis == "fitted", f"{note}; {checked.basis} genotype"
        if checked.basis == "identified":
            return _judged(counts, row[metric], metric, "fitted", f"{note}: chosen by its counts", files)
    if counts is None:
        return Judgement(state="open", note="not counted in this run")
    if metric == "mult_adds_g" and paper.counter == "thop":
        if counts.mult_adds_thop is None:
            text = f"{number(counts.mult_adds / factor, 1)} {unit}"
            return Judgement(state="open", measured=text, note="not counted by thop's rule, as the paper did")
        counts = {key: counts.mult_adds_thop}
    if fitted:
        return _judged(counts, row[metric], metric, "fitted", "the network was fitted to the printed sizes", files)
    return _judged(counts, row[metric], metric, "", note, files)


def _judged(counts: Any, printed: float, metric: str, state: str, note: str, files: list[str]) -> Judgement:
    _, unit, key, factor = SIZES[metric]
    value = (counts[key] if isinstance(counts, dict) else getattr(counts, key)) / factor
    text = f"{number(value, 1)} {unit}"
    if pd.isna(printed):
        return Judgement(state="open", measured=text, note="the printed number is not available", files=files)
    difference = f"{number(100 * (value - printed) / printed, 1, signed=True)} %"
    judged: Any = state or ("holds" if holds(value, printed, metric) else "differs")
    return Judgement(state=judged, measured=text, difference=difference, note=note, files=files)


def _searched(run: FinishedRun, paper: Paper, scale: int, metric: str) -> dict[Grade, Judgement]:
    """Show the size of the network that this run searched: a result of the search, for which no margin is stated."""
    _, unit, key, factor = SIZES[metric]
    rows = run.complexity[(run.complexity["model"] == paper.method) & (run.complexity["scale"] == scale)]
    if rows.empty:
        return {"D": Judgement(state="open", note=f"×{scale} was not counted in this run")}
    text = f"{number(int(rows[key].iloc[0]) / factor, 1)} {unit}"
    trained = budget.of_model(run.params, paper.method, scale)
    note = f"the network of this run; {trained.note}"
    grade: Grade = "C" if trained.full else "D"
    return {grade: Judgement(state="measured", measured=text, note=note, files=[paths.counts(paper.method)])}
