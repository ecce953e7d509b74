"""Latency and memory of a run's networks, beside their size and quality: rows and plots of the page."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from sr.core.formats import load
from sr.evaluate.latency_formats import Latency, Timing
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.plot.style import BEFORE, INK, OURS
from sr.report.claims.inference import rank_correlation
from sr.report.figures.metric_labels import axis_label
from sr.report.page.plot_style import Figures, finished
from sr.report.page.plots import LOGARITHMIC
from sr.report.run.reader import FinishedRun
from sr.report.tables.lines import own_label
from sr.report.tables.table import DASH, number

FILE = "results/latency.json"
FEWEST = 4  # networks whose order says anything
QUARTILES = {"type": "data", "symmetric": False, "thickness": 1, "color": INK}


def read(run: FinishedRun) -> Latency | None:
    """Return the run's timings, or None if it has none."""
    path = run.path(FILE)
    return load(path, Latency, "Measure it again: python -m sr latency") if path else None


def section(run: FinishedRun, timed: Latency | None) -> dict[str, Any] | None:
    """Return what the page shows: conditions, rows as text, and what the order by Mult-Adds says of that by time."""
    if timed is None:
        return None
    width, height = timed.hr_size
    return {
        "output": f"{width}×{height}",
        "device": timed.processor if timed.device == "cpu" else timed.device,
        "threads": timed.threads,
        "rounds": timed.rounds,
        "rows": [_row(run, row) for row in timed.rows],
        "orders": list(filter(None, (_order(run, timed, scale) for scale in sorted({r.scale for r in timed.rows})))),
    }


def figures(run: FinishedRun, timed: Latency | None) -> Figures:
    """Return the primary metric against latency, by "<scale>|<test set>"."""
    result: Figures = {}
    if timed is None:
        return result
    for scale in sorted({row.scale for row in timed.rows}):
        for test_set in run.params.data.test:
            points = [(row, value) for row in timed.rows if (value := _quality(run, row, scale, test_set)) is not None]
            if points:
                result[f"{scale}|{test_set}"] = _figure(run, points, test_set)
    return result


def _quality(run: FinishedRun, row: Timing, scale: int, test_set: str) -> float | None:
    frame = run.metrics
    rows = frame[(frame["model"] == row.model) & (frame["scale"] == scale) & (frame["test_set"] == test_set)]
    finite = row.scale == scale and len(rows) and np.isfinite(rows[PRIMARY].iloc[0])
    return float(rows[PRIMARY].iloc[0]) if finite else None


def _figure(run: FinishedRun, points: list[tuple[Timing, float]], test_set: str) -> dict[str, Any]:
    figure = go.Figure()
    for name, ours, colour in (("this run", True, OURS), ("re-measured", False, BEFORE)):
        part = [(row, value) for row, value in points if (row.model in run.models) == ours]
        if not part:
            continue
        rows = [row for row, _ in part]
        figure.add_scatter(
            x=[row.median for row in rows],
            y=[value for _, value in part],
            error_x=QUARTILES
            | {"array": [r.high - r.median for r in rows], "arrayminus": [r.median - r.low for r in rows]},
            mode="markers+text",
            text=[_name(run, row) for row in rows],
            textposition="top center",
            name=name,
            hovertemplate="%{text}: %{x:.1f} ms, %{y:.2f}<extra></extra>",
            marker={"size": 11, "color": colour, "line": {"color": INK, "width": 0.8}},
        )
    times = [row.median for row, _ in points]
    figure.update_layout(title=f"{METRICS[PRIMARY].title} on {test_set}, ×{points[0][0].scale}")
    figure.update_layout(yaxis_title=axis_label(PRIMARY), meta={"own": any(r.model in run.models for r, _ in points)})
    wide = max(times) > 10 * min(times)
    figure.update_xaxes(title="latency (ms)", **(LOGARITHMIC if wide else {"rangemode": "tozero"}))
    return finished(figure)


def _name(run: FinishedRun, row: Timing) -> str:
    peer = run.params.data.peers.get(row.model)
    return own_label(row.model) if row.model in run.models else peer.title(row.model) if peer else row.model


def _row(run: FinishedRun, row: Timing) -> dict[str, Any]:
    counts = _counts(run, row)
    challenge = counts.get("challenge") or {}
    test_set = run.params.data.test[0]
    quality = _quality(run, row, row.scale, test_set)
    return {
        "name": _name(run, row),
        "scale": f"×{row.scale}",
        "median": number(row.median, 1),
        "quartiles": f"{number(row.low, 1)} to {number(row.high, 1)}",
        "memory": number(row.peak_memory / 2**20, 0) if row.peak_memory is not None else DASH,
        "params": _size(counts.get("params"), 1e3, 1),
        "mult_adds": _size(counts.get("mult_adds"), 1e9, 2),
        "activations": _size(counts.get("activations"), 1e6, 1),
        "flops": _size(challenge.get("mult_adds"), 1e9, 2),
        "challenge_activations": _size(challenge.get("activations"), 1e6, 1),
        "quality": number(quality, METRICS[PRIMARY].digits),
    }


def _size(value: float | None, unit: float, digits: int) -> str:
    return DASH if value is None or pd.isna(value) else number(value / unit, digits)


def _counts(run: FinishedRun, row: Timing) -> dict[str, Any]:
    rows = run.complexity[(run.complexity["model"] == row.model) & (run.complexity["scale"] == row.scale)]
    return rows.iloc[0].to_dict() if len(rows) else {}


def _order(run: FinishedRun, timed: Latency, scale: int) -> str | None:
    """Return in words how the order by Mult-Adds agrees with the order by time at a scale."""
    pairs = [(_counts(run, row).get("mult_adds"), row.median) for row in timed.rows if row.scale == scale]
    known = [(counted, time) for counted, time in pairs if counted is not None]
    if len(known) < FEWEST:
        return None
    counted, times = (np.array(values, dtype=float) for values in zip(*known, strict=True))
    tau, low, high = rank_correlation(counted, times)
    agreement = f"{number(tau, 2)} (95 % interval {number(low, 2)} to {number(high, 2)}, {len(known)} networks)"
    return f"×{scale}: Kendall's τ between Mult-Adds and latency is {agreement}."
