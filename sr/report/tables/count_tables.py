"""Tables of counts: Params and Mult-Adds as published and as counted here, with their difference in units and %."""

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from sr.evaluate.formats import Counts
from sr.methods.published import COMPLEXITY, rows_of
from sr.methods.spec import Paper
from sr.report.tables.table import ABSENT, Cell, Column, Note, Row, RowGroup, number, plain

TIDY = ["group", "label", "metric", "published", "counted", "difference", "percent"]
NAMES = {"params_k": ("Params", "K", "%"), "mult_adds_g": ("Mult-Adds", "G", "%")}
FAMILIES = {"conv": "Convolution", "sep_conv": "Separable convolution", "dil_conv": "Dilated convolution"}
OTHER = "Other operation"
# Metric -> digits of the printed number, and of ours.
Digits = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class CountRow:
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


def operation_rows(rows: pd.DataFrame, counts: Mapping[str, Counts]) -> list[CountRow]:
    """Return the candidate operations of the printed ``rows``, then those that the paper does not print."""
    printed = {
        str(label): dict(zip(part["metric"], part["value"], strict=True))
        for label, part in rows.groupby("label", sort=False)
    }
    names = [*printed, *(name for name in counts if name not in printed)]
    return [CountRow(*_names(name), printed.get(name, {}), _in_units(counts.get(name))) for name in names]


def reference_rows(published: pd.DataFrame, counts: Mapping[tuple[str, int], Counts], paper: Paper) -> list[CountRow]:
    """Return the paper's own networks in all its tables."""
    count_rows = []
    for spec in paper.tables:
        rows = rows_of(published, paper.name, spec.number) if spec.kind == "comparison" else published.head(0)
        for row in rows[rows["method"].isin(list(spec.own))].to_dict("records"):
            key = (spec.own[row["method"]], row["scale"])
            printed = {metric: row[metric] for metric in COMPLEXITY if pd.notna(row[metric])}
            label = f"{row['method']} ×{row['scale']}"
            count_rows.append(CountRow(f"Table {spec.number}", label, printed, _in_units(counts.get(key))))
    return count_rows


def tidy(rows: list[CountRow], metrics: tuple[str, ...]) -> pd.DataFrame:
    """Return one line for each row and metric, with its known numbers."""
    numbers = [(row.group, row.label, metric, *row.numbers(metric)) for row in rows for metric in metrics]
    return pd.DataFrame(numbers, columns=TIDY)


def columns(metrics: tuple[str, ...]) -> tuple[Column, ...]:
    """Return four columns per metric."""
    sides = (("paper", 1), ("counted", 1), ("Δ", 1), ("Δ", 2))
    return tuple(
        Column(name=side, unit=f"{NAMES[metric][0]}, {NAMES[metric][unit]}")
        for metric in metrics
        for side, unit in sides
    )


def groups(rows: list[CountRow], metrics: tuple[str, ...], digits: Digits) -> tuple[RowGroup, ...]:
    """Return the rows as text, group by group."""
    names = dict.fromkeys(row.group for row in rows)
    return tuple(
        RowGroup(name=name, rows=tuple(_row(row, metrics, digits) for row in rows if row.group == name))
        for name in names
    )


def fit(rows: list[CountRow]) -> Iterator[Note]:
    """Yield how well the counted Params fit the printed ones."""
    percents = {f"{row.group}, {row.label}": row.numbers("params_k")[3] for row in rows}
    known = {label: percent for label, percent in percents.items() if percent is not None}
    if known:
        worst = max(known, key=lambda label: abs(known[label]))
        mean = number(statistics.fmean(abs(percent) for percent in known.values()), 2)
        worst_text = f"{number(known[worst], 2, signed=True)} % ({worst})"
        yield "Fit", f"Params differ by {mean} % on average over {len(known)} rows, most by {worst_text}."


def _row(row: CountRow, metrics: tuple[str, ...], digits: Digits) -> Row:
    cells = tuple(cell for metric in metrics for cell in _cells(row, metric, digits[metric]))
    if not row.counted:
        return Row(source="published", label=row.label, cells=cells, reason=ABSENT)
    return Row(source="measured", label=row.label, cells=cells)


def _cells(row: CountRow, metric: str, digits: tuple[int, int]) -> tuple[Cell, ...]:
    theirs, ours, difference, percent = row.numbers(metric)
    texts = (
        number(theirs, digits[0]),
        number(ours, digits[1]),
        number(difference, digits[1], signed=True),
        number(percent, 1, signed=True),
    )
    return tuple(map(plain, texts))


def _names(operation: str) -> tuple[str, str]:
    """Return group and label of an operation, e.g. "Separable convolution" and "7×7" of sep_conv_7x7."""
    family, _, kernel = operation.rpartition("_")
    return (FAMILIES[family], kernel.replace("x", "×")) if family in FAMILIES else (OTHER, operation)


def _in_units(counts: Counts | None) -> dict[str, float]:
    """Return counts in thousands and 10^9."""
    return {"params_k": counts.params / 1e3, "mult_adds_g": counts.mult_adds / 1e9} if counts else {}
