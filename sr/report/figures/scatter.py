"""Scatter plots of quality against size (DLSR Figure 1, MRAN Figure 4): published methods, other networks, this run.

Quality is the primary metric. Numbers from different test sets never share an axis: a run that was tested on the
figure's own set and scale is plotted among the published methods; any other run gets its own panel, with bicubic as
reference. What papers print is hollow, what this run measured is filled.
"""

import math
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from sr.core import config
from sr.core.errors import UserError
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods import papers, published
from sr.methods.published import RECENT
from sr.methods.spec import Paper
from sr.plot.label_placement import Labels, place_labels
from sr.plot.style import SOFT, canvas, save, style
from sr.report.figures.looks import FRONT, KINDS, Kind, legend, look
from sr.report.figures.metric_labels import axis_label
from sr.report.figures.points import front, infinite, measured_points, peer_points, published_points, recent_points
from sr.report.figures.points import spec_of as _spec
from sr.report.run.results import Paths, read_complexity, read_metrics
from sr.report.tables.table import number

ORDER = ("quoted", "remeasured", "paper", "run")  # of labels
WIDER = 0.09  # share of an axis
MANY = 20  # labels
NOTE = 90  # characters of a line below the smallest figure


class Printed(NamedTuple):
    """The files of printed numbers: of both papers, of networks since, and the years of all."""

    published: str | os.PathLike
    recent: str | os.PathLike
    years: str | os.PathLike


def write_plot(
    kind: str,
    params: str | os.PathLike,
    printed: Printed,
    metrics: Paths,
    complexity: Paths,
    method: str,
    out: str | os.PathLike,
) -> list[Path]:
    """Plot the figure of ``method``'s paper to ``out``.png, .svg and .pdf; return the three paths."""
    if kind not in KINDS:
        raise UserError(f"kind {kind!r}: unknown. Choose from: {', '.join(KINDS)}")
    paper, run = papers.find(method), config.load(params)
    measured, counted, years = read_metrics(metrics), read_complexity(complexity), published.read_years(printed.years)
    ours = [
        peer_points(measured, counted, run.data.peers, years),
        measured_points(measured, counted, paper),
    ]
    with style():
        return save(draw(KINDS[kind], quoted_points(printed, paper), joined(ours), paper, run.preset), out)


def quoted_points(printed: Printed, paper: Paper) -> pd.DataFrame:
    """Return what papers print on the figure's set and scale, the networks since the paper's year among it."""
    years = published.read_years(printed.years)
    theirs = published_points(published.read(printed.published), years, paper)
    return joined([theirs, recent_points(published.read_recent(printed.recent), years, paper)])


def joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all frames that have any."""
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def draw(kind: Kind, theirs: pd.DataFrame, ours: pd.DataFrame, paper: Paper, preset: str) -> Figure:
    """Return the figure: one panel where this run is comparable with the published dots, two where it is not.

    What is infinite is named in a footnote.
    """
    unbounded = list(infinite(ours))
    ours = ours[np.isfinite(ours[PRIMARY])].replace({"bicubic": math.inf}, math.nan)
    same = ours[(ours["test_set"] == _spec(paper).test_set) & (ours["scale"] == _spec(paper).scale)]
    footnotes = list(_footnotes(theirs, ours))
    if unbounded:
        footnotes += textwrap.wrap(f"Infinite, so not drawn: {', '.join(unbounded)}.", NOTE)
    if (same["kind"] == "run").any() or ours.empty:
        figure, labels = _one_panel(kind, theirs, same, paper, preset)
    else:
        figure, labels = _two_panels(kind, theirs, ours, paper, preset)
        footnotes.insert(
            0,
            "The panels differ in test set or scale, so do not compare heights. Gains are over bicubic at each scale.",
        )
    legend(figure, kind, joined([theirs, ours]), paper)
    figure.supxlabel("\n".join(footnotes), fontsize=8, color=SOFT)
    for panel in labels:
        place_labels(panel)
    # The positions hold for this layout only; saving as SVG would lay out again.
    figure.set_layout_engine("none")
    return figure


def _footnotes(theirs: pd.DataFrame, ours: pd.DataFrame) -> Iterator[str]:
    """Yield where numbers come from that are not simply printed in the paper."""
    yield from (f"{row.label}: Mult-Adds from {row.completed}." for row in theirs.itertuples() if row.completed)
    if ((theirs["kind"] == "quoted") & (theirs["year"] >= RECENT)).any():
        yield f"Networks since {RECENT}: Mult-Adds counted here, as their papers use other counters."
    if (ours["kind"] == "remeasured").any():
        yield "Re-measured: weights of other authors, measured and counted in this run; a line leads to what is quoted."


def _one_panel(
    kind: Kind, theirs: pd.DataFrame, same: pd.DataFrame, paper: Paper, preset: str
) -> tuple[Figure, list[Labels]]:
    points = joined([theirs, same])
    # More labels need more space.
    figure = canvas(8.0, 6.2) if len(points) <= MANY else canvas(9.6, 7.4)
    axes = figure.subplots()
    axes.set_title(f"{_spec(paper).test_set}, ×{_spec(paper).scale}: published methods and this run (preset {preset})")
    return figure, [_cloud(axes, points, kind, paper)]


def _two_panels(
    kind: Kind, theirs: pd.DataFrame, ours: pd.DataFrame, paper: Paper, preset: str
) -> tuple[Figure, list[Labels]]:
    figure = canvas(11.4, 5.8)
    left, right = figure.subplots(1, 2, width_ratios=[1.4, 1])
    test_set = ours.loc[ours["kind"] == "run", "test_set"].iloc[0]
    points = ours[ours["test_set"] == test_set].sort_values("scale")
    left.set_title(f"Published: {_spec(paper).test_set}, ×{_spec(paper).scale}")
    right.set_title(f"This run: {test_set} (preset {preset})")
    return figure, [_cloud(left, theirs, kind, paper), _own_panel(right, points, kind)]


def _cloud(axes: Axes, points: pd.DataFrame, kind: Kind, paper: Paper) -> Labels:
    """Draw dots and the Pareto front of all; return the labels, the most important ones last: they choose first."""
    points = points.sort_values("kind", key=lambda kinds: kinds.map(ORDER.index), kind="stable")
    for row in points.sort_values(kind.size, ascending=False).to_dict("records"):
        _dot(axes, row, kind)
    lines = list(_front(axes, points, kind))
    _finish(axes, points[kind.x], kind)
    _widen(axes)
    names = points["label"].where(~_join_same(axes, points, kind), "")
    return Labels(axes, points[kind.x], points[PRIMARY], names, points[kind.size].map(kind.area), lines)


def _widen(axes: Axes) -> None:
    """Make room on the left, where names on the Pareto front belong."""
    left, right = axes.get_xlim()
    logarithmic = axes.get_xscale() == "log"
    axes.set_xlim(left=left * (left / right) ** WIDER if logarithmic else max(left - WIDER * (right - left), 0))


def _join_same(axes: Axes, points: pd.DataFrame, kind: Kind) -> pd.Series:
    """Draw a line between what is quoted of a network and what was re-measured; return which points are the former."""
    measured = points[points["kind"] == "remeasured"].drop_duplicates("label").set_index("label")
    twice = (points["kind"] == "quoted") & points["label"].isin(measured.index)
    for row in points[twice].to_dict("records"):
        other = measured.loc[row["label"]]
        axes.plot([row[kind.x], other[kind.x]], [row[PRIMARY], other[PRIMARY]], color=SOFT, linewidth=0.8, zorder=2)
    return twice


def _front(axes: Axes, points: pd.DataFrame, kind: Kind) -> Iterator[Artist]:
    """Draw the best quality within each size, as stairs, and yield their parts."""
    best = front(points, kind.x)
    xs, ys = [*best[kind.x], points[kind.x].max()], [*best[PRIMARY]]
    for index, y in enumerate(ys):
        yield axes.plot(xs[index : index + 2], [y, y], **FRONT)[0]
        if index + 1 < len(ys):
            yield axes.plot([xs[index + 1]] * 2, ys[index : index + 2], **FRONT)[0]


def _own_panel(axes: Axes, points: pd.DataFrame, kind: Kind) -> Labels:
    """Draw this run's networks at each scale with a dashed line for bicubic at that scale; return the labels."""
    for row in points.to_dict("records"):
        _dot(axes, row, kind)
    _finish(axes, points[kind.x], kind)
    axes.margins(x=0.3, y=0.15)
    plain = points.dropna(subset="bicubic").drop_duplicates("scale")
    lines = [artist for row in plain.itertuples() for artist in _bicubic(axes, row)]
    names = [
        f"×{row['scale']}{_gain(row[PRIMARY], row['bicubic'])}"
        if row["kind"] == "run"
        else f"{row['label']} ×{row['scale']}"
        for row in points.to_dict("records")
    ]
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


def _dot(axes: Axes, row: dict, kind: Kind) -> None:
    axes.scatter(row[kind.x], row[PRIMARY], s=kind.area(row[kind.size]), zorder=3, **look(row["kind"], row["year"]))


def _finish(axes: Axes, x: pd.Series, kind: Kind) -> None:
    # On a linear axis over a decade or more, most dots would crowd at the left edge.
    if x.max() >= 10 * x.min():
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if x.max() >= 30 * x.min() else (1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.12, y=0.14)
    axes.set_xlabel(kind.x_label)
    axes.set_ylabel(axis_label(PRIMARY))
