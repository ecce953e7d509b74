"""Time and memory of a run's networks on the page: the table, plots, and whether Mult-Adds tell the time."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from sr.evaluate.latency_formats import Latency, Timing
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.plot.style import BEFORE, INK, OURS
from sr.report.claims.inference import rank_correlation
from sr.report.figures.metric_labels import axis_label
from sr.report.page.plot_style import Figures, finished
from sr.report.page.plots import LOGARITHMIC
from sr.report.run.reader import FinishedRun
from sr.report.tables.lines import own_label
from sr.report.tables.table import Table, number
from sr.report.tables.timings import mult_adds, name_of, quality

FEWEST = 4  # networks whose order says anything
QUARTILES = {"type": "data", "symmetric": False, "thickness": 1, "color": INK}


def section(run: FinishedRun, timed: Latency | None, table: Table | None) -> dict[str, Any] | None:
    """Return what the page shows: the finished table, and what the order by Mult-Adds says of that by time."""
    if timed is None:
        return None
    scales = sorted({row.scale for row in timed.rows})
    return {"table": table, "orders": list(filter(None, (_order(run, timed, scale) for scale in scales)))}


def figures(run: FinishedRun, timed: Latency | None) -> Figures:
    """Return the primary metric against latency, by "<scale>|<test set>"."""
    result: Figures = {}
    if timed is None:
        return result
    for scale in sorted({row.scale for row in timed.rows}):
        for test_set in run.params.data.test:
            rows = [row for row in timed.rows if row.scale == scale]
            points = [(row, value) for row in rows if (value := quality(run.metrics, row, test_set)) is not None]
            if points:
                result[f"{scale}|{test_set}"] = _figure(run, points, test_set)
    return result


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
    """Return a network's name beside its point, whose colour says where it comes from."""
    name = name_of(run.params, row.model)
    return own_label(name) if row.model in run.models else name


def _order(run: FinishedRun, timed: Latency, scale: int) -> str | None:
    """Return in words how the order by Mult-Adds agrees with the order by time at a scale."""
    pairs = [(mult_adds(run.complexity, row), row.median) for row in timed.rows if row.scale == scale]
    known = [(counted, time) for counted, time in pairs if counted is not None]
    if len(known) < FEWEST:
        return None
    counted, times = (np.array(values, dtype=float) for values in zip(*known, strict=True))
    tau, low, high = rank_correlation(counted, times)
    agreement = f"{number(tau, 2)} (95 % interval {number(low, 2)} to {number(high, 2)}, {len(known)} networks)"
    return f"×{scale}: Kendall's τ between Mult-Adds and latency is {agreement}."
