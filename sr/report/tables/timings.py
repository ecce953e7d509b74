"""Time and memory of a run's networks and of others beside them, with size and quality: a table of our own."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from sr.core.config import Params
from sr.evaluate.latency_formats import Latency, Timing
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods import papers
from sr.report.tables.footnotes import MISSING, preset_note
from sr.report.tables.lines import TIDY, own_label, remeasured_label
from sr.report.tables.table import Cell, Column, Note, Row, RowGroup, Source, Table, number, plain


class Shown(NamedTuple):
    """One measure: its column, what its number here is called in the CSV, and its digits."""

    key: str
    name: str
    unit: str
    digits: int


QUALITY = Shown(PRIMARY, METRICS[PRIMARY].title, "", METRICS[PRIMARY].digits)
TIME = Shown("latency_ms", "Latency", "ms", 1)
QUARTILES = ("latency_ms_low", "latency_ms_high")
OTHERS = (
    Shown("memory_mib", "Memory", "MiB", 0),
    Shown("params_k", "Params", "K", 1),
    Shown("mult_adds_g", "Mult-Adds", "G", 2),
    Shown("activations_m", "Activations", "M", 1),
    Shown("challenge_flops_g", "FLOPs", "G, 256²", 2),
    Shown("challenge_activations_m", "Activations", "M, 256²", 1),
)


class Results(NamedTuple):
    """A run's timings, and the frames of its metrics and counts (``sr.report.run.results``)."""

    timed: Latency
    metrics: pd.DataFrame
    complexity: pd.DataFrame


def table(results: Results, params: Params) -> Table:
    """Return the table, its rows by scale; quality is on the first test set."""
    timed = results.timed
    width, height = timed.hr_size
    where = f"{timed.processor if timed.device == 'cpu' else timed.device}, {_threads(timed)}"
    scales = sorted({row.scale for row in timed.rows})
    quality = Column(name=QUALITY.name, unit=", ".join(filter(None, [params.data.test[0], METRICS[PRIMARY].unit])))
    columns = [quality, _column(TIME), Column(name="Quartiles", unit=TIME.unit), *map(_column, OTHERS)]
    return Table(
        title=f"Time and memory for one {width}×{height} output",
        citation="measured in this run",
        reading=f"Median and quartiles of {timed.rounds} rounds on {where}.",
        heads=("Scale", "Network"),
        columns=tuple(columns),
        groups=tuple(RowGroup(name=f"×{scale}", rows=tuple(_rows(results, params, scale))) for scale in scales),
        notes=tuple(_notes(timed, params)),
    )


def tidy(results: Results, params: Params) -> pd.DataFrame:
    """Return one number per row; the quartiles are latency_ms_low and latency_ms_high."""
    rows = []
    for row in results.timed.rows:
        values = {**measures(results, row), **dict(zip(QUARTILES, (row.low, row.high), strict=True))}
        first = params.data.test[0]
        values |= {PRIMARY: quality(results.metrics, row, first)}
        name, source = label(params, row.model), _source(params, row.model)
        rows += [
            (row.scale, name, source, first if key == PRIMARY else "", key, value)
            for key, value in values.items()
            if value is not None
        ]
    return pd.DataFrame(rows, columns=TIDY)


def label(params: Params, model: str) -> str:
    """Return what tables call a network."""
    name = name_of(params, model)
    return own_label(name) if model in params.models else remeasured_label(name)


def name_of(params: Params, model: str) -> str:
    """Return the name of a network: its method's, that of ``data.peers``, or the model's own."""
    peer = params.data.peers.get(model)
    if peer is not None:
        return peer.title(model)
    return papers.find(model).name if model in params.methods else model


def quality(metrics: pd.DataFrame, row: Timing, test_set: str) -> float | None:
    """Return the primary metric of a network on a test set; None if it was not measured or is infinite."""
    same = (metrics["model"] == row.model) & (metrics["scale"] == row.scale) & (metrics["test_set"] == test_set)
    values = metrics.loc[same, PRIMARY]
    return float(values.iloc[0]) if len(values) and math.isfinite(values.iloc[0]) else None


def mult_adds(complexity: pd.DataFrame, row: Timing) -> float | None:
    """Return the Mult-Adds of a network; None if they were not counted."""
    return _counts(complexity, row).get("mult_adds")


def measures(results: Results, row: Timing) -> dict[str, float | None]:
    """Return the numbers of one network by the keys of ``TIME`` and ``OTHERS``, None for what is not known."""
    counts = _counts(results.complexity, row)
    challenge = counts.get("challenge") or {}
    return {
        TIME.key: row.median,
        "memory_mib": _in(row.peak_memory, 2**20),
        "params_k": _in(counts.get("params"), 1e3),
        "mult_adds_g": _in(counts.get("mult_adds"), 1e9),
        "activations_m": _in(counts.get("activations"), 1e6),
        "challenge_flops_g": _in(challenge.get("mult_adds"), 1e9),
        "challenge_activations_m": _in(challenge.get("activations"), 1e6),
    }


def _column(shown: Shown) -> Column:
    return Column(name=shown.name, unit=shown.unit)


def _source(params: Params, model: str) -> Source:
    return "measured" if model in params.models else "remeasured"


def _rows(results: Results, params: Params, scale: int) -> Iterator[Row]:
    for row in (row for row in results.timed.rows if row.scale == scale):
        yield Row(source=_source(params, row.model), label=label(params, row.model), cells=_cells(results, params, row))


def _cells(results: Results, params: Params, row: Timing) -> tuple[Cell, ...]:
    values = measures(results, row)
    first = number(quality(results.metrics, row, params.data.test[0]), QUALITY.digits)
    quartiles = f"{number(row.low, TIME.digits)} to {number(row.high, TIME.digits)}"
    others = [number(values[shown.key], shown.digits) for shown in OTHERS]
    return tuple(map(plain, [first, number(row.median, TIME.digits), quartiles, *others]))


def _in(value: float | None, unit: float) -> float | None:
    return None if value is None or pd.isna(value) else value / unit


def _counts(complexity: pd.DataFrame, row: Timing) -> dict:
    rows = complexity[(complexity["model"] == row.model) & (complexity["scale"] == row.scale)]
    return rows.iloc[0].to_dict() if len(rows) else {}


def _threads(timed: Latency) -> str:
    return f"{timed.threads} thread{'s' if timed.threads > 1 else ''}"


def _notes(timed: Latency, params: Params) -> Iterator[Note]:
    yield "Preset", preset_note(params)
    warm = f", after {timed.warmup} that do not count" if timed.warmup else ""
    yield (
        "Latency",
        f"from an 8-bit image to an 8-bit image; in each of {timed.rounds} rounds{warm}, every network once.",
    )
    yield "Memory", "what a process grows in its first enlargement, on a GPU what is allocated there."
    if timed.device != "cpu" and any(row.model in params.data.peers for row in timed.rows):
        yield "Processor", f"networks of data.peers run on {timed.processor}, all others on {timed.device}."
    yield (
        "Mult-Adds",
        "one for each use of a Conv2d weight; bias, activation, pooling and interpolation are not counted. "
        "Activations are the values that convolutions return.",
    )
    yield "256²", "for a 256×256 input, as the challenges on efficient super-resolution count FLOPs and activations."
    yield "Missing", MISSING
