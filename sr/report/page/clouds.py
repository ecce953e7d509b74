"""Interactive plots of quality against size, as plotly's JSON, by "<axis>|<scale>|<test set>"."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods.papers import PAPERS
from sr.methods.published import RECENT, SETS, completed
from sr.plot.style import INK, LINE, SOFT
from sr.report.figures.metric_labels import axis_label
from sr.report.figures.points import front, year_of
from sr.report.page.plot_style import LOOKS, Figures, finished
from sr.report.page.point_names import HEIGHT, names_beside
from sr.report.run import paths
from sr.report.run.reader import FinishedRun
from sr.report.tables.lines import own_label, remeasured_label
from sr.report.tables.table import number

AXES = {"params_k": ("Params (K)", "Mult-Adds"), "mult_adds_g": ("Mult-Adds (G)", "Params")}
NAMES = {
    "quoted": f"quoted, before {RECENT}",
    "quoted since": f"quoted, since {RECENT}",
    "remeasured": f"re-measured, before {RECENT}",
    "remeasured since": f"re-measured, since {RECENT}",
    "paper": "this paper's network, quoted",
    "run": "this run",
}
POINT = ["label", "kind", "year", "source", "scale", "test_set", "params_k", "mult_adds_g", *METRICS]


def clouds(run: FinishedRun) -> Figures:
    """Return the primary metric against Params and Mult-Adds, by "<axis>|<scale>|<test set>"; the papers' sets first.

    ``layout.meta.own`` of a figure says whether this run has a point in it.
    """
    points = all_points(run)
    figures = {}
    sets = [*SETS.values(), *sorted({*points["test_set"]} - {*SETS.values()})]
    for axis, scale, test_set in itertools.product(AXES, sorted(points["scale"].unique()), sets):
        rows = points[(points["scale"] == scale) & (points["test_set"] == test_set)]
        if (rows["kind"] != "bicubic").any():
            figures[f"{axis}|{scale}|{test_set}"] = _cloud(rows, axis, run.params.methods)
    return figures


def all_points(run: FinishedRun) -> pd.DataFrame:
    """Return one row a network, scale and test set, with the columns ``POINT``."""
    frame = pd.DataFrame([*_published(run), *_recent(run), *_own(run)], columns=POINT)
    # A method in both papers gets one dot, the first paper's.
    return frame.drop_duplicates(["label", "scale", "test_set"])


def _published(run: FinishedRun) -> Iterator[dict[str, Any]]:
    """Yield the rows of the papers' main tables."""
    for paper in (PAPERS[method] for method in run.params.methods if method in PAPERS):
        if paper.figure is None:
            continue
        for row in completed(run.published, paper.name, paper.figure.table).to_dict("records"):
            # A size that the paper leaves out has a source of its own.
            source = "; size from ".join(filter(None, (row["source"], row["completed"])))
            yield from _quoted(run, row, source, "paper" if row["method"] == paper.name else "")


def _recent(run: FinishedRun) -> Iterator[dict[str, Any]]:
    """Yield the networks since the papers, with Mult-Adds as counted here, if the run's papers have such plots."""
    if not any(method in PAPERS and PAPERS[method].figure for method in run.params.methods):
        return
    for row in run.recent.to_dict("records"):
        size = "" if pd.isna(row["mult_adds_g"]) else f" (printed: {row['mult_adds_g']:g} G, counter {row['counter']})"
        source = f"{row['source']}; Mult-Adds counted here{size}"
        yield from _quoted(run, {**row, "mult_adds_g": row["conv2d_g"]}, source)


def _quoted(run: FinishedRun, row: dict[str, Any], source: str, kind: str = "") -> Iterator[dict[str, Any]]:
    """Yield a printed row as a point for each set; one without a size has none."""
    if pd.isna(row["params_k"]):
        return
    common = {key: row[key] for key in ("scale", "params_k", "mult_adds_g")}
    year = run.years.get(row["method"], math.nan)
    common |= {"label": row["method"], "kind": kind or _era("quoted", year), "year": year, "source": source}
    for key, name in SETS.items():
        if pd.notna(row[f"{key}_{PRIMARY}"]):
            yield {**common, "test_set": name, **{metric: row.get(f"{key}_{metric}") for metric in METRICS}}


def _era(kind: str, year: float) -> str:
    return f"{kind} since" if year >= RECENT else kind


def _own(run: FinishedRun) -> list[dict[str, Any]]:
    counts = run.complexity.set_index(["model", "scale"])
    rows = []
    for row in run.metrics.to_dict("records"):
        key = row["model"], row["scale"]
        common = {name: row[name] for name in ("scale", "test_set", *METRICS)}
        common |= {"label": own_label(row["model"]), "source": f"this run, preset {run.params.preset}"}
        if key in counts.index:
            size = counts.loc[key]
            sizes = {"params_k": size["params"] / 1e3, "mult_adds_g": size["mult_adds"] / 1e9}
            rows.append({**common, **sizes, "kind": "run", **_remeasured(run, row["model"])})
        elif row["model"] == paths.BICUBIC:
            rows.append({**common, "label": "bicubic (measured)", "kind": "bicubic"})
    return rows


def _remeasured(run: FinishedRun, name: str) -> dict[str, Any]:
    """Return what sets another network apart from this run's own; nothing for one of those."""
    peer = run.params.data.peers.get(name)
    if peer is None:
        return {}
    label = peer.title(name)
    year = year_of(peer, label, run.years)
    source = f"measured and counted in this run, preset {run.params.preset}"
    return {"label": remeasured_label(label), "kind": _era("remeasured", year), "year": year, "source": source}


def _cloud(rows: pd.DataFrame, axis: str, methods: list[str]) -> dict[str, Any]:
    other = next(name for name in AXES if name != axis)
    figure = go.Figure()
    largest = rows[other].max()
    spread = rows[axis].max() >= 10 * rows[axis].min()
    drawn = rows[rows["kind"].isin(NAMES) & rows[axis].notna() & np.isfinite(rows[PRIMARY].astype(float))]
    names = names_beside(drawn, axis, methods, bool(spread))
    for kind, (colour, symbol) in LOOKS.items():
        part = rows[(rows["kind"] == kind) & rows[axis].notna()]
        if kind == "bicubic" or part.empty:
            continue
        # The area grows with the root, as in the static figures: one network needs 380 times another's Mult-Adds.
        sizes = 9 + 30 * (part[other].fillna(0) / largest) ** 0.5 if largest > 0 else 12
        figure.add_scatter(
            x=part[axis],
            y=part[PRIMARY],
            mode="markers+text",
            text=part["label"],
            texttemplate=names.reindex(part.index, fill_value=" ").tolist(),
            textposition="top center",
            name=NAMES[kind],
            customdata=[_hover_text(row) for row in part.to_dict("records")],
            hovertemplate="%{customdata}<extra></extra>",
            marker={"size": sizes, "color": colour, "symbol": symbol, "line": _outline(symbol, colour)},
        )
    if (drawn["kind"] != "run").any():
        figure.add_scatter(**_front(drawn, axis))
    for row in rows[(rows["kind"] == "bicubic") & np.isfinite(rows[PRIMARY])].to_dict("records"):
        figure.add_hline(
            row[PRIMARY], line={"color": SOFT, "dash": "dash", "width": 1}, annotation_text="bicubic (measured)"
        )
    first = rows.iloc[0]
    subtitle = f"{_own_points(rows, methods)}<br>Dot area: {AXES[axis][1]}"
    figure.update_layout(
        title={
            "text": f"{METRICS[PRIMARY].title} on {first['test_set']}, ×{first['scale']}",
            "subtitle": {"text": subtitle, "font": {"size": 13, "color": SOFT}},
        },
        yaxis_title=axis_label(PRIMARY),
        meta={"own": bool((rows["kind"] == "run").any())},
    )
    figure.update_xaxes(title=AXES[axis][0], type="log" if spread else "linear", dtick=1 if spread else None)
    cloud = finished(figure, top=92)
    cloud["layout"]["height"] = HEIGHT
    return cloud


def _front(points: pd.DataFrame, axis: str) -> dict[str, Any]:
    """Return the line of what no other network beats."""
    best = front(points, axis)
    return {
        "x": [*best[axis], points[axis].max()],
        "y": [*best[PRIMARY], *best[PRIMARY].tail(1)],
        "mode": "lines",
        "text": [],
        "name": "Pareto front",
        "hoverinfo": "skip",
        "line": {"color": LINE, "width": 1.5, "shape": "hv"},
    }


def _outline(symbol: str, colour: str) -> dict[str, Any]:
    return {"color": colour, "width": 2} if symbol.endswith("open") else {"color": INK, "width": 0.8}


def _own_points(rows: pd.DataFrame, methods: list[str]) -> str:
    """Return this run's points in words: the methods' own networks with their quality, and how many others."""
    metric = METRICS[PRIMARY]
    values = rows[rows["kind"] == "run"].set_index("label")[PRIMARY]
    named = {method: values[own_label(method)] for method in methods if own_label(method) in values.index}
    parts = [f"{name} {number(value, metric.digits)} {metric.unit}".rstrip() for name, value in named.items()]
    others = len(values) - len(named)
    parts += [f"{others} other{'s' * (others > 1)}"] if others else []
    infinite = rows.loc[np.isinf(rows[PRIMARY].astype(float)), "label"]
    absent = f"; infinite, so not drawn: {', '.join(infinite)}" if len(infinite) else ""
    return f"This run: {', '.join(parts) or 'no network on this set'}{absent}"


def _hover_text(row: dict[str, Any]) -> str:
    lines = [f"<b>{row['label']}</b>"]
    for name, metric in METRICS.items():
        if pd.notna(row[name]):
            lines.append(f"{metric.title} {number(row[name], metric.digits)} {metric.unit}".rstrip())
    lines += [f"Params {row['params_k']:,.1f} K"]
    lines += [f"Mult-Adds {row['mult_adds_g']:,.1f} G"] if pd.notna(row["mult_adds_g"]) else ["Mult-Adds not printed"]
    return "<br>".join([*lines, row["source"]])
