"""One tidy comparison table as CSV, Markdown, LaTeX and HTML."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from sr.report.notes import Note
from sr.report.published import SETS

TEMPLATES = Path(__file__).parent / "templates"
PARAMS, MULT_ADDS = "Params (K)", "Mult-Adds (G)"
DASH = "–"
DIGITS = {"params_k": 1, "mult_adds_g": 1, "psnr": 2, "ssim": 4}
LATEX = {
    **{char: f"\\{char}" for char in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"$\times$",
    "−": "$-$",
    DASH: "--",
}
# Styler's own notation: the command, wrapped around the cell.
LATEX_STYLE = {"published": "", "measured": "textbf:--rwrap;", "difference": "textit:--rwrap;"}


def pages(table: pd.DataFrame, title: str, citation: str, notes: list[Note]) -> dict[str, str]:
    """Return the text of each format by file suffix; ``table`` as from ``tables.comparison``."""
    shown = display(table)
    return {
        ".csv": table.to_csv(index=False, float_format="%.10g", lineterminator="\n"),
        ".md": _markdown(shown, title, citation, notes),
        ".tex": _latex(shown, title, citation, notes),
        ".html": _html(shown, title, citation, notes),
    }


def display(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as readers know it: one row a method, text cells, ``source`` as the index."""
    extra = [name for name in table["test_set"].unique() if name and name not in SETS.values()]
    rows = table.groupby(["scale", "source", "method"], sort=False, observed=True)
    index = [source for (_, source, _), _ in rows]
    cells = [_row(scale, method, source, part, [*SETS.values(), *extra]) for (scale, source, method), part in rows]
    return pd.DataFrame(cells, index=pd.Index(index, name="source"))


def _row(scale: int, method: str, source: str, numbers: pd.DataFrame, sets: list[str]) -> dict[str, str]:
    found = {(row.test_set, row.metric): row.value for row in numbers.itertuples()}

    def text(test_set: str, metric: str) -> str:
        return _number(found.get((test_set, metric), math.nan), metric, source)

    quality = {name: f"{text(name, 'psnr')} / {text(name, 'ssim')}" for name in sets}
    quality = {name: DASH if cell == f"{DASH} / {DASH}" else cell for name, cell in quality.items()}
    complexity = {PARAMS: text("", "params_k"), MULT_ADDS: text("", "mult_adds_g")}
    return {"Scale": f"×{scale}", "Method": method, **complexity, **quality}


def _number(value: float, metric: str, source: str) -> str:
    """Format with the papers' digits, a true minus, a sign on differences, and no sign on a rounded zero."""
    if math.isnan(value):
        return DASH
    # Papers print whole thousands of parameters; ours keep a digit, because the papers cut where others round.
    digits = 0 if metric == "params_k" and source == "published" else DIGITS[metric]
    sign = "+" if source == "difference" and round(value, digits) != 0 else ""
    return f"{round(value, digits) + 0.0:{sign},.{digits}f}".replace("-", "−")


def _markdown(shown: pd.DataFrame, title: str, citation: str, notes: list[Note]) -> str:
    align = ["left", "left"] + ["right"] * (len(shown.columns) - 2)
    body = shown.to_markdown(index=False, disable_numparse=True, colalign=align)
    lines = [f"- **{label}**: {text}" for label, text in notes]
    return (
        "\n\n".join([f"# {title}", f"Paper: {citation}. Test sets: PSNR (dB) / SSIM.", body, "\n".join(lines)]) + "\n"
    )


def _html(shown: pd.DataFrame, title: str, citation: str, notes: list[Note]) -> str:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    options = {"autoescape": True, "undefined": jinja2.StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    template = jinja2.Environment(loader=loader, keep_trailing_newline=True, **options).get_template("table.html.j2")
    groups = [
        {"scale": scale, "rows": [{"source": str(source), "cells": list(row)[1:]} for source, row in _indexed(part)]}
        for scale, part in shown.groupby("Scale", sort=False)
    ]
    return template.render(title=title, citation=citation, sets=list(shown.columns)[4:], groups=groups, notes=notes)


def _indexed(frame: pd.DataFrame) -> Iterator[tuple[str, Any]]:
    return zip(frame.index, frame.itertuples(index=False), strict=True)


def _latex(shown: pd.DataFrame, title: str, citation: str, notes: list[Note]) -> str:
    """Return a table float that needs the packages booktabs and graphicx."""
    lines = [rf"  \textbf{{{escape_latex(label)}:}} {escape_latex(text)}\par" for label, text in notes]
    caption = f"{title}. Paper: {citation}. Test sets: PSNR (dB) / SSIM."
    return "\n".join(
        [
            "% needs: booktabs, graphicx",
            r"\begin{table}",
            rf"  \caption{{{escape_latex(caption)}}}",
            r"  \resizebox{\linewidth}{!}{%",
            _tabular(shown) + "}",
            r"  \par\medskip\scriptsize\raggedright",
            *lines,
            r"\end{table}",
            "",
        ]
    )


def _tabular(shown: pd.DataFrame) -> str:
    """Return the booktabs tabular; the scale stands once and a rule divides the scales."""
    starts = ~shown["Scale"].duplicated()
    sources = list(shown.index)
    cells = shown.assign(Scale=shown["Scale"].where(starts, "")).reset_index(drop=True).map(escape_latex)
    cells.columns = [escape_latex(name) for name in cells.columns]
    styler = cells.style.hide(axis="index").apply(
        lambda row: ["", *[LATEX_STYLE[sources[row.name]]] * (len(row) - 1)], axis=1
    )
    column_format = "ll" + "r" * (len(cells.columns) - 2)
    head, body = styler.to_latex(hrules=True, column_format=column_format).split("\\midrule\n")
    rows = body.splitlines()
    ruled = [("\\midrule\n" if first else "") + row for first, row in zip(starts, rows, strict=False)]
    return "\n".join([head.rstrip("\n"), *ruled, *rows[len(ruled) :]])


def escape_latex(text: str) -> str:
    """Return ``text`` with LaTeX's special characters and our three typographic ones as commands."""
    return "".join(LATEX.get(char, char) for char in text)
