"""results/report/index.html: one page with everything that a reviewer wants to see, which needs no network.

plotly draws the interactive plots and DataTables (in itables' bundle) sorts and filters; both lie inside the page.
The page is a function of the run's files: the same files give the same bytes.
"""

import base64
import json
import os
import re
from collections import Counter
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from sr.core.files import write_text
from sr.core.formats import load
from sr.evaluate.formats import Panel
from sr.evaluate.metrics import text
from sr.methods import papers
from sr.report.figures.panels import best_labels, titles
from sr.report.page import claims
from sr.report.page import plots as interactive
from sr.report.page import provenance_section as evidence
from sr.report.run import paths as inputs
from sr.report.run.reader import Run, read
from sr.report.tables import build as tables
from sr.report.tables import render
from sr.report.tables.footnotes import preset_note

TEMPLATES = Path(__file__).parent / "templates"
TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".pdf": "application/pdf"}
# A sort key below every number.
NOTHING = "-1e99"
ORDER = (claims.MATCH, claims.DIFFERS, claims.OPEN)


def write_page(params: str | os.PathLike, out: str | os.PathLike) -> Path:
    """Write the page of the run beside ``params`` to ``out``; return its path."""
    write_text(out, html(read(params)))
    return Path(out)


def html(run: Run) -> str:
    """Return the page."""
    environment = render.environment(TEMPLATES)
    environment.filters["order"] = order
    environment.globals |= {"values_text": partial(text, units=False), "best_labels": best_labels, "metrics": titles()}
    return environment.get_template("page.html.j2").render(**context(run), **_code())


def context(run: Run) -> dict[str, Any]:
    """Return what the templates show, by section."""
    # What can be judged comes first; otherwise in the papers' order.
    found = sorted(claims.of_run(run), key=lambda claim: ORDER.index(claim.verdict))
    figures = {
        "clouds": interactive.clouds(run),
        "training": interactive.training(run),
        "searches": interactive.searches(run),
        "choices": interactive.choices(run),
    }
    sheets = {name: _sheet(run, name) for name in run.tables()}
    texts = {name: {kind[1:]: text for kind, text in tables.texts(built).items()} for name, built in sheets.items()}
    return {
        "preset": preset_note(run.params),
        "titles": {paper.name: paper.citation for paper in papers.PAPERS.values()},
        "claims": found,
        "verdicts": Counter(claim.verdict for claim in found),
        "tolerances": {"psnr": claims.PSNR_TOLERANCE, "ssim": claims.SSIM_TOLERANCE, **claims.SIZE_TOLERANCE},
        "gains": evidence.gains(run),
        "sheets": {name: built.table for name, built in sheets.items()},
        "texts": _script({name: {k: t for k, t in kinds.items() if k != "html"} for name, kinds in texts.items()}),
        "figures": _script(figures),
        "plots": {name: bool(group) for name, group in figures.items()},
        "static": _static(run),
        "drawings": _drawings(run),
        "searches": {name: evidence.choices(run, name) for name in run.models if name in inputs.searched(run.models)},
        "costs": evidence.costs(run),
        "panels": _panels(run),
        "provenance": evidence.provenance(run),
        "jobs": evidence.jobs(run),
    }


def order(text: str) -> str:
    """Return the first number of a cell's text as a sort key; a cell without one sorts below all."""
    plain = text.replace("−", "-").replace(",", "")
    first = re.match(r"\s*[+-]?\d+(\.\d+)?", plain)
    return first[0].strip() if first else NOTHING


def _sheet(run: Run, name: str) -> tables.Built:
    table = run.tables()[name]
    return tables.build(table, run.params, run.root / table.published, run.inputs_of(table))


def _static(run: Run) -> list[dict[str, Any]]:
    """Return the papers' plots as files to take along."""
    stems = [
        (f"{method}_psnr_vs_{kind}", f"{method.upper()}: PSNR against {name}")
        for method in run.params.methods
        for kind, name in (("params", "Params"), ("mult_adds", "Mult-Adds"))
    ]
    found = [{"title": title, "files": _files(run, stem)} for stem, title in stems]
    return [entry for entry in found if entry["files"]]


def _drawings(run: Run) -> list[dict[str, Any]]:
    """Return the drawings of the derived networks."""
    found = [{"model": method, "files": _files(run, f"{method}_genotype")} for method in run.params.methods]
    return [entry for entry in found if entry["files"]]


def _files(run: Run, stem: str) -> dict[str, dict[str, str]]:
    paths = {kind[1:]: run.path(f"results/figures/{stem}{kind}") for kind in TYPES}
    return {kind: {"name": path.name, "address": _address(path)} for kind, path in paths.items() if path}


def _address(path: Path) -> str:
    return f"data:{TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _panels(run: Run) -> list[tuple[str, Panel]]:
    """Return (title, panel) of the run's visual comparisons in the papers' order."""
    paths = [
        (spec.title, path)
        for spec in papers.panels(run.params.methods).values()
        for test_set in run.params.data.test
        if (path := run.path(f"results/panels/{spec.name}_{test_set}.json"))
    ]
    return [(title, load(path, Panel, "Measure it again: python -m sr panel")) for title, path in paths]


def _script(value: Any) -> str:
    """Return JSON that may stand inside a script element."""
    # Not "</" alone: after "<!--<script" the element would not end where it should.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _code() -> dict[str, str]:
    """Return style and programs; "</script" inside them would end their element."""
    bundle = (resources.files("itables") / "html" / "dt_bundle.js").read_text(encoding="utf-8")
    programs = {
        "plotly": get_plotlyjs(),
        "datatables": bundle,
        "program": (TEMPLATES / "page.js").read_text(encoding="utf-8"),
    }
    safe = {name: re.sub(r"</(script)", r"<\\/\1", text, flags=re.IGNORECASE) for name, text in programs.items()}
    return {"style": (TEMPLATES / "page.css").read_text(encoding="utf-8"), **safe}
