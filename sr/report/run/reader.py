"""One finished run as the page sees it: its files, read once, by names that params.yaml implies.

A file that the run lacks is left out; what is there is checked as for the tables.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sr.core import config
from sr.core.config import Params
from sr.core.errors import UserError
from sr.evaluate.formats import Counts
from sr.methods import papers
from sr.methods.spec import Table
from sr.report.run import formats as documents
from sr.report.run import paths as inputs
from sr.report.run import published, results


@dataclass(frozen=True)
class Run:
    """``root`` is the folder of params.yaml, results/ and data/; ``models`` plain data of ``sr.core.config.models``.

    ``metrics`` and ``complexity`` are frames as of ``sr.report.run.results``; ``counts``: method -> counts at the
    paper's sizes; ``records``: "<rule>/<job>" -> how that job's result was made.
    """

    root: Path
    params: Params
    models: dict[str, dict[str, Any]]
    metrics: pd.DataFrame
    complexity: pd.DataFrame
    counts: dict[str, dict[tuple[str, int], Counts]]
    published: pd.DataFrame
    records: dict[str, dict[str, Any]]

    def path(self, name: str) -> Path | None:
        """Return a file of the run, or None if it has none of that name."""
        path = self.root / name
        return path if path.is_file() else None

    def tables(self) -> dict[str, Table]:
        """Return the tables of the run's papers for which it has any model, in reading order."""
        return papers.of_run(self.params.methods, self.models)


def read(params: str | os.PathLike) -> Run:
    """Return the run whose parameter file is ``params``; its files lie beside that file."""
    chosen, root = config.load(params), Path(params).resolve().parent
    models = config.models(chosen.raw)
    names = [inputs.BICUBIC, *models, *(f"{method}_released" for method in chosen.methods)]
    evaluated = [path for name in names for path in sorted((root / "results/evaluate" / name).glob("x[234]_*.json"))]
    wanted = [path for path in evaluated if path.stem.partition("_")[2] in chosen.data.test]
    if not wanted:
        raise UserError(f"{root / 'results/evaluate'}: no metrics of this run. Make them first: snakemake evaluated")
    counted = [path for name in models if (path := root / inputs.counts(name)).is_file()]
    references = {method: root / inputs.reference_counts(method) for method in chosen.methods}
    return Run(
        root=root,
        params=chosen,
        models=models,
        metrics=results.read_metrics(wanted),
        complexity=results.read_complexity(counted),
        counts={method: results.read_reference(path) for method, path in references.items() if path.is_file()},
        published=published.read(root / "data/published.csv"),
        records=_records(root / "results/records", names),
    )


def _records(folder: Path, models: list[str]) -> dict[str, dict[str, Any]]:
    """Return the records of all jobs but the page's own, and but those of models that the run no longer has."""
    found = {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.json"))}
    shown = {key: path for key, path in found.items() if not key.startswith("page/")}
    records = {key: documents.read(path, documents.RECORD) for key, path in shown.items()}
    return {key: record for key, record in records.items() if record.get("model", inputs.BICUBIC) in models}
