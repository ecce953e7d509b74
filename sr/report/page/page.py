"""The report for reviewers, results/report/index.html: everything in one HTML file that needs no network.

plotly draws the interactive plots and DataTables (in itables' bundle) sorts and filters; both are embedded. A policy in
the page lets nothing else run, and nothing be loaded. The page is a function of the run's files: the same files give
the same bytes. Tables are loaded, not built.
"""

import base64
import json
import os
import re
from collections.abc import Iterable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from sr.core.errors import UserError
from sr.core.files import write_text
from sr.core.formats import load, write
from sr.evaluate.formats import Panel
from sr.evaluate.metrics import METRICS, PRIMARY, text
from sr.methods import papers
from sr.methods.spec import TIMINGS
from sr.report.claims import engine, reproducibility, verdicts
from sr.report.claims.formats import GRADES, STATES, TITLES, Claims
from sr.report.claims.margins import margin
from sr.report.figures.metric_labels import all_labels
from sr.report.figures.panels import best_labels
from sr.report.page import (
    budget_plots,
    clouds,
    distance,
    latency_section,
    plot_style,
    plots,
    provenance_section,
    summary,
)
from sr.report.run import paths, timings
from sr.report.run.reader import FinishedRun, read
from sr.report.scrutiny import build, words
from sr.report.scrutiny.formats import Scrutiny
from sr.report.tables import render
from sr.report.tables.footnotes import preset_note
from sr.report.tables.table import Table

TEMPLATES = Path(__file__).parent / "templates"
TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".pdf": "application/pdf"}
# Formats of a table that a reader may copy.
COPIED = ("tex", "md", "csv")
# The sort key of a cell without a number, which the page puts last.
NOTHING = ""


def write_page(
    params: str | os.PathLike,
    out: str | os.PathLike,
    lines: str | os.PathLike | None = None,
    claims: str | os.PathLike | None = None,
    document: str | os.PathLike | None = None,
    scrutiny: str | os.PathLike | None = None,
) -> Path:
    """Write the page of the run whose parameter file is ``params`` to ``out``; return its path.

    If they are wanted: ``lines`` is a text file for what ends the run on the terminal, ``claims`` the JSON file of all
    claims, ``document`` the Markdown file of the reproducibility summary, and ``scrutiny`` the JSON file of what the
    searches found.
    """
    run = read(params)
    judged, scrutinised = engine.judge(run), build.of_run(run)
    write_text(out, html(run, judged, scrutinised))
    if scrutiny:
        write(scrutiny, scrutinised)
    if claims:
        write(claims, judged)
    if document:
        write_text(document, reproducibility.text(judged))
    if lines:
        write_text(lines, summary.text(run, judged, Path(out)))
    return Path(out)


def html(run: FinishedRun, judged: Claims | None = None, scrutinised: Scrutiny | None = None) -> str:
    """Return the page; ``judged``, ``scrutinised``: the run's claims, and what its searches found, if known already."""
    environment = render.environment(TEMPLATES)
    environment.filters["order"] = order
    environment.globals |= {
        "values_text": partial(text, units=False),
        "best_labels": best_labels,
        "metrics": all_labels(),
        "primary": METRICS[PRIMARY].title,
        "grades": GRADES,
        "titles": TITLES,
        "states": STATES,
    }
    return environment.get_template("page.html.j2").render(**context(run, judged, scrutinised), **_code())


def context(run: FinishedRun, judged: Claims | None = None, scrutinised: Scrutiny | None = None) -> dict[str, Any]:
    """Return what the templates show, by section."""
    judged = judged or engine.judge(run)
    timed, scrutinised = timings.read(run), scrutinised or build.of_run(run)
    figures = {
        "budgets": budget_plots.budgets(scrutinised),
        "latency": latency_section.figures(run, timed),
        "clouds": clouds.clouds(run),
        "distance": distance.distances(run),
        "training": plots.training(run),
        "searches": plots.searches(run),
        "choices": plots.choices(run),
    }
    tables, times = _tables(run, run.tables()), _tables(run, [TIMINGS.name])
    searched = [name for name in run.models if name in paths.searched(run.models)]
    return {
        "preset": preset_note(run.params),
        "papers": [papers.find(method) for method in run.params.methods],
        "claims": judged.claims,
        "verdicts": judged.verdicts,
        "tallies": verdicts.tallied(judged.verdicts),
        "margins": [entry for method in run.params.methods if (entry := margin(method))],
        "gains": summary.of_methods(run),
        "bicubic": summary.against_bicubic(run),
        "lookalikes": summary.lookalikes(run),
        "tables": tables,
        "remeasured": bool(run.params.data.peers),
        "texts": _script({name: _texts(run, name) for name in {**tables, **times}}),
        "figures": _script(figures),
        "dark": _script(plot_style.DARK),
        "plots": {name: bool(group) for name, group in figures.items()},
        "static": _static(run),
        "diagrams": _diagrams(run),
        "searches": {name: provenance_section.choices(run, name) for name in searched},
        "scrutiny": _scrutiny(run, scrutinised),
        "latency": latency_section.section(run, timed, times.get(TIMINGS.name)),
        "first_set": run.params.data.test[0],
        "costs": provenance_section.costs(run),
        "panels": _panels(run),
        "provenance": provenance_section.provenance(run),
        "jobs": provenance_section.jobs(run),
    }


def order(text: str) -> str:
    """Return the first number of a cell's text as a sort key of JavaScript, or ``NOTHING``."""
    plain = text.replace("−", "-").replace(",", "").replace("∞", "Infinity")
    first = re.match(r"\s*[+-]?(\d+(\.\d+)?|Infinity)", plain)
    return first[0].strip() if first else NOTHING


def _tables(run: FinishedRun, names: Iterable[str]) -> dict[str, Table]:
    """Return those of the named tables that the run has, in their order, by name."""
    files = {name: run.path(f"results/tables/{name}.json") for name in names}
    return {name: load(path, Table, "Build it again: python -m sr table") for name, path in files.items() if path}


def _texts(run: FinishedRun, name: str) -> dict[str, str]:
    """Return a table as LaTeX, Markdown and CSV, as its files have it."""
    files = {kind: run.path(f"results/tables/{name}.{kind}") for kind in COPIED}
    try:
        return {kind: path.read_text(encoding="utf-8") for kind, path in files.items() if path}
    except UnicodeDecodeError as error:
        raise UserError(f"results/tables/{name}: not UTF-8 ({error}). Build the table again") from None


def _static(run: FinishedRun) -> list[dict[str, Any]]:
    """Return the papers' plots as files to download."""
    stems = [
        (f"{method}_psnr_vs_{kind}", f"{method.upper()}: PSNR against {name}")
        for method in run.params.methods
        for kind, name in (("params", "Params"), ("mult_adds", "Mult-Adds"))
    ]
    entries = [{"title": title, "files": _files(run, stem)} for stem, title in stems]
    return [entry for entry in entries if entry["files"]]


def _diagrams(run: FinishedRun) -> list[dict[str, Any]]:
    """Return the diagrams of the derived networks."""
    entries = [{"model": method, "files": _files(run, f"{method}_genotype")} for method in run.params.methods]
    return [entry for entry in entries if entry["files"]]


def _files(run: FinishedRun, stem: str) -> dict[str, dict[str, str]]:
    files = {kind[1:]: run.path(f"results/figures/{stem}{kind}") for kind in TYPES}
    return {kind: {"name": path.name, "address": _address(path)} for kind, path in files.items() if path}


def _address(path: Path) -> str:
    return f"data:{TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _scrutiny(run: FinishedRun, result: Scrutiny) -> dict[str, dict[str, Any]]:
    """Return what the searches of each method are worth, by its title; empty if no network was repeated."""
    parts = {
        papers.find(method).name: {
            "method": method,
            "sentences": list(words.sentences(result, method)),
            "rows": words.rows(result, method),
        }
        for method in run.params.methods
    }
    return {title: part for title, part in parts.items() if part["sentences"] or part["rows"]}


def _panels(run: FinishedRun) -> list[tuple[str, Panel]]:
    """Return (title, panel) of the run's visual comparisons in the papers' order."""
    files = [
        (spec.title, path)
        for spec in papers.panels(run.params.methods).values()
        for test_set in run.params.data.test
        if (path := run.path(f"results/panels/{spec.name}_{test_set}.json"))
    ]
    return [(title, load(path, Panel, "Measure it again: python -m sr panel")) for title, path in files]


def _script(value: Any) -> str:
    """Return JSON that is safe inside a script element."""
    # Not "</" alone: after "<!--<script" the element would not end where it should.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _code() -> dict[str, Any]:
    """Return style, programs, and the policy that lets only them run; "</script" inside would end their element."""
    bundle = (resources.files("itables") / "html" / "dt_bundle.js").read_text(encoding="utf-8")
    programs = {
        "plotly": get_plotlyjs(),
        "datatables": re.sub(r"\bexport\{[^}]*?(\w+) as default[^}]*\}", r"globalThis.DataTable=\1", bundle),
        "program": (TEMPLATES / "page.js").read_text(encoding="utf-8"),
    }
    safe = {name: re.sub(r"</(script)", r"<\\/\1", text, flags=re.IGNORECASE) for name, text in programs.items()}
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    # Where elements have these ids, plotly adds no styles of its own: they are for maps, and the policy forbids them.
    foreign = re.findall(r'getElementById\("([0-9a-f]{64})"\)', programs["plotly"])
    return {"style": style, **safe, "policy": render.policy([style], [*safe.values()]), "foreign_styles": foreign}
