"""Boxes, arrows and notes for diagrams of genotypes."""

import re
from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Outline

from sr.plot.style import INK, SOFT

FIXED, CELL, CHOSEN = "#eef0f2", "#dcecf7", "#fbe0cf"
HEIGHT = 0.8

Point = tuple[float, float]


def is_name(value: Any) -> bool:
    """Return whether ``value`` may be written into a box: an operation's name as the search spaces have it."""
    return isinstance(value, str) and re.fullmatch(r"[a-z0-9_]{1,40}", value) is not None


def enters(axes: Axes, text: str, start: Point, end: Point) -> None:
    """Draw an arrow that enters from the left, with its name."""
    arrow(axes, [start, end])
    axes.text(start[0] - 0.1, start[1], text, ha="right", va="center")


def leaves(axes: Axes, text: str, start: Point, end: Point) -> None:
    """Draw an arrow that leaves to the right, with its name."""
    arrow(axes, [start, end])
    axes.text(end[0] + 0.1, end[1], text, ha="left", va="center")


def box(
    axes: Axes,
    centre: Point,
    text: str,
    fill: str,
    width: float = 1.0,
    height: float = HEIGHT,
    edge: str = INK,
) -> None:
    """Draw a rounded box around ``centre`` with text in it."""
    corner = (centre[0] - width / 2, centre[1] - height / 2)
    shape = "round,pad=0,rounding_size=0.08"
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=shape, fc=fill, ec=edge, lw=0.9, zorder=2))
    axes.text(*centre, text, ha="center", va="center", fontsize=8.5, zorder=3)


def comment(axes: Axes, centre: Point, text: str) -> None:
    """Write a small note."""
    axes.text(*centre, text, ha="center", va="center", fontsize=7, color=SOFT)


def arrow(axes: Axes, points: Iterable[Point], colour: str = INK, name: str | None = None) -> None:
    """Draw a straight or angled arrow through ``points``; ``name`` becomes its id in the SVG."""
    axes.add_patch(FancyArrowPatch(path=Outline(list(points)), **line(colour, name)))


def line(colour: str, name: str | None) -> dict[str, Any]:
    """Return the style of an arrow; ``name`` becomes its id in the SVG."""
    return {
        "arrowstyle": "-|>",
        "mutation_scale": 9,
        "color": colour,
        "linewidth": 1,
        "shrinkA": 0,
        "shrinkB": 0,
        "gid": name,
        "zorder": 1,
        "joinstyle": "round",
    }


def margin_label(genotype: Any, choice: str) -> str:
    """Return how clearly the search decided on ``choice``; empty if that is not recorded or nothing was rejected."""
    decision = (genotype.evidence or {}).get(choice)
    if decision is None or len(decision.probabilities) == len(decision.kept):
        return ""
    return f"margin {decision.margin:.3f}"
