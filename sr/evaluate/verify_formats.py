"""File formats of results/verify: what is checked without training, one file a check.

Each file holds what was measured or computed and what was absent; judging it is the report's. A row of a paper is
named as in data/published.csv: paper, table, method (its label there), scale.
"""

from typing import Annotated, Literal

from pydantic import Field

from sr.core.formats import Document
from sr.evaluate.formats import Count, Metrics, Scale, Sha256

# How the network behind a printed row is known: its genotype is printed or released by the authors, follows from the
# printed counts alone, or was fitted to them, so that meeting them is no evidence.
Basis = Literal["published", "released", "identified", "fitted"]


class Absent(Document):
    """Something that a check could use and that is not at hand; ``remedy`` is what to do."""

    what: str
    remedy: str


class PaperRow(Document):
    """A row of data/published.csv."""

    paper: str
    table: str
    method: str
    scale: Scale


class SetDegradation(Document):
    """Our LR images of one set at one scale against the published ones; ``values`` counts samples of three colours."""

    test_set: str
    scale: Scale
    images: Annotated[int, Field(ge=1)]
    values: Count
    differing: Count
    largest: Count


class Degradation(Document):
    """results/verify/degradation.json."""

    check: Literal["degradation"] = "degradation"
    sets: list[SetDegradation]
    absent: list[Absent]


class CountedRow(Document):
    """Counts of the network behind a printed row, by this project's convention and by thop's rule.

    ``candidates`` are the multisets of operations in the cell that meet the printed numbers, for rows identified by
    them; ``genotype`` is then the first with operations in alphabetical order, as the order changes no count.
    """

    row: PaperRow
    basis: Basis
    genotype: dict
    network: dict
    params: Count
    mult_adds: Count
    mult_adds_thop: Count
    printed_params_k: float | None = None
    printed_mult_adds_g: float | None = None
    candidates: list[list[str]] = []


class CountCheck(Document):
    """results/verify/counts.json."""

    check: Literal["counts"] = "counts"
    rows: list[CountedRow]
    absent: list[Absent]


class ReleasedCheckpoint(Document):
    """One checkpoint of the authors, measured: ``row`` is what it is evidence for, ``crop_border`` the row's protocol.

    ``metrics`` is one document a test set, each with every measured border crop.
    """

    name: str
    sha256: Sha256
    row: PaperRow
    crop_border: Count
    metrics: list[Metrics]


class Released(Document):
    """results/verify/released.json."""

    check: Literal["released"] = "released"
    checkpoints: list[ReleasedCheckpoint]
    absent: list[Absent]


class Comparison(Document):
    """Two printed numbers, or one number and a bound; ``value`` is their difference or quotient.

    ``holds`` is whether the text's statement is true of them; ``what`` names set, metric and scale.
    """

    what: str
    scale: Scale | None = None
    test_set: str | None = None
    metric: str
    left: float
    right: float
    value: float
    holds: bool


class PrintedStatement(Document):
    """One sentence of a paper, recomputed from the numbers that papers print."""

    id: str
    paper: str
    where: str
    statement: str
    comparisons: list[Comparison]
    note: str = ""

    @property
    def verdict(self) -> Literal["holds", "partly", "fails"]:
        """Return whether the statement holds in all comparisons, in some, or in none."""
        holding = [comparison.holds for comparison in self.comparisons]
        return "holds" if all(holding) else "partly" if any(holding) else "fails"


class Prints(Document):
    """results/verify/prints.json."""

    check: Literal["prints"] = "prints"
    statements: list[PrintedStatement]
    absent: list[Absent]
