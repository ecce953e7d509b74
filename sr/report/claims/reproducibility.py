"""Reproducibility summary in the form of the ML Reproducibility Challenge, and the NeurIPS paper checklist.

Written from results/claims.json, so every number in it is one of that file. docs/reproducibility.md is this text for
the recorded run (docs/demo/claims.json).
"""

from collections.abc import Iterable

from sr.methods.papers import PAPERS
from sr.methods.spec import Paper
from sr.report.claims import checklist, verdicts
from sr.report.claims.formats import GRADES, Claim, Claims, Grade
from sr.report.claims.margins import margin


def text(claims: Claims) -> str:
    """Return the whole document as Markdown."""
    papers = [paper for paper in PAPERS.values() if any(row.paper == paper.name for row in claims.verdicts)]
    parts = [
        "# Reproducibility summary\n\nWritten by `python -m sr page --document` from the claims of a run; do not edit. "
        f"Preset: {claims.preset}",
        _scope(claims, papers),
        _methodology(papers),
        _results(claims),
        _easy(claims),
        _difficult(claims, papers),
        _listing(claims),
        _deviations(papers),
        checklist.text(claims),
    ]
    return "\n\n".join(parts) + "\n"


def _scope(claims: Claims, papers: Iterable[Paper]) -> str:
    rows = []
    for paper in papers:
        kinds = [claim.kind for claim in claims.claims if claim.paper == paper.name]
        numbers = kinds.count("size") + kinds.count("quality")
        other = f"{kinds.count('order')} orders and {kinds.count('statement')} statements"
        rows.append(f"- **{paper.name}**: {paper.citation}. {numbers} printed numbers, {other}.")
    return "## Scope of reproducibility\n\n" + "\n".join(rows)


def _methodology(papers: Iterable[Paper]) -> str:
    grades = "\n".join(f"- **{grade}**: {meaning}." for grade, meaning in GRADES.items())
    stated = [
        f"{paper.name}: {entry.margin_db} dB, {entry.reason}" for paper in papers if (entry := margin(paper.method))
    ]
    return (
        "## Methodology\n\nThe papers are implemented from their text, checked by numeric tests of each formula. A "
        f"claim is judged by grades of evidence that are never merged:\n\n{grades}\n\nMargins of equivalence, stated "
        f"before any run with the papers' budget: {'; '.join(stated)}."
    )


def _results(claims: Claims) -> str:
    rows = ["## Results\n", "| paper | grade | verdict | tally |", "|---|---|---|---|"]
    for row in claims.verdicts:
        tally = verdicts.in_words(verdicts.tallied([row])[row.grade])
        rows.append(f"| {row.paper} | {row.grade} | {row.sentence} | {tally} |")
    return "\n".join(rows)


def _easy(claims: Claims) -> str:
    held = [claim for claim in claims.claims if _state(claim, "B") == "holds"]
    sizes = sum(claim.kind == "size" for claim in held)
    return (
        "## What was easy\n\nWhatever needs no training: "
        f"{len(held)} claims hold on released weights and counts, {sizes} of them on sizes."
    )


def _difficult(claims: Claims, papers: Iterable[Paper]) -> str:
    fitted = sum(_state(claim, "B") == "fitted" for claim in claims.claims)
    failing = [claim for claim in claims.claims if _state(claim, "A") in ("partly", "differs")]
    count = sum(len(paper.deviations) for paper in papers)
    lines = [
        f"- What the texts leave open: {count} deviations are listed below; {fitted} sizes could only be fitted.",
        "- A budget of days of a GPU for each search and training, times seeds: without it nothing trained is judged.",
    ]
    lines += [f"- {claim.paper}, {claim.source}: “{claim.quantity}”. {claim.grades['A'].note}" for claim in failing]
    return "## What was difficult\n\n" + "\n".join(lines)


def _listing(claims: Claims) -> str:
    rows = ["## Claims\n", f"| claim | paper | {' | '.join(GRADES)} |", "|---" * (2 + len(GRADES)) + "|"]
    for claim in claims.claims:
        cells = [_cell(claim, grade) for grade in GRADES]
        rows.append(f"| {claim.paper}, {claim.source}: {claim.quantity} | {claim.printed} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(claim: Claim, grade: Grade) -> str:
    judgement = claim.grades.get(grade)
    return f"{judgement.state} {judgement.measured}".strip() if judgement else ""


def _state(claim: Claim, grade: Grade) -> str:
    return claim.grades[grade].state if grade in claim.grades else ""


def _deviations(papers: Iterable[Paper]) -> str:
    rows = [
        "## Deviations\n",
        "| paper | text | release | here | expected effect | switch |",
        "|---|---|---|---|---|---|",
    ]
    for paper in papers:
        for row in paper.deviations:
            switch = f"`{row.switch}`" if row.switch else "–"
            cells = (paper.name, row.paper, row.release or "–", row.here, row.effect, switch)
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)
