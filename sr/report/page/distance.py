"""Distance of the papers' networks from the best light network by year, as plotly's JSON, by scale and test set."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods.papers import PAPERS
from sr.methods.published import SETS
from sr.plot.style import SOFT
from sr.report.page.clouds import all_points
from sr.report.page.plot_style import GROUND, LINES, Figures, finished
from sr.report.run.reader import FinishedRun
from sr.report.tables.lines import remeasured_label
from sr.report.tables.table import number

LIGHT = 350  # thousands of parameters
SHADED = 0.2  # difference, in the metric's unit, that has the full colour
BEHIND, AHEAD = LINES[1], LINES[0]
METRIC = METRICS[PRIMARY]


def distances(run: FinishedRun) -> Figures:
    """Return a strip for each scale and test set on which a paper prints its own network, the papers' sets first."""
    points = all_points(run)
    points = points[points["year"].notna() & np.isfinite(points[PRIMARY].astype(float))]
    papers = [PAPERS[method].name for method in run.params.methods if method in PAPERS]
    figures = {}
    for scale, test_set in itertools.product(sorted(points["scale"].unique()), SETS.values()):
        rows = points[(points["scale"] == scale) & (points["test_set"] == test_set)]
        values = rows[rows["kind"] == "paper"].set_index("label")[PRIMARY]
        printed = {name: float(values[name]) for name in papers if name in values.index}
        best = best_by_year(rows)
        if printed and len(best):
            figures[f"{scale}|{test_set}"] = _strip(printed, best, f"{test_set}, ×{scale}")
    return figures


def best_by_year(points: pd.DataFrame) -> pd.DataFrame:
    """Return the best network of at most ``LIGHT`` K parameters that was published by each year, indexed by year."""
    light = points[points["params_k"] <= LIGHT].assign(rank=points[PRIMARY].map(METRIC.rank))
    if light.empty:
        return light
    years = range(int(light["year"].min()), int(points["year"].max()) + 1)
    rows = [light.loc[light.loc[light["year"] <= year, "rank"].idxmax()] for year in years]
    return pd.DataFrame(rows, index=pd.Index(years, name="year"))


def _strip(printed: dict[str, float], best: pd.DataFrame, where: str) -> dict[str, Any]:
    gaps = {name: [value - other for other in best[PRIMARY]] for name, value in printed.items()}
    shown = {name: [_signed(gap) for gap in row] for name, row in gaps.items()}
    figure = go.Figure(
        go.Heatmap(
            z=[[METRIC.rank(gap) for gap in row] for row in gaps.values()],
            x=_heads(best),
            y=list(gaps),
            text=list(shown.values()),
            texttemplate="%{text}",
            customdata=[[_hover(name, gap, row) for gap, row in _rows(gaps[name], best)] for name in gaps],
            hovertemplate="%{customdata}<extra></extra>",
            colorscale=[[0, BEHIND], [0.5, GROUND], [1, AHEAD]],
            zmin=-SHADED,
            zmax=SHADED,
            xgap=2,
            ygap=2,
            showscale=False,
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False, tickfont={"size": 11})
    figure.update_layout(
        title={
            "text": f"{where}: {METRIC.title} minus the best of ≤ {LIGHT} K parameters",
            "subtitle": {"text": _latest(printed, best), "font": {"size": 13, "color": SOFT}},
        }
    )
    strip = finished(figure, top=92)
    strip["layout"] |= {"height": 170 + 46 * len(gaps), "meta": {"low": True, "own": False}}
    return strip


def _rows(gaps: list[float], best: pd.DataFrame) -> list[tuple[float, dict[str, Any]]]:
    return list(zip(gaps, best.reset_index(names="by").to_dict("records"), strict=True))


def _signed(gap: float) -> str:
    return number(gap, METRIC.digits, signed=True)


def _name(label: str) -> str:
    return label.removesuffix(remeasured_label(""))


def _heads(best: pd.DataFrame) -> list[str]:
    """Return the years, each with the best network's name where that has changed."""
    changed = best["label"] != best["label"].shift()
    return [
        f"{year}<br>{_name(label) if new else ' '}"
        for year, label, new in zip(best.index, best["label"], changed, strict=True)
    ]


def _hover(name: str, gap: float, row: dict[str, Any]) -> str:
    return (
        f"<b>{name} in {row['by']}: {_signed(gap)} {METRIC.unit}</b><br>{row['label']}, "
        f"{number(row[PRIMARY], METRIC.digits)} {METRIC.unit}, {row['params_k']:,.0f} K<br>{row['source']}"
    )


def _latest(printed: dict[str, float], best: pd.DataFrame) -> str:
    """Return the last year of the strip in words."""
    last = best.iloc[-1]
    gaps = ", ".join(f"{name} {_signed(value - last[PRIMARY])} {METRIC.unit}" for name, value in printed.items())
    size = f"{number(last[PRIMARY], METRIC.digits)} {METRIC.unit}, {last['params_k']:,.0f} K"
    return f"By {best.index[-1]} the best is {last['label']} ({size})<br>{gaps}"
