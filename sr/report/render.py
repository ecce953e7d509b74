"""One sheet as CSV, Markdown, LaTeX and HTML."""

from pathlib import Path

import jinja2
from tabulate import tabulate

from sr.report.sheet import DASH, Cell, Row, Sheet

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
    DASH: "--",
}
LATEX_MARK = {"best": r"\textbf{%s}", "second": r"\underline{%s}", "": "%s"}
LATEX_ROW = {"published": "%s", "elsewhere": "%s", "measured": r"\textsf{%s}", "difference": r"\textit{%s}"}
MARKDOWN_MARK = {"best": "**%s**", "second": "<ins>%s</ins>", "": "%s"}


def pages(sheet: Sheet) -> dict[str, str]:
    """Return the text of each format by file suffix."""
    return {
        ".csv": sheet.numbers.to_csv(index=False, float_format="%.10g", lineterminator="\n"),
        ".md": _markdown(sheet),
        ".tex": _latex(sheet),
        ".html": _html(sheet),
    }


def join(cell: Cell, marks: dict[str, str], escape=str) -> str:
    """Return a cell's text with each part escaped and marked."""
    return " / ".join(marks[part.mark] % escape(part.text) for part in cell)


def _texts(row: Row, width: int, marks: dict[str, str], escape=str) -> list[str]:
    """Return label and cells as text, ``width`` of them after the label; a reason fills up what is missing."""
    cells = [join(cell, marks, escape) for cell in row.cells] or [""] * width
    return [f"{escape(row.label)}{escape(f' ({row.reason})') if row.reason else ''}", *cells]


def _markdown(sheet: Sheet) -> str:
    align = ["left", "left"] + ["right"] * len(sheet.columns)
    rows = [
        [group.name, *_texts(row, len(sheet.columns), MARKDOWN_MARK)] for group in sheet.groups for row in group.rows
    ]
    headers = [*sheet.heads, *map(str, sheet.columns)]
    body = tabulate(rows, headers, tablefmt="pipe", disable_numparse=True, colalign=align)
    lines = [f"- **{label}**: {text}" for label, text in sheet.notes]
    return "\n\n".join([f"# {sheet.title}", f"Paper: {sheet.citation}. {sheet.reading}", body, "\n".join(lines)]) + "\n"


def _html(sheet: Sheet) -> str:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    options = {"autoescape": True, "undefined": jinja2.StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    template = jinja2.Environment(loader=loader, keep_trailing_newline=True, **options).get_template("table.html.j2")
    return template.render(sheet=sheet)


def _latex(sheet: Sheet) -> str:
    """Return a table float that needs the packages booktabs and graphicx."""
    lines = [rf"  \textbf{{{escape_latex(label)}:}} {escape_latex(text)}\par" for label, text in sheet.notes]
    return "\n".join(
        [
            "% needs: booktabs, graphicx",
            r"\begin{table}",
            rf"  \caption{{{escape_latex(f'{sheet.title}. Paper: {sheet.citation}. {sheet.reading}')}}}",
            r"  \resizebox{\linewidth}{!}{%",
            _tabular(sheet) + "}",
            r"  \par\medskip\scriptsize\raggedright",
            *lines,
            r"\end{table}",
            "",
        ]
    )


def _tabular(sheet: Sheet) -> str:
    """Return the booktabs tabular; a group's name stands once and a rule divides the groups."""
    width = len(sheet.columns)
    head = " & ".join(escape_latex(str(name)) for name in (*sheet.heads, *sheet.columns))
    lines = [rf"\begin{{tabular}}{{ll{'r' * width}}}", r"\toprule", rf"{head} \\"]
    for group in sheet.groups:
        lines.append(r"\midrule")
        for index, row in enumerate(group.rows):
            first, *rest = _texts(row, width, LATEX_MARK, escape_latex)
            texts = [LATEX_ROW[row.source] % text if text else "" for text in (first, *rest)]
            lines.append(" & ".join([escape_latex(group.name) if index == 0 else "", *texts]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def escape_latex(text: str) -> str:
    """Return ``text`` with LaTeX's special characters and our typographic ones as commands."""
    return "".join(LATEX.get(char, char) for char in text)
