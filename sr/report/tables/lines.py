"""Lines of a comparison as numbers: published rows, this run's rows, and their difference, scale by scale.

Published numbers stay as printed, a number that is missing on either side has no entry, and a difference exists only
where both sides have a number.
"""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pandas as pd

from sr.core.peer_sections import Peer
from sr.evaluate.metrics import METRICS
from sr.methods.published import COMPLEXITY, SETS, elsewhere, rows_of
from sr.methods.spec import Paper, TableSpec
from sr.report.run.results import BICUBIC
from sr.report.tables import bootstrap, intervals
from sr.report.tables.bootstrap import Interval
from sr.report.tables.table import Source

TIDY = ["scale", "method", "source", "test_set", "metric", "value"]

# (test set, metric); Params and Mult-Adds have an empty test set.
Address = tuple[str, str]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Line:
    """One row's numbers: params_k in thousands, mult_adds_g in 10^9, metrics in their own units.

    ``key`` pairs a measured line with the published one that it reproduces. ``spreads`` are standard deviations, if
    the numbers are means (NaN of infinite ones); ``bounds`` are 95 % intervals of measured quality over the images, of
    a mean over seeds too.
    """

    scale: int
    source: Source
    label: str
    key: str
    numbers: dict[Address, float]
    spreads: dict[Address, float] = field(default_factory=dict)
    bounds: dict[Address, Interval] = field(default_factory=dict)


def own_label(label: str) -> str:
    """Return the label of this run's row for the paper's row ``label``."""
    return f"{label} (this run)"


def remeasured_label(label: str) -> str:
    """Return the label of another network that this run measured."""
    return f"{label}, re-measured"


def sizes(spec: TableSpec) -> list[str]:
    """Return the measures of size that the table shows."""
    return [key for key in COMPLEXITY if key in (spec.columns or COMPLEXITY)]


def quality(spec: TableSpec) -> list[str]:
    """Return the metrics that the table shows."""
    return [key for key in METRICS if key in (spec.columns or METRICS)]


def lines(
    spec: TableSpec, paper: Paper, published: pd.DataFrame, metrics: pd.DataFrame, complexity: pd.DataFrame
) -> list[Line]:
    """Return the table's rows in reading order; a model that was not measured has a line without values."""
    rows = rows_of(published, paper.name, spec.number)
    others = elsewhere(published, paper.name, spec.number)
    shown = [*sizes(spec), *quality(spec)]
    table_lines = []
    for scale in spec.scales:
        printed = [_printed(row, "published", row["method"]) for row in _records(rows, scale)]
        filled = [_printed(row, "elsewhere", f"{row['method']} (elsewhere)") for row in _records(others, scale)]
        peers = [_peer(name, peer, scale, metrics, complexity) for name, peer in spec.peers.items()]
        bicubic = _measured(BICUBIC, "", "Bicubic (measured)", scale, metrics, complexity)
        models = [_own(spec, name, key, scale, metrics, complexity) for key, name in spec.own.items()]
        means = [replace(line, bounds=_bounds(line, spec.models, metrics)) for line in _mean(models, spec.spread)]
        block = [*printed, *_mean(printed, spec.spread), *filled, *(line for line in peers if line.numbers)]
        block += [*([bicubic] if bicubic.numbers else []), *models, *means]
        table_lines += [_only(line, shown) for line in _with_differences(block)]
    return table_lines


def tidy(table_lines: list[Line]) -> pd.DataFrame:
    """Return one number per row; a standard deviation's metric ends in _sd, an interval's ends in _low and _high."""
    rows = [
        (line.scale, line.label, line.source, test_set, metric + ending, value)
        for line in table_lines
        for ending, values in (
            ("", line.numbers),
            ("_sd", line.spreads),
            ("_low", {address: interval.low for address, interval in line.bounds.items()}),
            ("_high", {address: interval.high for address, interval in line.bounds.items()}),
        )
        for (test_set, metric), value in values.items()
    ]
    return pd.DataFrame(rows, columns=TIDY)


def _records(rows: pd.DataFrame, scale: int) -> list[dict[str, Any]]:
    return rows[rows["scale"] == scale].to_dict("records")


def _printed(row: dict[str, Any], source: Source, label: str) -> Line:
    values = {("", key): row[key] for key in COMPLEXITY}
    values |= {(name, metric): row[f"{key}_{metric}"] for key, name in SETS.items() for metric in METRICS}
    values = {address: value for address, value in values.items() if pd.notna(value)}
    return Line(row["scale"], source, label, row["method"], values)


def _measured(model: str, key: str, label: str, scale: int, metrics: pd.DataFrame, complexity: pd.DataFrame) -> Line:
    values: dict[Address, float] = {}
    bounds: dict[Address, Interval] = {}
    for row in _records(complexity[complexity["model"] == model], scale):
        values |= {("", "params_k"): row["params"] / 1e3, ("", "mult_adds_g"): row["mult_adds"] / 1e9}
    for row in _records(metrics[metrics["model"] == model], scale):
        for metric in METRICS:
            values[row["test_set"], metric] = row[metric]
            interval = bootstrap.mean_interval(bootstrap.values(row["each"], metric))
            if interval:
                bounds[row["test_set"], metric] = interval
    return Line(scale, "measured", label, key, values, bounds=bounds)


def _peer(name: str, peer: Peer, scale: int, metrics: pd.DataFrame, complexity: pd.DataFrame) -> Line:
    """Return the line of another network that this run measured; it pairs with no published one."""
    line = _measured(name, "", remeasured_label(peer.title(name)), scale, metrics, complexity)
    return replace(line, source="remeasured")


def _own(spec: TableSpec, model: str, key: str, scale: int, metrics: pd.DataFrame, complexity: pd.DataFrame) -> Line:
    """Return this run's line of a model, that of the means over its repetitions if the table shows them as one row."""
    group = spec.repeats.get(model, (model,))
    rows = [_measured(name, key, own_label(key), scale, metrics, complexity) for name in group]
    tested = [name for name, line in zip(group, rows, strict=True) if any(test_set for test_set, _ in line.numbers)]
    means = _mean([line for name, line in zip(group, rows, strict=True) if name in tested], key)
    return replace(means[0], key=key, bounds=_bounds(means[0], tested, metrics)) if means else rows[0]


def _mean(rows: list[Line], spread: str) -> list[Line]:
    """Return the line of means over the lines with values, if the table has one and there are two or more."""
    full = [line for line in rows if line.numbers]
    if not spread or len(full) < 2:
        return []
    shared = [address for address in full[0].numbers if all(address in line.numbers for line in full)]
    columns = {address: [line.numbers[address] for line in full] for address in shared}
    means = {address: statistics.fmean(values) for address, values in columns.items()}
    deviations = {address: _deviation(values) for address, values in columns.items()}
    source = full[0].source
    label = f"{spread} ± s, n = {len(full)}"
    return [Line(full[0].scale, source, own_label(label) if source == "measured" else label, spread, means, deviations)]


def _deviation(values: list[float]) -> float:
    return statistics.stdev(values) if all(map(math.isfinite, values)) else math.nan


def _bounds(line: Line, models: Sequence[str], metrics: pd.DataFrame) -> dict[Address, Interval]:
    """Return the intervals over seeds and images of a line of means over ``models``."""
    bounds = intervals.seeds_bounds(models, line.scale, metrics)
    return {address: bounds[address] for address in bounds if address in line.numbers}


def _with_differences(block: list[Line]) -> Iterator[Line]:
    """Yield the lines, each of this run's followed by its difference from the published one of the same key."""
    published = {line.key: line for line in block if line.source == "published"}
    for line in block:
        yield line
        if line.source == "measured" and line.key in published:
            yield from _difference(line, published[line.key])


def _difference(line: Line, other: Line) -> Iterator[Line]:
    """Yield ``line`` minus ``other`` where both have a number, if anywhere."""
    values = {key: value - other.numbers[key] for key, value in line.numbers.items() if key in other.numbers}
    if values:
        yield Line(line.scale, "difference", f"{line.key}: this run − paper", line.key, values)


def _only(line: Line, metrics: list[str]) -> Line:
    """Return the line with the table's own metrics."""
    return replace(
        line,
        numbers=_kept(line.numbers, metrics),
        spreads=_kept(line.spreads, metrics),
        bounds=_kept(line.bounds, metrics),
    )


def _kept(values: dict[Address, Value], metrics: list[str]) -> dict[Address, Value]:
    return {address: value for address, value in values.items() if address[1] in metrics}
