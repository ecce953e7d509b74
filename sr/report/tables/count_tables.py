"""Counts beside printed counts: Params and Mult-Adds as published, as counted here, their difference in units and %."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from sr.core.errors import UserError
from sr.methods.spec import Paper
from sr.report.run.published import COMPLEXITY, rows_of
from sr.report.tables.table import ABSENT, Cell, Column, Note, Row, RowGroup, number, plain

TIDY = ["group", "label", "metric", "published", "counted", "difference", "percent"]
NAMES = {"params_k": ("Params", "K", "%"), "mult_adds_g": ("Mult-Adds", "G", "%")}
FAMILIES = {"conv": "Convolution", "sep_conv": "Separable convolution", "dil_conv": "Dilated convolution"}
Counts = dict[str, int]
# Metric -> digits of the printed number, and of ours.
Digits = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Pair:
    """One operation or network: metric -> number in the papers' units; ``counted`` is empty if this run lacks it."""

    group: str
    label: str
    published: dict[str, float]
    counted: dict[str, float]

    def numbers(self, metric: str) -> tuple[float | None, float | None, float | None, float | None]:
        """Return published, counted, difference and difference in % of the published number."""
        theirs, ours = self.published.get(metric), self.counted.get(metric)
        if theirs is None or ours is None:
            return theirs, ours, None, None
        return theirs, ours, ours - theirs, 100 * (ours - theirs) / theirs


def operation_pairs(rows: pd.DataFrame, counts: dict[str, Counts]) -> list[Pair]:
    """Return the candidate operations of the printed ``rows``; raise UserError for a count that has no row."""
    if unknown := sorted(set(counts) - set(rows["label"])):
        raise UserError(f"operations: {unknown[0]!r} is in no row of the paper's table. Count its operations only")
    pairs = []
    for label, part in rows.groupby("label", sort=False):
        family, _, kernel = str(label).rpartition("_")
        printed = dict(zip(part["metric"], part["value"], strict=True))
        pairs.append(Pair(FAMILIES[family], kernel.replace("x", "×"), printed, _in_units(counts.get(str(label)))))
    return pairs


def calibration_pairs(published: pd.DataFrame, counts: dict[tuple[str, int], Counts], paper: Paper) -> list[Pair]:
    """Return the paper's own networks in all its tables."""
    pairs = []
    for table in paper.tables:
        rows = rows_of(published, paper.name, table.number) if table.kind == "comparison" else published.head(0)
        for row in rows[rows["method"].isin(list(table.own))].to_dict("records"):
            key = table.own[row["method"]], row["scale"]
            printed = {metric: row[metric] for metric in COMPLEXITY if pd.notna(row[metric])}
            label = f"{row['method']} ×{row['scale']}"
            pairs.append(Pair(f"Table {table.number}", label, printed, _in_units(counts.get(key))))
    return pairs


def tidy(pairs: list[Pair], metrics: tuple[str, ...]) -> pd.DataFrame:
    """Return one row for each pair and metric, with what is known of it."""
    rows = [(pair.group, pair.label, metric, *pair.numbers(metric)) for pair in pairs for metric in metrics]
    return pd.DataFrame(rows, columns=TIDY)


def columns(metrics: tuple[str, ...]) -> tuple[Column, ...]:
    """Return four columns a metric."""
    sides = (("paper", 1), ("counted", 1), ("Δ", 1), ("Δ", 2))
    return tuple(
        Column(name=side, unit=f"{NAMES[metric][0]}, {NAMES[metric][unit]}")
        for metric in metrics
        for side, unit in sides
    )


def groups(pairs: list[Pair], metrics: tuple[str, ...], digits: Digits) -> tuple[RowGroup, ...]:
    """Return the rows as text, in the groups of the pairs."""
    names = dict.fromkeys(pair.group for pair in pairs)
    return tuple(
        RowGroup(name=name, rows=tuple(_row(pair, metrics, digits) for pair in pairs if pair.group == name))
        for name in names
    )


def fit(pairs: list[Pair]) -> Iterator[Note]:
    """Yield how well the counted Params fit the printed ones."""
    found = {f"{pair.group}, {pair.label}": pair.numbers("params_k")[3] for pair in pairs}
    known = {label: percent for label, percent in found.items() if percent is not None}
    if known:
        worst = max(known, key=lambda label: abs(known[label]))
        mean = number(statistics.fmean(abs(percent) for percent in known.values()), 2)
        worst_text = f"{number(known[worst], 2, signed=True)} % ({worst})"
        yield "Fit", f"Params differ by {mean} % on average over {len(known)} rows, most by {worst_text}."


def _row(pair: Pair, metrics: tuple[str, ...], digits: Digits) -> Row:
    cells = tuple(cell for metric in metrics for cell in _cells(pair, metric, digits[metric]))
    if not pair.counted:
        return Row(source="published", label=pair.label, cells=cells, reason=ABSENT)
    return Row(source="measured", label=pair.label, cells=cells)


def _cells(pair: Pair, metric: str, digits: tuple[int, int]) -> tuple[Cell, ...]:
    theirs, ours, difference, percent = pair.numbers(metric)
    texts = number(theirs, digits[0]), number(ours, digits[1]), number(difference, digits[1], signed=True)
    return tuple(plain(text) for text in (*texts, number(percent, 1, signed=True)))


def _in_units(counts: Counts | None) -> dict[str, float]:
    """Return counts in thousands and 10^9."""
    return {"params_k": counts["params"] / 1e3, "mult_adds_g": counts["mult_adds"] / 1e9} if counts else {}
