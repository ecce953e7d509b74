"""Tables as Markdown, LaTeX and HTML."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import jinja2
import pandas as pd
from tabulate import tabulate

from sr.report.tables.table import DASH, Cell, Row, Table

TEMPLATES = Path(__file__).parent / "templates"
LATEX = {
    **{char: f"\\{char}" for char in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"$\times$",
    "−": "$-$",
    "±": r"$\pm$",
    "Δ": r"$\Delta$",
    "√": r"$\surd$",
    "→": r"$\to$",
    "∞": r"$\infty$",
    DASH: "--",
}
# The papers mark by colour; bold and underline also work in print and for the colour-blind.
LATEX_MARK = {"best": r"\textcolor{red}{\textbf{%s}}", "second": r"\textcolor{blue}{\underline{%s}}", "": "%s"}
LATEX_ROW = {"published": "%s", "elsewhere": "%s", "difference": r"\textit{%s}"}
LATEX_ROW |= dict.fromkeys(("remeasured", "measured"), r"\textsf{%s}")
MARKDOWN_MARK = {"best": "**%s**", "second": "<ins>%s</ins>", "": "%s"}


def pages(table: Table) -> dict[str, str]:
    """Return the text of each format by file suffix."""
    return {".md": _markdown(table), ".tex": _latex(table), ".html": _html(table)}


def join(cell: Cell, marks: dict[str, str], escape: Callable[[str], str] = str) -> str:
    """Return a cell's text with each number escaped and marked."""
    return " / ".join(marks[number.mark] % escape(number.text) for number in cell)


def _texts(row: Row, width: int, marks: dict[str, str], escape: Callable[[str], str] = str) -> list[str]:
    """Return label and cells as text, ``width`` of them after the label; a reason is added to the label."""
    cells = [join(cell, marks, escape) for cell in row.cells] or [""] * width
    return [f"{escape(row.label)}{escape(f' ({row.reason})') if row.reason else ''}", *cells]


def _markdown(table: Table) -> str:
    align = ["left", "left"] + ["right"] * len(table.columns)
    rows = [
        [group.name, *_texts(row, len(table.columns), MARKDOWN_MARK)] for group in table.groups for row in group.rows
    ]
    headers = [*table.heads, *map(str, table.columns)]
    body = tabulate(rows, headers, tablefmt="pipe", disable_numparse=True, colalign=align)
    lines = [f"- **{label}**: {text}" for label, text in table.notes]
    return (
        "\n\n".join([f"# {table.title}", f"Source: {table.citation}. {table.reading}", body, "\n".join(lines)]) + "\n"
    )


def environment(*folders: Path) -> jinja2.Environment:
    """Return Jinja for the templates here and in ``folders``: with escaping, and with errors for undefined names."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([TEMPLATES, *folders]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def policy(styles: list[str], scripts: list[str]) -> str:
    """Return the Content-Security-Policy of a page with these elements: they, images inside the file, nothing else.

    Programs may set styles, too: plotly's properties of elements need no permission, its rules an empty element.
    """
    styles = [*styles, ""] if scripts else styles
    rules = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "style-src-elem": _hashes(styles),
        "style-src-attr": "'none'",
        "script-src": _hashes(scripts) or "'none'",
        "img-src": "data:",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hashes(texts: list[str]) -> str:
    digests = [base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") for text in texts]
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def _html(table: Table) -> str:
    style = (TEMPLATES / "table.css").read_text(encoding="utf-8")
    return environment().get_template("table.html.j2").render(table=table, style=style, policy=policy([style], []))


def _latex(table: Table) -> str:
    """Return a table float that needs the packages booktabs, graphicx and xcolor."""
    lines = [rf"  \textbf{{{escape_latex(label)}:}} {escape_latex(text)}\par" for label, text in table.notes]
    return "\n".join(
        [
            "% needs: booktabs, graphicx, xcolor",
            r"\begin{table}",
            rf"  \caption{{{escape_latex(f'{table.title}. Source: {table.citation}. {table.reading}')}}}",
            # A narrow table keeps its size.
            r"  \centering\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            _tabular(table) + "}",
            r"  \par\medskip\scriptsize\raggedright",
            *lines,
            r"\end{table}",
            "",
        ]
    )


def _tabular(table: Table) -> str:
    """Return the booktabs tabular; a group's name is printed once and a rule divides the groups."""
    width = len(table.columns)
    rows = [(group_index, row) for group_index, group in enumerate(table.groups) for row in group.rows]
    texts = [
        [LATEX_ROW[row.source] % text if text else "" for text in _texts(row, width, LATEX_MARK, escape_latex)]
        for _, row in rows
    ]
    # The index is numeric, because two rows may share a name; names are only displayed.
    index = pd.MultiIndex.from_tuples([(group_index, row_index) for row_index, (group_index, _) in enumerate(rows)])
    styler = pd.DataFrame([row[1:] for row in texts], index=index, columns=range(width)).style
    styler.format_index([escape_latex(str(name)) for name in table.columns].__getitem__, axis="columns")
    styler.format_index([escape_latex(group.name) for group in table.groups].__getitem__, level=0)
    styler.format_index([row[0] for row in texts].__getitem__, level=1)
    form = "ll" + "r" * width
    body = styler.to_latex(hrules=True, clines="skip-last;data", multirow_align="naive", column_format=form)
    # pandas puts the heads of the index on a line of their own, and divides groups by its own kind of rule.
    rule = rf"\cline{{1-{width + 2}}}" + "\n"
    body = body.replace(" &  & ", " & ".join(map(escape_latex, table.heads)) + " & ", 1)
    return body.replace(rule + r"\bottomrule", r"\bottomrule").replace(rule, "\\midrule\n").rstrip("\n")


def escape_latex(text: str) -> str:
    """Return ``text`` with LaTeX's special characters and our typographic ones as commands."""
    return "".join(LATEX.get(char, char) for char in text)
