"""Methods against each other: published rows, this run's rows, and their difference, scale by scale.

Published numbers stay as printed, a number that is missing on either side has no entry, and a difference exists only
where both sides do.
"""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pandas as pd

from sr.methods.spec import Paper, Table
from sr.report.run.published import COMPLEXITY, SETS, elsewhere, rows_of
from sr.report.run.results import BICUBIC
from sr.report.tables import bootstrap as noise
from sr.report.tables import intervals as uncertainty
from sr.report.tables.bootstrap import Interval
from sr.report.tables.table import ABSENT, Cell, Column, MarkedNumber, Row, RowGroup, Source, number, plain

HEADS = ("Scale", "Method")
TIDY = ["scale", "method", "source", "test_set", "metric", "value"]
NAMES = {"params_k": Column(name="Params", unit="K"), "mult_adds_g": Column(name="Mult-Adds", unit="G")}
QUALITY = ("psnr", "ssim")
DIGITS = {"params_k": 1, "mult_adds_g": 1, "psnr": 2, "ssim": 4}
# Of two numbers the lower one is no second best.
RANKED = 3

# (test set, metric); Params and Mult-Adds have an empty test set.
Address = tuple[str, str]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Line:
    """One row's numbers: params_k in thousands, mult_adds_g in 10^9, psnr in dB.

    ``key`` pairs a measured line with the published one that it reproduces. ``spreads`` are standard deviations, if
    the numbers are means; ``bounds`` are 95 % intervals of measured quality over the images, of a mean over seeds too.
    """

    scale: int
    source: Source
    label: str
    key: str
    numbers: dict[Address, float]
    spreads: dict[Address, float] = field(default_factory=dict)
    bounds: dict[Address, Interval] = field(default_factory=dict)


def own_label(label: str) -> str:
    """Return the name of this run's row beside the paper's ``label``."""
    return f"{label} (this run)"


def lines(
    table: Table, paper: Paper, published: pd.DataFrame, metrics: pd.DataFrame, complexity: pd.DataFrame
) -> list[Line]:
    """Return the table's rows in reading order; a model that was not measured has a line without values."""
    rows, others = rows_of(published, paper.name, table.number), elsewhere(published, paper.name, table.number)
    found = []
    for scale in table.scales:
        printed = [_printed(row, "published", row["method"]) for row in _records(rows, scale)]
        filled = [_printed(row, "elsewhere", f"{row['method']} (elsewhere)") for row in _records(others, scale)]
        own = [_measured(model, key, own_label(key), scale, metrics, complexity) for key, model in table.own.items()]
        plain_line = _measured(BICUBIC, "", "Bicubic (measured)", scale, metrics, complexity)
        means = [_over_seeds(line, table, metrics) for line in _mean(own, table.spread)]
        ours = [*([plain_line] if plain_line.numbers else []), *own, *means]
        block = [*printed, *_mean(printed, table.spread), *filled, *ours]
        found += [_only(line, table.columns) for line in [*block, *_differences(block)]]
    return found


def tidy(found: list[Line]) -> pd.DataFrame:
    """Return one number a row; a standard deviation's metric ends in _sd, an interval's ends in _low and _high."""
    rows = [
        (line.scale, line.label, line.source, test_set, metric + ending, value)
        for line in found
        for ending, values in (
            ("", line.numbers),
            ("_sd", line.spreads),
            ("_low", {address: interval.low for address, interval in line.bounds.items()}),
            ("_high", {address: interval.high for address, interval in line.bounds.items()}),
        )
        for (test_set, metric), value in values.items()
    ]
    return pd.DataFrame(rows, columns=TIDY)


def columns(found: list[Line], table: Table) -> tuple[tuple[Column, ...], list[str]]:
    """Return the columns, and the test sets among them: the papers' own that have a number, then any other."""
    used = {test_set: None for line in found for test_set, _ in line.numbers if test_set}
    sets = [name for name in SETS.values() if name in used] + [name for name in used if name not in SETS.values()]
    sets = sets or list(SETS.values())
    named = [NAMES[metric] for metric in table.columns if metric in NAMES]
    return (*named, *(Column(name=name, unit=unit(table)) for name in sets)), sets


def unit(table: Table, psnr: str = "PSNR") -> str:
    """Return what a test set's cell holds, with ``psnr`` as the word for PSNR."""
    words = {"psnr": psnr, "ssim": "SSIM"}
    return " / ".join(words[metric] for metric in table.columns if metric in words)


def groups(found: list[Line], table: Table, sets: list[str]) -> tuple[RowGroup, ...]:
    """Return the rows as text, one group a scale, with the best and second best marked."""
    marks = _marks(found)
    made = []
    for scale in table.scales:
        rows = [_row(line, table, sets, marks) for line in found if line.scale == scale]
        made.append(RowGroup(name=f"×{scale}", rows=tuple(rows)))
    return tuple(made)


def _records(rows: pd.DataFrame, scale: int) -> list[dict[str, Any]]:
    return rows[rows["scale"] == scale].to_dict("records")


def _printed(row: dict[str, Any], source: Source, label: str) -> Line:
    values = {("", metric): row[metric] for metric in COMPLEXITY}
    values |= {(name, metric): row[f"{key}_{metric}"] for key, name in SETS.items() for metric in QUALITY}
    values = {address: value for address, value in values.items() if pd.notna(value)}
    return Line(row["scale"], source, label, row["method"], values)


def _measured(model: str, key: str, label: str, scale: int, metrics: pd.DataFrame, complexity: pd.DataFrame) -> Line:
    values: dict[Address, float] = {}
    bounds: dict[Address, Interval] = {}
    for row in complexity[(complexity["model"] == model) & (complexity["scale"] == scale)].itertuples():
        values |= {("", "params_k"): row.params / 1e3, ("", "mult_adds_g"): row.mult_adds / 1e9}
    for row in metrics[(metrics["model"] == model) & (metrics["scale"] == scale)].itertuples():
        values |= {(row.test_set, "psnr"): row.psnr, (row.test_set, "ssim"): row.ssim}
        found = {(row.test_set, metric): noise.mean_interval(noise.values(row.each, metric)) for metric in QUALITY}
        bounds |= {address: interval for address, interval in found.items() if interval}
    return Line(scale, "measured", label, key, values, bounds=bounds)


def _mean(found: list[Line], spread: str) -> list[Line]:
    """Return the line of means over the lines with values, if the table wants one and there are two or more."""
    full = [line for line in found if line.numbers]
    if not spread or len(full) < 2:
        return []
    shared = [address for address in full[0].numbers if all(address in line.numbers for line in full)]
    columns = {address: [line.numbers[address] for line in full] for address in shared}
    means = {address: statistics.fmean(values) for address, values in columns.items()}
    deviations = {address: statistics.stdev(values) for address, values in columns.items()}
    source = full[0].source
    label = f"{spread} ± s, n = {len(full)}"
    return [Line(full[0].scale, source, own_label(label) if source == "measured" else label, spread, means, deviations)]


def _over_seeds(line: Line, table: Table, metrics: pd.DataFrame) -> Line:
    """Return this run's line of means with the intervals over seeds and images."""
    found = uncertainty.seeds_bounds(table.models, line.scale, metrics)
    return replace(line, bounds={address: found[address] for address in found if address in line.numbers})


def _differences(block: list[Line]) -> Iterator[Line]:
    """Yield this run's line minus the published one of the same key, where both have a number."""
    theirs = {line.key: line.numbers for line in block if line.source == "published"}
    for line in block:
        if line.source != "measured" or line.key not in theirs:
            continue
        other = theirs[line.key]
        values = {address: value - other[address] for address, value in line.numbers.items() if address in other}
        if values:
            yield Line(line.scale, "difference", f"{line.key}: this run − paper", line.key, values)


def _only(line: Line, metrics: tuple[str, ...]) -> Line:
    """Return the line with the table's own metrics."""
    numbers, spreads = _kept(line.numbers, metrics), _kept(line.spreads, metrics)
    return Line(line.scale, line.source, line.label, line.key, numbers, spreads, _kept(line.bounds, metrics))


def _kept(part: dict[Address, Value], metrics: tuple[str, ...]) -> dict[Address, Value]:
    return {address: value for address, value in part.items() if address[1] in metrics}


def _marks(found: list[Line]) -> dict[tuple[int, str, Address], str]:
    """Return "best" or "second" by (scale, label, address), among single networks on the same set at the same scale.

    Numbers are compared as they are shown, so that ties share a mark.
    """
    columns: dict[tuple[int, Address], list[tuple[str, float]]] = {}
    for line in found:
        if line.source == "difference" or line.spreads:
            continue
        for address, value in line.numbers.items():
            if address[1] in QUALITY:
                shown = round(value, DIGITS[address[1]])
                columns.setdefault((line.scale, address), []).append((line.label, shown))
    marks = {}
    for (scale, address), entries in columns.items():
        ranks = sorted({value for _, value in entries}, reverse=True)[:2] if len(entries) >= RANKED else []
        for label, value in entries:
            if value in ranks:
                marks[scale, label, address] = ("best", "second")[ranks.index(value)]
    return marks


def _row(line: Line, table: Table, sets: list[str], marks: dict) -> Row:
    if line.source == "measured" and not line.numbers:
        return Row(source="measured", label=line.key, reason=ABSENT)
    complexity = [plain(_text(line, ("", metric))) for metric in table.columns if metric in NAMES]
    cells = (*complexity, *(_quality(line, table, name, marks) for name in sets))
    return Row(source=line.source, label=line.label, cells=cells)


def _quality(line: Line, table: Table, test_set: str, marks: dict) -> Cell:
    """Return the cell of one test set; a single dash if nothing is known."""
    addresses = [(test_set, metric) for metric in table.columns if metric in QUALITY]
    if not any(address in line.numbers for address in addresses):
        return plain(number(None, 0))
    return tuple(
        MarkedNumber(text=_text(line, address), mark=marks.get((line.scale, line.label, address), ""))
        for address in addresses
    )


def _text(line: Line, address: Address) -> str:
    digits = DIGITS[address[1]]
    # Papers print whole thousands of parameters; ours keep a digit, because the papers cut where others round.
    if line.source in ("published", "elsewhere") and address[1] == "params_k" and not line.spreads:
        digits = 0
    if address in line.spreads:
        return f"{number(line.numbers[address], digits + 1)} ± {number(line.spreads[address], digits + 1)}"
    return number(line.numbers.get(address), digits, signed=line.source == "difference")
