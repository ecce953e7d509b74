"""Looks of the plots of quality against size: axes, marks, colours and the legend."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sr.methods.published import RECENT
from sr.methods.spec import Paper
from sr.plot.style import BEFORE, INK, LINE, OURS, PAPER, SINCE
from sr.report.tables.lines import own_label

FRONT: dict[str, Any] = {"color": LINE, "linewidth": 1.2, "zorder": 1}
COLUMNS = 4  # of the legend: its last row has a text and three areas


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
    "params": Kind("params_k", "Params (K)", "mult_adds_g", "Mult-Adds", "G", 9.0, (10, 100, 1000)),
    "mult_adds": Kind("mult_adds_g", "Mult-Adds (G)", "params_k", "Params", "K", 4.5, (50, 300, 700)),
}


def look(kind: str, year: float) -> dict[str, Any]:
    """Return marker and colours of a dot: the kind says whether it is filled, the year what colour a circle has."""
    marker, colour = {"paper": ("s", PAPER), "run": ("D", OURS)}.get(kind, ("o", SINCE if year >= RECENT else BEFORE))
    if kind in ("quoted", "paper"):
        return {"marker": marker, "facecolor": "#ffffff90", "edgecolor": colour, "linewidth": 1.8}
    return {"marker": marker, "facecolor": colour, "edgecolor": INK, "linewidth": 0.6, "alpha": 0.8}


def legend(figure: Figure, kind: Kind, points: pd.DataFrame, paper: Paper) -> None:
    """Explain looks, and in the last row areas, above the panels."""
    names = {("quoted", False): f"quoted, before {RECENT}", ("quoted", True): f"quoted, since {RECENT}"}
    names |= {
        ("remeasured", False): f"re-measured, before {RECENT}",
        ("remeasured", True): f"re-measured, since {RECENT}",
    }
    present = set(zip(points["kind"], points["year"] >= RECENT, strict=True))
    looks = [_handle(text, 60, **look(key[0], RECENT - 1 + key[1])) for key, text in names.items() if key in present]
    looks += [_handle(f"{paper.name}, quoted", 60, **look("paper", RECENT))]
    looks += [_handle(own_label(paper.name), 60, **look("run", RECENT)), Line2D([], [], label="Pareto front", **FRONT)]
    blank = Line2D([], [], linestyle="", label="")
    looks += [blank] * (-len(looks) % COLUMNS)
    areas = [_handle(f"dot area grows with √{kind.size_label}:", 0, marker="", facecolor="none", edgecolor="none")]
    areas += [
        _handle(f"{value:,} {kind.size_unit}", kind.area(value), marker="o", facecolor="none", edgecolor=INK)
        for value in kind.examples
    ]
    rows = [looks[start : start + COLUMNS] for start in range(0, len(looks), COLUMNS)] + [areas]
    # Legends are filled column by column.
    handles = [handle for column in zip(*rows, strict=True) for handle in column]
    figure.legend(
        handles=handles, loc="outside upper center", ncols=COLUMNS, fontsize=8, frameon=False, handletextpad=0.6,
        columnspacing=1.6, labelspacing=0.8,
    )  # fmt: skip


def _handle(
    text: str, area: float, marker: str, facecolor: str, edgecolor: str, linewidth: float = 0.6, alpha: float = 1
) -> Line2D:
    return Line2D(
        [], [], linestyle="", marker=marker, markersize=area**0.5, color=facecolor, markeredgecolor=edgecolor,
        markeredgewidth=linewidth, alpha=alpha, label=text,
    )  # fmt: skip
