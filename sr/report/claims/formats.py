"""File format of results/claims.json: every claim of the papers and how each grade of evidence judges it."""

from typing import Annotated, Literal

from pydantic import Field

from sr.core.formats import Document
from sr.evaluate.formats import Scale

Grade = Literal["A", "B", "C", "D"]
GRADES: dict[Grade, str] = {
    "A": "the papers' numbers against each other",
    "B": "an artefact evaluated again: released weights, counts at the paper's size",
    "C": "trained again with the paper's budget and size, at least three seeds",
    "D": "trained with a smaller budget or size: direction only",
}
TITLES: dict[Grade, str] = {
    "A": "Printed numbers",
    "B": "Released artefacts",
    "C": "Full retraining",
    "D": "Smaller training",
}
# holds, partly, differs: judged. fitted: the network was chosen to meet the number. same, opposite, tie: the direction
# of an order, of which grade D says no more. measured: shown, not judged. open: cannot be judged.
State = Literal["holds", "partly", "differs", "fitted", "same", "opposite", "tie", "measured", "open"]
STATES: dict[State, str] = {
    "holds": "holds",
    "partly": "holds in part",
    "differs": "differs",
    "fitted": "fitted",
    "same": "same direction",
    "opposite": "opposite direction",
    "tie": "no direction",
    "measured": "measured",
    "open": "cannot be judged",
}
Kind = Literal["size", "quality", "order", "cost", "statement"]


class Judgement(Document):
    """What one grade of evidence says of a claim; ``note`` gives the reason, ``files`` the evidence."""

    state: State
    measured: str = ""
    difference: str = ""
    note: str
    files: list[str] = []


class Claim(Document):
    """A printed number, order or statement. A grade that cannot apply to it is absent from ``grades``."""

    id: str
    paper: str
    source: str
    kind: Kind
    quantity: str
    scale: Scale | None = None
    test_set: str | None = None
    printed: str
    protocol: str = ""
    grades: dict[Grade, Judgement]


class Verdict(Document):
    """One grade of one paper: a sentence, and how many claims are in each state."""

    paper: str
    grade: Grade
    sentence: str
    tally: dict[State, Annotated[int, Field(ge=1)]]


class RunFacts(Document):
    """How the run behind the claims was made: what a checklist asks of any experiment.

    ``seeds``: seeds of each paper's main network by paper; ``licences`` by data set; ``lookalikes``: test images that
    look like a training image, None if they were not compared.
    """

    commits: list[str]
    jobs: Annotated[int, Field(ge=0)]
    hours: Annotated[float, Field(ge=0)]
    machines: list[str]
    energy_wh: Annotated[float, Field(ge=0)] | None = None
    seeds: dict[str, Annotated[int, Field(ge=1)]]
    licences: dict[str, str]
    lookalikes: Annotated[int, Field(ge=0)] | None = None


class Claims(Document):
    """results/claims.json."""

    preset: str
    run: RunFacts
    verdicts: list[Verdict]
    claims: list[Claim]
