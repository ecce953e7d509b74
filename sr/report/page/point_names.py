"""Names beside the points of an interactive plot: the important ones, as far as they do not cover each other."""

import math
from typing import Any

import pandas as pd

from sr.evaluate.metrics import PRIMARY
from sr.report.figures.points import front
from sr.report.tables.lines import own_label, remeasured_label

# So many points of one kind are all named in the plot, where there is room.
NAMED = 6
# Pixels of a plot on a desktop, of a letter and of a line.
HEIGHT = 560
INNER = (1100, 330)  # width and height between the axes
LETTER, LINE = 7.5, 20
NOTHING = " "

Box = tuple[float, float, float, float]


def names_beside(rows: pd.DataFrame, axis: str, methods: list[str], logarithmic: bool) -> pd.Series:
    """Return the name beside each point, by the index of ``rows``; a space for none.

    The methods' own networks come first, then the papers', the Pareto front, and kinds of few points.
    """
    ours = {own_label(method): method for method in methods}
    best = set(front(rows, axis).index) if len(rows) else set()
    few = rows["kind"].map(rows["kind"].value_counts()) <= NAMED

    def order(entry: tuple[Any, dict[str, Any]]) -> tuple[int, float]:
        index, row = entry
        ranks = [row["label"] in ours, row["kind"] == "paper", index in best, bool(few[index])]
        return (ranks.index(True) if True in ranks else len(ranks), -row[PRIMARY])

    names = pd.Series(NOTHING, index=rows.index)
    taken: list[Box] = []
    for index, row in sorted(rows.to_dict("index").items(), key=order):
        name = ours.get(row["label"], row["label"].removesuffix(own_label("")).removesuffix(remeasured_label("")))
        important = row["label"] in ours or row["kind"] == "paper" or index in best or few[index]
        box = _box(rows, row, axis, name, logarithmic)
        free = row["label"] in ours or not any(_overlap(box, other) for other in taken)
        if important and free and name not in set(names):
            names[index] = name
            taken.append(box)
    return names


def _box(rows: pd.DataFrame, row: dict[str, Any], axis: str, name: str, logarithmic: bool) -> Box:
    """Return left, right, bottom and top of a name above its point, in pixels."""
    scale = _log if logarithmic else float
    x = INNER[0] * _share(rows[axis].map(scale), scale(row[axis]))
    y = INNER[1] * _share(rows[PRIMARY], row[PRIMARY])
    half = LETTER * len(name) / 2
    return (x - half, x + half, y, y + LINE)


def _log(value: float) -> float:
    return math.log10(max(value, 1e-6))  # a file may have a size of 0


def _share(values: pd.Series, value: float) -> float:
    span = values.max() - values.min()
    return (value - values.min()) / span if span else 0.5


def _overlap(first: Box, second: Box) -> bool:
    return first[0] < second[1] and second[0] < first[1] and first[2] < second[3] and second[2] < first[3]
