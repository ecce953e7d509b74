"""Findings and claims: what the lines of the page's first screen consist of."""

from dataclasses import dataclass
from typing import Any

from sr.methods.spec import Paper
from sr.report.run.reader import FinishedRun
from sr.report.tables.footnotes import PAPER_PRESET, edited
from sr.report.tables.table import DASH

MATCH, DIFFERS, OPEN = "match", "differs", "open"


@dataclass(frozen=True)
class Finding:
    """A measured number as text, its difference from the printed one, and its origin or why it is missing.

    ``state`` is one of MATCH, DIFFERS, OPEN; for OPEN, ``note`` gives the reason.
    """

    text: str
    difference: str
    state: str
    note: str


@dataclass(frozen=True)
class Claim:
    """One line: ``checked`` without training, ``own`` by this run; ``printed`` is a mean if there are ``sets``."""

    paper: str
    scale: int
    quantity: str
    printed: str
    checked: Finding
    own: Finding
    protocol: str
    sets: str = ""

    @property
    def verdict(self) -> str:
        """Return the better of both states."""
        states = (self.checked.state, self.own.state)
        return MATCH if MATCH in states else DIFFERS if DIFFERS in states else OPEN


def missing(reason: str) -> Finding:
    """Return a finding without a number."""
    return Finding(DASH, "", OPEN, reason)


def no_scale(run: FinishedRun, paper: Paper, scale: int) -> str:
    """Return that this run has no network for ``scale``; empty if it has one."""
    return "" if scale in run.models[paper.method].scales else f"×{scale} is not in this run"


def has_paper_budget(run: FinishedRun) -> bool:
    """Return whether the run has the papers' own budget."""
    return run.params.preset == PAPER_PRESET and not edited(run.params)


def budget_note(run: FinishedRun) -> str:
    """Return with which budget the run trained."""
    return (
        "trained with the paper's budget"
        if has_paper_budget(run)
        else f"preset {run.params.preset}: not the paper's budget"
    )


def measured_row(run: FinishedRun, model: str, scale: int, test_set: str) -> dict[str, Any] | None:
    """Return the row of ``FinishedRun.metrics`` for one model, scale and test set, or None."""
    frame = run.metrics
    rows = frame[(frame["model"] == model) & (frame["scale"] == scale) & (frame["test_set"] == test_set)]
    return rows.to_dict("records")[0] if len(rows) else None
