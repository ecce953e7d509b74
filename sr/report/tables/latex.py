"""All tables of a run as one LaTeX document that compiles by itself."""

import os
from collections.abc import Iterable
from pathlib import Path

from sr.core.errors import UserError
from sr.core.files import write_text
from sr.report.tables.render import escape_latex

# Captions begin with the paper's number of the table, so LaTeX's own numbering is switched off.
PREAMBLE = r"""\documentclass[10pt,a4paper]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{lmodern}
\usepackage[margin=15mm]{geometry}
\usepackage{booktabs}
\usepackage[labelformat=empty,font=small]{caption}
\usepackage{graphicx}
\usepackage{xcolor}
% Place each table where it is named, including the last.
\makeatletter
\def\fps@table{!ht}
\makeatother
% Notes name parameters, which have no hyphen.
\sloppy
"""


def write_collection(tables: Iterable[str | os.PathLike], preset: str, out: str | os.PathLike) -> str:
    """Write the tables' ``.tex`` files, in the given order, as one document to ``out``; return its text."""
    bodies = [_body(Path(path)) for path in tables]
    title = [
        r"\title{Tables of this run and of the papers}",
        rf"\author{{preset {escape_latex(preset)}}}",
        r"\date{}",
    ]
    pages = "\n\\clearpage\n".join(bodies)
    text = "\n".join([PREAMBLE + "\n".join(title), r"\begin{document}", r"\maketitle", pages, r"\end{document}", ""])
    write_text(out, text)
    return text


def _body(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such table. Create it first: python -m sr table") from None
    if r"\begin{table}" not in text or r"\documentclass" in text:
        raise UserError(f"{path}: not a LaTeX table. Give a .tex file written by the verb table")
    return f"% {path.stem}\n{text.rstrip()}"
