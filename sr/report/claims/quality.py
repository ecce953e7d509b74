"""Claims on PSNR and SSIM of a printed row: the authors' weights measured again, and this run's networks."""

from typing import Any

import numpy as np
import pandas as pd

from sr.core import config, repeats
from sr.evaluate.metrics import METRICS, PRIMARY, Values
from sr.methods.published import SETS, rows_of
from sr.methods.spec import Paper
from sr.report.claims import inference, measurements
from sr.report.claims.formats import Claim, Grade, Judgement
from sr.report.claims.margins import margin
from sr.report.claims.measurements import Measured
from sr.report.run import budget
from sr.report.run.reader import FinishedRun
from sr.report.tables.table import number

HALF_DIGIT = {key: 0.5 * 10.0**-metric.digits for key, metric in METRICS.items()}


def of_row(run: FinishedRun, paper: Paper, table: str, row: dict[str, Any], key: str) -> Claim:
    """Return the claim on one printed row on one test set, ``key`` of SETS."""
    scale, test_set = row["scale"], SETS[key]
    printed = {metric: row[column] for metric in METRICS if (column := f"{key}_{metric}") in row}
    crop = measurements.crop_of(paper, scale)
    grades: dict[Grade, Judgement] = {"B": _released(run, paper, table, row, test_set, printed)}
    if row["method"] == paper.name:
        grades |= _trained(run, paper, scale, test_set, printed)
    titles = " / ".join(METRICS[metric].title for metric in printed)
    return Claim(
        id=f"{paper.method}-table{table}-{row['method'].lower()}-x{scale}-{key}",
        paper=paper.name,
        source=f"Table {table}",
        kind="quality",
        quantity=f"{row['method']} ×{scale} {test_set} {titles}",
        scale=scale,
        test_set=test_set,
        printed=" / ".join(number(value, METRICS[metric].digits) for metric, value in printed.items()),
        protocol=f"Y, crop {crop} px",
        grades=grades,
    )


def same_digits(values: Values, printed: dict[str, float]) -> bool:
    """Return whether every printed metric is met to its last printed digit."""
    pairs = [(values[key], value, METRICS[key].digits) for key, value in printed.items() if pd.notna(value)]
    return all(ours is not None and round(round(ours, digits) - value, digits) == 0 for ours, value, digits in pairs)


def differences(values: Values, printed: dict[str, float]) -> str:
    """Return measured minus printed, rounded as printed, in words."""
    parts = []
    for key, value in printed.items():
        metric, ours = METRICS[key], values[key]
        if ours is not None and pd.notna(value):
            unit = f" {metric.unit}" if metric.unit else ""
            parts.append(f"{number(round(ours, metric.digits) - value, metric.digits, signed=True)}{unit}")
    return " / ".join(parts)


def _released(
    run: FinishedRun, paper: Paper, table: str, row: dict[str, Any], test_set: str, printed: dict[str, float]
) -> Judgement:
    """Judge the authors' weights at the printed digit, at the crop of the row's protocol only."""
    for measured, crop in _artefacts(run, paper, table, row, test_set):
        values = measured.at(crop)
        if values is None:
            return Judgement(
                state="open",
                measured=measured.crops(),
                note=f"the paper's crop of {crop} px was not measured",
                files=[measured.file],
            )
        if pd.isna(printed[PRIMARY]):
            note, state = "the printed number is not available", "open"
        else:
            note, state = "authors' released weights", "holds" if same_digits(values, printed) else "differs"
        return Judgement.model_validate(
            {
                "state": state,
                "measured": measurements.shown(values),
                "difference": differences(values, printed),
                "note": f"{note}; {measured.crops()}",
                "files": [measured.file],
            }
        )
    return Judgement(state="open", note=paper.unreleased or f"no authors' weights for ×{row['scale']} on {test_set}")


def _artefacts(
    run: FinishedRun, paper: Paper, table: str, row: dict[str, Any], test_set: str
) -> list[tuple[Measured, int]]:
    """Return what is known of the row's weights: from `make verify`, and of the run's own evaluation, with the crop."""
    key = (paper.name, table, row["method"], row["scale"])
    file = f"{measurements.FOLDER}/released.json"
    artefacts = [
        (Measured(metrics, file), checkpoint.crop_border)
        for checkpoint in measurements.checkpoints(run)
        if (checkpoint.row.paper, checkpoint.row.table, checkpoint.row.method, checkpoint.row.scale) == key
        for metrics in checkpoint.metrics
        if metrics.test_set == test_set
    ]
    if row["method"] == paper.name:
        evaluated = measurements.measured(run, config.release_name(paper.method), row["scale"], test_set)
        artefacts += [(evaluated, measurements.crop_of(paper, row["scale"]))] if evaluated else []
    return artefacts


def _trained(
    run: FinishedRun, paper: Paper, scale: int, test_set: str, printed: dict[str, float]
) -> dict[Grade, Judgement]:
    """Judge this run's networks: with the paper's budget by seeds (C), else show the number only (D)."""
    ours = measurements.measured(run, paper.method, scale, test_set)
    if ours is None:
        reason = f"{test_set} is not in data.test" if test_set not in run.params.data.test else "not measured"
        missing = scale not in run.models[paper.method].scales
        return {"D": Judgement(state="open", note=f"×{scale} is not in this run" if missing else reason)}
    crop, trained = measurements.crop_of(paper, scale), budget.of_model(run.params, paper.method, scale)
    values = ours.at(crop)
    text = measurements.shown(values) if values else ours.crops()
    away = differences(values, printed) if values else ""
    protocol = ours.crops() if values else f"the paper's crop of {crop} px was not measured"
    note = f"{trained.note}; {protocol}"
    if not trained.full:
        return {"D": Judgement(state="measured", measured=text, difference=away, note=note, files=[ours.file])}
    if values is None:
        return {"C": Judgement(state="open", measured=text, note=note, files=[ours.file])}
    return {"C": _by_seeds(run, paper, scale, test_set, printed)}


def _by_seeds(run: FinishedRun, paper: Paper, scale: int, test_set: str, printed: dict[str, float]) -> Judgement:
    """Judge the mean over seeds by prediction interval and equivalence test, metric by metric."""
    names = repeats.of(run.models, paper.method)
    full = [name for name in names if budget.of_model(run.params, name, scale).full]
    seeds = [each for name in full if (each := measurements.measured(run, name, scale, test_set))]
    crop = measurements.crop_of(paper, scale)
    rows = [values for each in seeds if (values := each.at(crop)) and None not in values.values()]
    files = [each.file for each in seeds]
    means: Values = {key: float(np.mean([values[key] for values in rows])) for key in METRICS} if rows else {}
    text: dict[str, Any] = {"files": files}
    if rows:
        text |= {"measured": measurements.shown(means), "difference": differences(means, printed)}
    if pd.isna(printed[PRIMARY]):
        return Judgement(state="open", note="the printed number is not available", **text)
    if len(rows) < inference.MIN_SEEDS:
        return Judgement(state="open", note=f"{len(rows)} of at least {inference.MIN_SEEDS} seeds", **text)
    columns = {key: np.array([values[key] for values in rows], dtype=float) for key in printed}
    state, note = judged(columns, printed, _repeats(run, paper, scale, test_set), _margin(paper))
    return Judgement.model_validate({"state": state, "note": f"{len(rows)} seeds: {note}", **text})


def judged(
    columns: dict[str, np.ndarray], printed: dict[str, float], others: dict[str, np.ndarray], margin_db: float | None
) -> tuple[str, str]:
    """Return state and reason for the seeds' values by metric, with the paper's own seeds ``others``.

    It differs if a printed metric is outside the prediction interval of the seeds; it holds if none is and the primary
    metric's mean is shown to be equivalent; else it is open.
    """
    outside, same = [], False
    for key, values in columns.items():
        if pd.notna(printed[key]):
            spread = inference.spread(values, [others[key]] if key in others else [])
            if not inference.predicted(values, printed[key], spread, HALF_DIGIT[key]):
                outside.append(METRICS[key].title)
            if key == PRIMARY and margin_db is not None:
                same = bool(inference.equivalent(values, printed[key], spread, margin_db))
    if outside:
        return "differs", f"{' and '.join(outside)} outside the 95 % prediction interval"
    if same:
        return "holds", f"inside the 95 % prediction interval and equivalent within {margin_db} dB"
    return "open", "inside the 95 % prediction interval, but too few or too variable seeds to show equivalence"


def _repeats(run: FinishedRun, paper: Paper, scale: int, test_set: str) -> dict[str, np.ndarray]:
    """Return the values of the paper's own searches from several seeds, by metric, if it prints them."""
    tables = [table for table in paper.tables if table.spread and table.number and scale in table.scales]
    column = next(key for key, name in SETS.items() if name == test_set)
    values: dict[str, np.ndarray] = {}
    for table in tables:
        rows = rows_of(run.published, paper.name, table.number)
        for metric in METRICS:
            known = rows[rows["scale"] == scale][f"{column}_{metric}"].dropna().to_numpy(dtype=float)
            values |= {metric: known} if len(known) > 1 else {}
    return values


def _margin(paper: Paper) -> float | None:
    stated = margin(paper.method)
    return stated.margin_db if stated else None
