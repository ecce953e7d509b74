"""docs/reproducibility.md: the summary and checklist of the recorded run, and nothing that its claims do not say."""

import re

from sr.core.formats import load
from sr.methods.papers import PAPERS
from sr.report.claims import reproducibility
from sr.report.claims.formats import GRADES, Claims
from tests.helpers.repository import REPO

CLAIMS = load(REPO / "docs/demo/claims.json", Claims)


def test_the_document_is_that_of_the_recorded_claims() -> None:
    text = (REPO / "docs/reproducibility.md").read_text(encoding="utf-8")
    assert text == reproducibility.text(CLAIMS), "make record-demo writes both"


def test_it_has_the_sections_of_the_challenge_and_every_verdict() -> None:
    text = reproducibility.text(CLAIMS)
    heads = re.findall("^## (.*)$", text, re.M)
    assert heads[:5] == [
        "Scope of reproducibility", "Methodology", "Results", "What was easy", "What was difficult",
    ]  # fmt: skip
    assert all(verdict.sentence in text for verdict in CLAIMS.verdicts)
    assert len(CLAIMS.verdicts) == len(PAPERS) * len(GRADES)
    assert "## NeurIPS paper checklist" in text


def test_tables_have_as_many_cells_as_columns() -> None:
    rows = [line for line in reproducibility.text(CLAIMS).splitlines() if line.startswith("|")]
    widths = [line.replace("\\|", "").count("|") for line in rows]
    # A rule below the head of each table tells its width.
    width = 0
    for line, count in zip(rows, widths, strict=True):
        width = count if set(line) <= set("|-") else width
        following = rows[rows.index(line) + 1 : rows.index(line) + 2]
        head = bool(following) and set(following[0]) <= set("|-")
        assert head or count == width, line


def test_changing_a_verdict_changes_the_document() -> None:
    first, *rest = CLAIMS.verdicts
    other = CLAIMS.replace(verdicts=[first.replace(sentence="Another sentence."), *rest])
    assert reproducibility.text(other) != reproducibility.text(CLAIMS)
