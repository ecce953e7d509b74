"""What a run measured: metrics and complexity files as tidy frames, checked so that one table is one protocol.

Records of searches and documents of counts stay plain dictionaries, checked too.
"""

import itertools
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from sr.core.errors import UserError
from sr.core.files import read_json
from sr.core.formats import load
from sr.evaluate.formats import Metrics, Protocol
from sr.evaluate.metrics import METRICS
from sr.report.run.paths import BICUBIC

# What a table may be made from, as options of the verb.
KINDS = ("metrics", "complexity", "records", "counts")
COMPLEXITY = {"model": str, "method": str, "genotype": dict, "hr_size": list, "scales": dict}
COUNTS = {"params": int, "mult_adds": int, "lr_size": list}
RECORD = {"model": str, "device": str, "seconds": float, "machine": dict}
MACHINE = {"processor": str, "threads": int}
OPERATIONS = {"method": str, "channels": int, "operations": dict}
CALIBRATION = {"method": str, "rows": list}
TWO_COUNTS = {"params": int, "mult_adds": int}
CALIBRATED = {"model": str, "scale": int, **TWO_COUNTS}
METRIC_COLUMNS = ["model", "scale", "test_set", "data_digest", "images", *METRICS, *Protocol.model_fields]
METRIC_COLUMNS += ["each", "file"]
COMPLEXITY_COLUMNS = ["model", "method", "genotype", "hr_size", "scale", *COUNTS, "file"]

Paths = Iterable[str | os.PathLike]


def read_metrics(paths: Paths) -> pd.DataFrame:
    """Return one row a file: model, scale, test_set, images, each metric, the protocol, data_digest, each, file.

    ``images`` is their number; ``each`` has name and metrics of every one.
    """
    frame = pd.DataFrame([_metrics_row(path) for path in paths], columns=METRIC_COLUMNS)
    _refuse_duplicates(frame, ["model", "scale", "test_set"])
    for first, second in itertools.combinations(frame.itertuples(), 2):
        _refuse_mixture(first, second)
    return frame


def read_complexity(paths: Paths) -> pd.DataFrame:
    """Return one row a (model, scale): params, mult_adds, lr_size, hr_size, genotype, file."""
    rows = [row for path in paths for row in _complexity_rows(path)]
    frame = pd.DataFrame(rows, columns=COMPLEXITY_COLUMNS)
    _refuse_duplicates(frame, ["model", "scale"])
    return frame


def read_records(paths: Paths) -> dict[str, dict[str, Any]]:
    """Return the records of searches by model: device, seconds, machine."""
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        record = _checked(read_json(path), RECORD, path)
        _checked(record["machine"], MACHINE, path, "machine.")
        if record["model"] in found:
            raise UserError(f"{path}: a second record of model {record['model']!r}. Give one of them")
        found[record["model"]] = record
    return found


def read_operations(path: str | os.PathLike) -> dict[str, dict[str, int]]:
    """Return {operation: {params, mult_adds}} of a document of the verb operations."""
    document = _checked(read_json(path), OPERATIONS, path)
    return {
        name: _checked(counts, TWO_COUNTS, path, f"operations.{name}.")
        for name, counts in document["operations"].items()
    }


def read_calibration(path: str | os.PathLike) -> dict[tuple[str, int], dict[str, int]]:
    """Return {(model, scale): {params, mult_adds}} of a document of counts at the paper's sizes."""
    rows = _checked(read_json(path), CALIBRATION, path)["rows"]
    found: dict[tuple[str, int], dict[str, int]] = {}
    for index, row in enumerate(rows):
        _checked(row, CALIBRATED, path, f"rows[{index}].")
        key = row["model"], row["scale"]
        if key in found:
            raise UserError(f"{path}: a second row for model {key[0]!r}, ×{key[1]}. Make the file again")
        found[key] = row
    return found


def _metrics_row(path: str | os.PathLike) -> dict[str, Any]:
    metrics = load(path, Metrics)
    return {
        **metrics.model_dump(include={"model", "scale", "test_set", "data_digest"}),
        "images": len(metrics.images),
        **metrics.mean,
        **metrics.protocol.model_dump(),
        "each": [{"name": image.name, **image.values} for image in metrics.images],  # noqa: PD011
        "file": str(path),
    }


def _complexity_rows(path: str | os.PathLike) -> list[dict[str, Any]]:
    record = _checked(read_json(path), COMPLEXITY, path)
    common = {key: record[key] for key in ("model", "method", "genotype", "hr_size")}
    rows = []
    for scale, counts in record["scales"].items():
        _checked(counts, COUNTS, path, f"scales.{scale}.")
        rows.append({**common, "scale": _scale(scale, path), **{key: counts[key] for key in COUNTS}, "file": str(path)})
    return rows


def _scale(text: str, path: str | os.PathLike) -> int:
    if text not in ("2", "3", "4"):
        raise UserError(f"{path}: scales.{text}: not a scale (2, 3 or 4). Make the file again")
    return int(text)


def _checked(record: Any, kinds: Mapping[str, type], path: str | os.PathLike, where: str = "") -> dict[str, Any]:
    """Return ``record`` if it has every key of ``kinds`` with that type; numbers must be finite."""
    if not isinstance(record, dict):
        raise UserError(f"{path}: {where.rstrip('.') or 'the document'} is not a JSON object. Make the file again")
    for key, kind in kinds.items():
        if key not in record:
            raise UserError(f"{path}: key {where}{key} is missing. Make the file again")
        value = record[key]
        fits = isinstance(value, int | float) and math.isfinite(value) if kind is float else isinstance(value, kind)
        if not fits:
            raise UserError(f"{path}: {where}{key}: {value!r} is not of type {kind.__name__}. Make the file again")
    return record


def _refuse_duplicates(frame: pd.DataFrame, key: list[str]) -> None:
    twice = frame[frame.duplicated(key, keep=False)]
    if len(twice):
        first, second = twice.sort_values(key, kind="stable")["file"].iloc[:2]
        raise UserError(f"{first} and {second} hold the same {', '.join(key)}. Give one of them")


def _refuse_mixture(first: Any, second: Any) -> None:
    """Raise UserError if two rows were measured by different rules or on different images of one set."""
    for key in ("colour", "output", "degradation", "tile"):
        # Bicubic enlarges each image whole, whatever the tile.
        if key == "tile" and BICUBIC in (first.model, second.model):
            continue
        if getattr(first, key) != getattr(second, key):
            _refuse(first, second, key)
    by_scale = first.crop_border == first.scale and second.crop_border == second.scale
    if first.crop_border != second.crop_border and not by_scale:
        _refuse(first, second, "crop_border")
    # A plain folder of images has no digest; then the set's name has to do.
    known = first.test_set == second.test_set and pd.notna(first.data_digest) and pd.notna(second.data_digest)
    if known and first.data_digest != second.data_digest:
        _refuse(first, second, "data_digest")


def _refuse(first: Any, second: Any, key: str) -> None:
    values = f"{getattr(first, key)!r} and {getattr(second, key)!r}"
    raise UserError(f"{first.file} and {second.file}: {key} differs ({values}). Evaluate both by the same protocol")
