"""Results of a run as tidy frames: metrics and counts, checked so that one table has one protocol."""

import itertools
import math
import os
from collections.abc import Iterable
from typing import Any

import pandas as pd

from sr.core.errors import UserError
from sr.core.formats import load
from sr.core.provenance import SearchRecord
from sr.evaluate.formats import Counts, Metrics, ModelCounts, OperationCounts, Protocol, ReferenceCounts, ScaleCounts
from sr.evaluate.metrics import METRICS, Values
from sr.report.run.paths import BICUBIC

# Inputs of a table, as options of the verb.
KINDS = ("metrics", "complexity", "records", "counts", "latency")
METRIC_COLUMNS = ["model", "peer", "scale", "test_set", "data_digest", "images", *METRICS, *Protocol.model_fields]
METRIC_COLUMNS += ["each", "file"]
COMPLEXITY_COLUMNS = ["model", "method", "genotype", "hr_size", "scale", *ScaleCounts.model_fields, "file"]

Paths = Iterable[str | os.PathLike]


def read_metrics(paths: Paths) -> pd.DataFrame:
    """Return one row per file: model, peer, scale, test_set, images, each metric, protocol, data_digest, each, file.

    ``images`` is their number; ``each`` has name and metrics of every one. A metric may be infinite.
    """
    frame = pd.DataFrame([_metrics_row(path) for path in paths], columns=METRIC_COLUMNS)
    _refuse_duplicates(frame, ["model", "scale", "test_set"])
    for first, second in itertools.combinations(frame.itertuples(), 2):
        _refuse_mixture(first, second)
    return frame


def read_complexity(paths: Paths) -> pd.DataFrame:
    """Return one row per (model, scale): params, mult_adds, lr_size, hr_size, genotype, file."""
    rows = [row for path in paths for row in _complexity_rows(path)]
    frame = pd.DataFrame(rows, columns=COMPLEXITY_COLUMNS)
    _refuse_duplicates(frame, ["model", "scale"])
    return frame


def read_records(paths: Paths) -> dict[str, SearchRecord]:
    """Return the records of searches by model."""
    records: dict[str, SearchRecord] = {}
    for path in paths:
        record = load(path, SearchRecord)
        if record.model in records:
            raise UserError(f"{path}: a second record of model {record.model!r}. Give one of them")
        records[record.model] = record
    return records


def read_operations(path: str | os.PathLike) -> dict[str, Counts]:
    """Return the counts of each candidate operation."""
    return load(path, OperationCounts).operations


def read_reference(path: str | os.PathLike) -> dict[tuple[str, int], Counts]:
    """Return the counts at the paper's sizes by (model, scale)."""
    counts: dict[tuple[str, int], Counts] = {}
    for row in load(path, ReferenceCounts).rows:
        if (row.model, row.scale) in counts:
            raise UserError(f"{path}: a second row for model {row.model!r}, ×{row.scale}. Recreate the file")
        counts[row.model, row.scale] = row
    return counts


def _metrics_row(path: str | os.PathLike) -> dict[str, Any]:
    metrics = load(path, Metrics)
    return {
        **metrics.model_dump(include={"model", "scale", "test_set", "data_digest"}),
        "peer": bool(metrics.peer),
        "images": len(metrics.images),
        **_floats(metrics.mean),
        **metrics.protocol.model_dump(),
        "each": [{"name": image.name, **_floats(image.values)} for image in metrics.images],  # noqa: PD011
        "file": str(path),
    }


def _floats(values: Values) -> dict[str, float]:
    """Return the metrics with the infinite ones, which JSON lacks, as floats."""
    return {key: math.inf if value is None else value for key, value in values.items()}


def _complexity_rows(path: str | os.PathLike) -> list[dict[str, Any]]:
    counts = load(path, ModelCounts)
    common = counts.model_dump(include={"model", "method", "genotype", "hr_size"})
    return [
        {**common, "scale": int(scale), **row.model_dump(), "file": str(path)} for scale, row in counts.scales.items()
    ]


def _refuse_duplicates(frame: pd.DataFrame, key: list[str]) -> None:
    duplicates = frame[frame.duplicated(key, keep=False)]
    if len(duplicates):
        first, second = duplicates.sort_values(key, kind="stable")["file"].iloc[:2]
        raise UserError(f"{first} and {second} have the same {', '.join(key)}. Give one of them")


def _refuse_mixture(first: Any, second: Any) -> None:
    """Raise UserError if two rows were measured by different rules or on different images of one set."""
    for key in ("colour", "output", "degradation", "tile"):
        # Bicubic and networks of others take each image whole, whatever the tile.
        if key == "tile" and any(row.peer or row.model == BICUBIC for row in (first, second)):
            continue
        if getattr(first, key) != getattr(second, key):
            _refuse(first, second, key)
    by_scale = first.crop_border == first.scale and second.crop_border == second.scale
    if first.crop_border != second.crop_border and not by_scale:
        _refuse(first, second, "crop_border")
    # A plain folder of images has no digest; then only the name of the set can be compared.
    known = first.test_set == second.test_set and pd.notna(first.data_digest) and pd.notna(second.data_digest)
    if known and first.data_digest != second.data_digest:
        _refuse(first, second, "data_digest")


def _refuse(first: Any, second: Any, key: str) -> None:
    values = f"{getattr(first, key)!r} and {getattr(second, key)!r}"
    raise UserError(f"{first.file} and {second.file}: {key} differs ({values}). Evaluate both by the same protocol")
