"""Reader of a finished run for the page: its parameters, and its results in the files that params.yaml implies.

Missing files are left out; the others are checked as for the tables.
"""

import os
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sr.core import config
from sr.core.config import Model, Params
from sr.core.errors import UserError
from sr.core.formats import load
from sr.core.provenance import Record
from sr.evaluate.formats import Counts
from sr.methods import papers, published
from sr.methods.spec import TableSpec
from sr.report.run import paths, results


@dataclass(frozen=True)
class FinishedRun:
    """``root`` is the folder of params.yaml, results/ and data/.

    ``metrics`` and ``complexity`` are frames of ``sr.report.run.results``; ``counts``: method -> counts at the paper's
    sizes; ``recent``: printed numbers of networks since the papers; ``years``: year by method; ``records``:
    "<rule>/<job>" -> how that job's result was made.
    """

    root: Path
    params: Params
    metrics: pd.DataFrame
    complexity: pd.DataFrame
    counts: dict[str, dict[tuple[str, int], Counts]]
    published: pd.DataFrame
    recent: pd.DataFrame
    years: dict[str, int]
    records: dict[str, Record]

    @property
    def models(self) -> dict[str, Model]:
        """Return the models of the run's parameters by name."""
        return self.params.models

    def path(self, name: str) -> Path | None:
        """Return a file of the run, or None if the run has no such file."""
        path = self.root / name
        return path if path.is_file() else None

    def tables(self) -> dict[str, TableSpec]:
        """Return the tables of the run's papers for which it has any model, in reading order."""
        return papers.of_run(self.params.methods, self.models, self.params.data.peers)


def read(path: str | os.PathLike) -> FinishedRun:
    """Return the run of the parameter file ``path``, which is in the run's folder."""
    params = config.load(path)
    root = Path(path).resolve().parent
    peers = params.data.peers
    names = [paths.BICUBIC, *params.models, *map(config.release_name, params.methods), *peers]
    counts = [file for name in [*params.models, *peers] if (file := root / paths.counts(name)).is_file()]
    references = {method: root / paths.reference_counts(method) for method in params.methods}
    return FinishedRun(
        root=root,
        params=params,
        metrics=results.read_metrics(_metrics_files(root / "results/evaluate", names, params.data.test)),
        complexity=results.read_complexity(counts),
        counts={method: results.read_reference(file) for method, file in references.items() if file.is_file()},
        published=published.read(root / "data/published.csv"),
        recent=published.read_recent(root / "data/published_recent.csv"),
        years=published.read_years(root / "data/published_years.csv"),
        records=_records(root / "results/records", names),
    )


def _metrics_files(folder: Path, models: list[str], test_sets: Container[str]) -> list[Path]:
    """Return the metrics files of the models on the test sets; raise UserError if there are none."""
    files = [path for name in models for path in sorted((folder / name).glob("x[234]_*.json"))]
    tested = [path for path in files if path.stem.partition("_")[2] in test_sets]
    if not tested:
        raise UserError(f"{folder}: no metrics of this run. Create them first: snakemake evaluated")
    return tested


def _records(folder: Path, models: list[str]) -> dict[str, Record]:
    """Return the records of all jobs except the page's own and those of models that the run no longer has."""
    files = {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.json"))}
    records = {key: load(path, Record) for key, path in files.items() if not key.startswith("page/")}
    return {key: record for key, record in records.items() if (record.model or paths.BICUBIC) in models}
