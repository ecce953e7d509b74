"""Scatter plots of quality against size (DLSR Figure 1, MRAN Figure 4): published methods and this run.

Quality is the primary metric. Numbers from different test sets never share an axis: a run that was tested on the
figure's own set and scale is plotted among the published methods; any other run gets its own panel, with bicubic as
reference.
"""

import math
import os
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from sr.core import config
from sr.core.errors import UserError
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods import papers
from sr.methods.published import SETS, completed, read
from sr.methods.spec import FigureSpec, Paper
from sr.plot.label_placement import Labels, place_labels
from sr.plot.style import INK, OURS, PAPER, PEERS, SOFT, canvas, save, style
from sr.report.figures.metric_labels import axis_label
from sr.report.run.results import BICUBIC, Paths, read_complexity, read_metrics
from sr.report.tables.lines import own_label
from sr.report.tables.table import number

NOTE = 90  # characters of a line below the smallest figure


@dataclass(frozen=True)
class Kind:
    """What the x axis shows and what the dot's area shows (square root: DRRN needs 380 times DLSR's Mult-Adds)."""

    x: str
    x_label: str
    size: str
    size_label: str
    size_unit: str
    area_factor: float
    examples: tuple[int, ...]

    def area(self, value: float) -> float:
        """Return a dot's area in square points for a value of ``size``."""
        return self.area_factor * value**0.5


KINDS = {
    "params": Kind("params_k", "Params (K)", "mult_adds_g", "Mult-Adds", "G", 12.0, (10, 100, 1000)),
    "mult_adds": Kind("mult_adds_g", "Mult-Adds (G)", "params_k", "Params", "K", 6.0, (50, 300, 700)),
}


def write_plot(
    kind: str,
    params: str | os.PathLike,
    published: str | os.PathLike,
    metrics: Paths,
    complexity: Paths,
    method: str,
    out: str | os.PathLike,
) -> list[Path]:
    """Plot the figure of ``method``'s paper to ``out``.png, .svg and .pdf; return the three paths."""
    if kind not in KINDS:
        raise UserError(f"kind {kind!r}: unknown. Choose from: {', '.join(KINDS)}")
    paper, preset = papers.find(method), config.load(params).preset
    printed = published_points(read(published), paper)
    measured = measured_points(read_metrics(metrics), read_complexity(complexity), paper)
    with style():
        return save(draw(KINDS[kind], printed, measured, paper, preset), out)


def _spec(paper: Paper) -> FigureSpec:
    """Return what the paper's figure shows; raise UserError if it has none."""
    if paper.figure is None:
        raise UserError(f"method {paper.method!r}: its paper has no such figure. Choose another method")
    return paper.figure


def published_points(published: pd.DataFrame, paper: Paper) -> pd.DataFrame:
    """Return label, primary metric, params_k, mult_adds_g, completed of the rows on the figure's set and scale."""
    rows = completed(published, paper.name, _spec(paper).table)
    column = next(f"{key}_{PRIMARY}" for key, name in SETS.items() if name == _spec(paper).test_set)
    rows = rows[rows["scale"] == _spec(paper).scale].rename(columns={"method": "label", column: PRIMARY})
    return rows[["label", PRIMARY, "params_k", "mult_adds_g", "completed"]].dropna().reset_index(drop=True)


def measured_points(metrics: pd.DataFrame, complexity: pd.DataFrame, paper: Paper) -> pd.DataFrame:
    """Return scale, test_set, primary metric, params_k, mult_adds_g and bicubic's metric of this run's own network."""
    points = metrics[metrics["model"] == paper.method].merge(
        complexity, on=["model", "scale"], suffixes=("", "_counts")
    )
    if points.empty:
        raise UserError(
            f"plot: model {paper.method!r} lacks metrics or counts. Give the files of both: --metrics, --complexity"
        )
    bicubic = metrics[metrics["model"] == BICUBIC].rename(columns={PRIMARY: "bicubic"})
    points = points.merge(bicubic[["scale", "test_set", "bicubic"]], on=["scale", "test_set"], how="left")
    points = points.assign(params_k=points["params"] / 1e3, mult_adds_g=points["mult_adds"] / 1e9)
    return points[["scale", "test_set", PRIMARY, "params_k", "mult_adds_g", "bicubic"]]


def draw(kind: Kind, theirs: pd.DataFrame, ours: pd.DataFrame, paper: Paper, preset: str) -> Figure:
    """Return the figure: one panel where this run is comparable with the published dots, two where it is not.

    What is infinite is named in a footnote.
    """
    infinite = list(_infinite(ours, paper))
    ours = ours[np.isfinite(ours[PRIMARY])].replace({"bicubic": math.inf}, math.nan)
    same = ours[(ours["test_set"] == _spec(paper).test_set) & (ours["scale"] == _spec(paper).scale)]
    footnotes = [f"{row.label}: Mult-Adds from {row.completed}." for row in theirs.itertuples() if row.completed]
    if infinite:
        footnotes += textwrap.wrap(f"Infinite, so not drawn: {', '.join(infinite)}.", NOTE)
    if len(same) or ours.empty:
        figure, labels = _one_panel(kind, theirs, same, paper, preset)
    else:
        figure, labels = _two_panels(kind, theirs, ours, paper, preset)
        footnotes.insert(
            0,
            "The panels differ in test set or scale, so do not compare heights. Gains are over bicubic at each scale.",
        )
    _legend(figure, kind, paper)
    figure.supxlabel("\n".join(footnotes), fontsize=8, color=SOFT)
    for panel in labels:
        place_labels(panel)
    # The positions hold for this layout only; saving as SVG would lay out again.
    figure.set_layout_engine("none")
    return figure


def _infinite(ours: pd.DataFrame, paper: Paper) -> Iterator[str]:
    """Yield this run's networks, and bicubic, where their quality is infinite."""
    for row in ours.to_dict("records"):
        values = {own_label(paper.name): row[PRIMARY], "bicubic": row["bicubic"]}
        yield from (
            f"{name} on {row['test_set']} ×{row['scale']}" for name, value in values.items() if value == math.inf
        )


def _one_panel(
    kind: Kind, theirs: pd.DataFrame, same: pd.DataFrame, paper: Paper, preset: str
) -> tuple[Figure, list[Labels]]:
    points = pd.concat([theirs, same.assign(label=own_label(paper.name))], ignore_index=True)
    # More labels need more space.
    figure = canvas(6.6, 5.0) if len(points) <= 10 else canvas(7.6, 5.8)
    axes = figure.subplots()
    axes.set_title(f"{_spec(paper).test_set}, ×{_spec(paper).scale}: published methods and this run (preset {preset})")
    return figure, [_cloud(axes, points, kind, paper)]


def _two_panels(
    kind: Kind, theirs: pd.DataFrame, ours: pd.DataFrame, paper: Paper, preset: str
) -> tuple[Figure, list[Labels]]:
    figure = canvas(10.4, 5.0)
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
    test_set = ours["test_set"].iloc[0]
    points = ours[ours["test_set"] == test_set].sort_values("scale")
    left.set_title(f"Published: {_spec(paper).test_set}, ×{_spec(paper).scale}")
    right.set_title(f"This run: {test_set} (preset {preset})")
    return figure, [_cloud(left, theirs, kind, paper), _own_panel(right, points, kind)]


def _cloud(axes: Axes, points: pd.DataFrame, kind: Kind, paper: Paper) -> Labels:
    """Draw dots and return their labels; colour and shape set the paper's own network and this run's apart."""
    looks = {paper.name: (PAPER, "s"), own_label(paper.name): (OURS, "D")}
    for row in points.to_dict("records"):
        colour, marker = looks.get(row["label"], (PEERS, "o"))
        _dot(axes, row, kind, colour, marker)
    _finish(axes, points[kind.x], kind)
    return Labels(axes, points[kind.x], points[PRIMARY], points["label"], points[kind.size].map(kind.area))


def _own_panel(axes: Axes, points: pd.DataFrame, kind: Kind) -> Labels:
    """Draw this run's network at each scale with a dashed line for bicubic at that scale; return the labels."""
    for row in points.to_dict("records"):
        _dot(axes, row, kind, OURS, "D")
    _finish(axes, points[kind.x], kind)
    axes.margins(x=0.3, y=0.15)
    lines = [artist for row in points.dropna(subset="bicubic").itertuples() for artist in _bicubic(axes, row)]
    names = [f"×{row['scale']}{_gain(row[PRIMARY], row['bicubic'])}" for row in points.to_dict("records")]
    return Labels(axes, points[kind.x], points[PRIMARY], names, points[kind.size].map(kind.area), lines)


def _bicubic(axes: Axes, row: Any) -> list[Artist]:
    line = axes.axhline(row.bicubic, color=SOFT, linestyle="--", linewidth=1, zorder=1)
    text = axes.annotate(
        f"bicubic ×{row.scale}", (1, row.bicubic), xycoords=("axes fraction", "data"), xytext=(-3, -3),
        textcoords="offset points", ha="right", va="top", fontsize=8, color=SOFT,
    )  # fmt: skip
    return [line, text]


def _gain(value: float, bicubic: float) -> str:
    """Return a network's gain over bicubic as text; empty if bicubic was not measured."""
    metric = METRICS[PRIMARY]
    return "" if pd.isna(bicubic) else f": {number(value - bicubic, metric.digits, signed=True)} {metric.unit}".rstrip()


def _dot(axes: Axes, row: dict, kind: Kind, colour: str, marker: str) -> None:
    axes.scatter(
        row[kind.x], row[PRIMARY], s=kind.area(row[kind.size]), color=colour, marker=marker, alpha=0.8, edgecolor=INK,
        linewidth=0.6, zorder=3,
    )  # fmt: skip


def _finish(axes: Axes, x: pd.Series, kind: Kind) -> None:
    # On a linear axis over a decade or more, most dots would crowd at the left edge.
    if x.max() >= 10 * x.min():
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.12, y=0.14)
    axes.set_xlabel(kind.x_label)
    axes.set_ylabel(axis_label(PRIMARY))


def _legend(figure: Figure, kind: Kind, paper: Paper) -> None:
    """Explain colours and areas below the panels."""
    looks = [("published", PEERS, "o"), (f"{paper.name}, published", PAPER, "s"), (own_label(paper.name), OURS, "D")]
    handles = [_handle(text, colour, marker, 60) for text, colour, marker in looks]
    handles += [_handle(f"{value:,} {kind.size_unit}", "none", "o", kind.area(value)) for value in kind.examples]
    figure.legend(
        handles=handles, loc="outside upper center", ncols=len(handles), fontsize=8, frameon=False,
        title=f"dot area grows with √{kind.size_label}", title_fontsize=8, handletextpad=0.6, columnspacing=1.4,
    )  # fmt: skip


def _handle(text: str, colour: str, marker: str, area: float) -> Line2D:
    return Line2D(
        [], [], linestyle="", marker=marker, markersize=area**0.5, color=colour, markeredgecolor=INK,
        markeredgewidth=0.6, label=text,
    )  # fmt: skip
