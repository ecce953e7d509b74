"""A finished table, ready for every format: text cells in groups of rows, the bare numbers, and the notes.

Builders make sheets, ``sr.report.tables.render`` turns a sheet into pages; nothing else knows both sides.
"""

import math
from dataclasses import dataclass

import pandas as pd

DASH = "–"
ABSENT = "not in this run"
# How a row came about; the formats tell them apart.
SOURCES = ("published", "elsewhere", "measured", "difference")

Note = tuple[str, str]


@dataclass(frozen=True)
class Part:
    """One number as text; ``mark`` is "best", "second" or empty."""

    text: str
    mark: str = ""


Cell = tuple[Part, ...]


@dataclass(frozen=True)
class Row:
    """One line: a label and a cell a column, or no cells and the reason why there are none."""

    source: str
    label: str
    cells: tuple[Cell, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Group:
    """Rows that belong together, such as one scale."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Column:
    """A column's name and its unit."""

    name: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name


@dataclass(frozen=True)
class Sheet:
    """``heads``: names of groups and rows; ``numbers``: the tidy frame of the CSV; ``reading``: what a cell holds."""

    title: str
    citation: str
    reading: str
    heads: tuple[str, str]
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    numbers: pd.DataFrame
    notes: list[Note]


def number(value: float | None, digits: int, signed: bool = False) -> str:
    """Format with a true minus, a sign if ``signed`` and the rounded value is not zero, a dash if it is missing."""
    if value is None or math.isnan(value):
        return DASH
    rounded = round(value, digits) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''},.{digits}f}".replace("-", "−")


def plain(text: str) -> Cell:
    """Return a cell of one unmarked part."""
    return (Part(text),)
