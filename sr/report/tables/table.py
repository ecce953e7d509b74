"""Finished tables: marked text cells in groups of rows, with notes; results/tables/<name>.json.

``sr.report.tables.build`` makes a table, ``sr.report.tables.render`` turns one into Markdown, LaTeX and HTML, and the
page loads it.
"""

import math
from typing import Literal

from sr.core.formats import Document

DASH = "–"
ABSENT = "not in this run"

# A label and a sentence.
Note = tuple[str, str]
# Origin of a row: printed in the paper or elsewhere, another network measured in this run, one of this run itself, or
# the difference of this run and the paper.
Source = Literal["published", "elsewhere", "remeasured", "measured", "difference"]


class MarkedNumber(Document):
    """One number as text, and whether it is the best or second best of its column."""

    text: str
    mark: Literal["", "best", "second"] = ""


Cell = tuple[MarkedNumber, ...]


class Row(Document):
    """One line: a label and a cell for each column, or a reason instead of cells."""

    source: Source
    label: str
    cells: tuple[Cell, ...] = ()
    reason: str = ""


class RowGroup(Document):
    """Rows that belong together, such as those of one scale."""

    name: str
    rows: tuple[Row, ...]


class Column(Document):
    """A column's name and its unit."""

    name: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name


class Table(Document):
    """A table as it is printed; ``heads`` name groups and rows, ``reading`` explains what a cell holds."""

    title: str
    citation: str
    reading: str
    heads: tuple[str, str]
    columns: tuple[Column, ...]
    groups: tuple[RowGroup, ...]
    notes: tuple[Note, ...]


def number(value: float | None, digits: int, signed: bool = False) -> str:
    """Format with a true minus, a sign if ``signed`` and the rounded value is not zero, a dash if it is missing."""
    if value is None or math.isnan(value):
        return DASH
    if math.isinf(value):
        return "−∞" if value < 0 else "+∞" if signed else "∞"
    rounded = round(value, digits) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''},.{digits}f}".replace("-", "−")


def plain(text: str) -> Cell:
    """Return a cell of one unmarked number."""
    return (MarkedNumber(text=text),)
