"""NeurIPS paper checklist of a run, answered from its claims and from how it was made.

Questions: https://neurips.cc/public/guides/PaperChecklist. An answer that no run can change is a constant.
"""

from collections.abc import Iterator

from sr.methods.papers import PAPERS
from sr.report.claims.formats import Claim, Claims, RunFacts
from sr.report.claims.inference import MIN_SEEDS

Row = tuple[str, str, str]
JUDGED = ("holds", "partly", "differs")
FIXED: dict[str, tuple[str, str]] = {
    "Theory, assumptions and proofs": ("n/a", "No theorem is claimed."),
    "Experimental setting and details": ("Yes", "docs/parameters.md, workflow/presets/paper.yaml."),
    "Code of ethics": ("Yes", "Public benchmarks of photographs; no personal data is collected."),
    "Broader impacts": ("n/a", "A reproduction of published image enlargement."),
    "Safeguards": ("n/a", "No model with a high risk of misuse is released."),
    "New assets": ("Yes", "results/zoo: a card with training, data and test results for each network."),
    "Crowdsourcing and human subjects": ("n/a", "None."),
    "Institutional review board": ("n/a", "None needed."),
    "Use of large language models": ("n/a", "No part of the method."),
}


def text(claims: Claims) -> str:
    """Return the checklist as a section in Markdown."""
    rows = ["## NeurIPS paper checklist\n", "| question | answer | where |", "|---|---|---|"]
    return "\n".join([*rows, *(f"| {question} | {answer} | {where} |" for question, answer, where in _rows(claims))])


def _rows(claims: Claims) -> Iterator[Row]:
    """Yield the rows in the order of the official list."""
    run = claims.run
    answers = {
        "Claims": _claims(claims),
        "Limitations": _limitations(claims),
        "Experimental result reproducibility": _reproducibility(run),
        "Open access to data and code": _data(run),
        "Statistical significance": _significance(claims),
        "Compute resources": _compute(run),
        "Licences of existing assets": _licences(run),
        **FIXED,
    }
    order = (
        *("Claims", "Limitations", "Theory, assumptions and proofs", "Experimental result reproducibility"),
        *("Open access to data and code", "Experimental setting and details", "Statistical significance"),
        *("Compute resources", "Code of ethics", "Broader impacts", "Safeguards", "Licences of existing assets"),
        *("New assets", "Crowdsourcing and human subjects", "Institutional review board"),
        "Use of large language models",
    )
    for question in order:
        yield (question, *answers[question])


def _claims(claims: Claims) -> tuple[str, str]:
    judged = sum(_is(claim, *JUDGED) for claim in claims.claims)
    return "Yes", f"{len(claims.claims)} claims are listed below with their grades of evidence; {judged} are judged."


def _limitations(claims: Claims) -> tuple[str, str]:
    waiting = sum(not _is(claim, *JUDGED) for claim in claims.claims)
    papers = [paper for paper in PAPERS.values() if any(row.paper == paper.name for row in claims.verdicts)]
    deviations = sum(len(paper.deviations) for paper in papers)
    return "Yes", f"{waiting} claims are not judged, each with its reason; {deviations} deviations are listed below."


def _reproducibility(run: RunFacts) -> tuple[str, str]:
    commits = ", ".join(run.commits) or "none"
    clean = len(run.commits) == 1 and run.commits[0].isalnum() and run.commits[0] != "none"
    where = f"`snakemake all`; one file, params.yaml, holds every number. Commit of the jobs: {commits}."
    return "Yes" if clean else "In part", where


def _data(run: RunFacts) -> tuple[str, str]:
    alike = "not compared" if run.lookalikes is None else str(run.lookalikes)
    return "Yes", f"docs/data.md: sources with checksums. Test images that look like a training image: {alike}."


def _significance(claims: Claims) -> tuple[str, str]:
    seeds = ", ".join(f"{paper} {count}" for paper, count in claims.run.seeds.items())
    judged = sum(_state(claim, "C") in JUDGED for claim in claims.claims)
    rules = (
        "Seeds are the unit of replication: prediction intervals, equivalence tests, two-level intervals with Holm's "
        "correction."
    )
    enough = claims.run.seeds and min(claims.run.seeds.values()) >= MIN_SEEDS
    answer = "Yes" if enough else "In part"
    return answer, f"{rules} Seeds here: {seeds or 'none'}; {judged} claims are judged by retraining."


def _compute(run: RunFacts) -> tuple[str, str]:
    energy = f", {run.energy_wh:,.1f} Wh of GPU energy" if run.energy_wh is not None else ""
    machines = " and ".join(run.machines) or "no machine"
    return "Yes", f"results/records: {run.jobs} jobs, {run.hours:,.2f} hours in all on {machines}{energy}."


def _licences(run: RunFacts) -> tuple[str, str]:
    stated = "; ".join(f"{name}: {licence}" for name, licence in run.licences.items()) or "no data set"
    return "Yes", f"{stated}. The authors' release states none."


def _is(claim: Claim, *states: str) -> bool:
    return any(judgement.state in states for judgement in claim.grades.values())


def _state(claim: Claim, grade: str) -> str:
    return next((judgement.state for key, judgement in claim.grades.items() if key == grade), "")
