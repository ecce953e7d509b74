"""Every measured number of a run in one nested document, and the most important ones in rows for ``dvc metrics``."""

import math
import os
from pathlib import Path
from typing import Any

import pandas as pd

from sr.core.files import write_json
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.report.run.results import Paths, read_complexity, read_metrics


def write_metrics(
    metrics: Paths, complexity: Paths, out: str | os.PathLike, rows: str | os.PathLike | None = None
) -> dict[str, Any]:
    """Write and return {model: {x2: {params, mult_adds, <set>: {metric: value}}}}.

    ``rows`` is a folder for a file a model and scale, if it is wanted: ``dvc metrics show`` prints a row a file.
    """
    document = collect(read_metrics(metrics), read_complexity(complexity))
    write_json(out, document)
    for model, scales in document.items() if rows else ():
        for scale, numbers in scales.items():
            write_json(Path(rows or "") / f"{model}_{scale}.json", short(numbers))
    return document


def short(numbers: dict[str, Any]) -> dict[str, Any]:
    """Return Params in K, Mult-Adds in G and each set's primary metric, rounded as papers print them."""
    sizes = {"params": 1e3, "mult_adds": 1e9}
    numbers_shown: dict[str, Any] = {}
    for key, value in numbers.items():
        if key in sizes:
            numbers_shown[f"{key}_{'k' if key == 'params' else 'g'}"] = round(value / sizes[key], 1)
        else:
            best = value[PRIMARY]
            numbers_shown[f"{key}_{PRIMARY}"] = None if best is None else round(best, METRICS[PRIMARY].digits)
    return numbers_shown


def collect(metrics: pd.DataFrame, complexity: pd.DataFrame) -> dict[str, Any]:
    """Return the nested document, models and scales in sorted order; bicubic has no params, infinity is None."""
    document: dict[str, Any] = {}
    for row in complexity.sort_values(["model", "scale"]).to_dict("records"):
        entry = document.setdefault(row["model"], {}).setdefault(f"x{row['scale']}", {})
        entry.update(params=int(row["params"]), mult_adds=int(row["mult_adds"]))
    for row in metrics.sort_values(["model", "scale"], kind="stable").to_dict("records"):
        entry = document.setdefault(row["model"], {}).setdefault(f"x{row['scale']}", {})
        entry[row["test_set"]] = {key: row[key] if math.isfinite(row[key]) else None for key in METRICS}
    return document
