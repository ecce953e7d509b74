"""A paper's comparison table with this run beside it: published rows, measured rows, and the difference.

The table is one tidy frame (one number a row); ``sr.report.render`` turns it into pages. Published numbers stay as
printed, a number that is missing on either side has no row, and a difference exists only where both sides do.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from sr import config
from sr.files import write_text
from sr.report import papers, render
from sr.report.notes import notes
from sr.report.papers import Paper
from sr.report.published import COMPLEXITY, SETS, completed, read, rows_of
from sr.report.results import BICUBIC, Paths, read_complexity, read_metrics

COLUMNS = ["scale", "method", "source", "test_set", "metric", "value"]
ADDRESS = ["scale", "test_set", "metric"]
SOURCES = ["published", "measured", "difference"]


def write_table(
    params: str | os.PathLike,
    published: str | os.PathLike,
    metrics: Paths,
    complexity: Paths,
    method: str,
    out: str | os.PathLike,
) -> list[Path]:
    """Write the table of ``method``'s paper to ``out``.csv, .md, .tex and .html; return the four paths."""
    paper, chosen = papers.find(method), config.load(params)
    numbers, measured, counted = read(published), read_metrics(metrics), read_complexity(complexity)
    table = comparison(numbers, measured, counted, paper)
    text = notes(chosen, measured, counted, completed(numbers, paper.name, paper.table), paper)
    title = f"{paper.name}, Table {paper.table}: published numbers and this run (preset {chosen.preset})"
    pages = render.pages(table, title, paper.citation, text)
    paths = {suffix: Path(f"{out}{suffix}") for suffix in pages}
    for suffix, path in paths.items():
        write_text(path, pages[suffix])
    return list(paths.values())


def comparison(published: pd.DataFrame, metrics: pd.DataFrame, complexity: pd.DataFrame, paper: Paper) -> pd.DataFrame:
    """Return the tidy table, ordered by scale, then published, measured, difference.

    ``params_k`` in thousands and ``mult_adds_g`` in 10^9 have an empty ``test_set``; ``psnr`` is in dB.
    """
    printed = _frame(_published_rows(rows_of(published, paper.name, paper.table)), "published")
    measured = _frame(_measured_rows(metrics, complexity, paper), "measured")
    table = pd.concat([printed, measured, _difference(printed, measured, paper)], ignore_index=True)
    table["source"] = pd.Categorical(table["source"], SOURCES, ordered=True)
    return table.sort_values(["scale", "source"], kind="stable", ignore_index=True)


def own_label(paper: Paper) -> str:
    """Return the name of this run's row for the paper's own method."""
    return f"{paper.name} (this run)"


def _label(model: str, paper: Paper) -> str:
    if model == paper.method:
        return own_label(paper)
    return "Bicubic (measured)" if model == BICUBIC else f"{model} (measured)"


def _frame(rows: Iterator[dict[str, Any]], source: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "source"])
    return frame.dropna(subset="value").assign(source=source)[COLUMNS]


def _published_rows(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in rows.to_dict("records"):
        common = {"scale": row["scale"], "method": row["method"]}
        for metric in COMPLEXITY:
            yield {**common, "test_set": "", "metric": metric, "value": row[metric]}
        for column, test_set in SETS.items():
            for metric in ("psnr", "ssim"):
                yield {**common, "test_set": test_set, "metric": metric, "value": row[f"{column}_{metric}"]}


def _measured_rows(metrics: pd.DataFrame, complexity: pd.DataFrame, paper: Paper) -> Iterator[dict[str, Any]]:
    # Bicubic, the baseline, stands above the networks, as in the papers.
    models = sorted({*metrics["model"], *complexity["model"]}, key=lambda model: (model != BICUBIC, model))
    for model in models:
        label = _label(model, paper)
        for row in complexity[complexity["model"] == model].to_dict("records"):
            common = {"scale": row["scale"], "method": label, "test_set": ""}
            yield {**common, "metric": "params_k", "value": row["params"] / 1e3}
            yield {**common, "metric": "mult_adds_g", "value": row["mult_adds"] / 1e9}
        for row in metrics[metrics["model"] == model].to_dict("records"):
            common = {"scale": row["scale"], "method": label, "test_set": row["test_set"]}
            for metric in ("psnr", "ssim"):
                yield {**common, "metric": metric, "value": row[metric]}


def _difference(printed: pd.DataFrame, measured: pd.DataFrame, paper: Paper) -> pd.DataFrame:
    """Subtract the paper's own row from this run's, where both have the number."""
    ours = measured[measured["method"] == own_label(paper)]
    theirs = printed[printed["method"] == paper.name]
    both = ours.merge(theirs, on=ADDRESS, suffixes=("", "_paper"))
    value = both["value"] - both["value_paper"]
    label = f"{paper.name}: this run − paper"
    return both.assign(value=value, method=label, source="difference")[COLUMNS]
