"""results/metrics.json for ``dvc metrics``: every measured number of a run in one nested document."""

import math
import os
from typing import Any

import pandas as pd

from sr.core.files import write_json
from sr.evaluate.metrics import METRICS
from sr.report.run.results import Paths, read_complexity, read_metrics


def write_metrics(metrics: Paths, complexity: Paths, out: str | os.PathLike) -> dict[str, Any]:
    """Write and return {model: {x2: {params, mult_adds, <set>: {metric: value}}}}."""
    document = collect(read_metrics(metrics), read_complexity(complexity))
    write_json(out, document)
    return document


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
