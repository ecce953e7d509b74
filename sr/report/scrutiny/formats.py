"""File format of results/scrutiny.json: what the searches of a run found, against chance and against other arms."""

from typing import Annotated, Literal

from pydantic import Field

from sr.core.formats import Document
from sr.evaluate.formats import Count, Scale

Share = Annotated[float, Field(ge=0, le=1)]
Kind = Literal["searched", "random", "given", "changed"]
Cause = Literal["seeds", "searches", "draws"]
KINDS: dict[Kind, str] = {
    "searched": "searched",
    "random": "drawn at random",
    "given": "published or fitted",
    "changed": "changed by hand",
}
CAUSES: dict[Cause, str] = {
    "seeds": "seeds alone",
    "searches": "what their searches chose",
    "draws": "random genotypes",
}


class Arm(Document):
    """Networks that differ in nothing but their seeds, or in their random genotypes.

    ``psnr``: mean PSNR over the test sets (dB) of each model; ``sets``: the arm's mean by test set; ``params``,
    ``mult_adds`` and ``latency`` (ms): their means, None if they were not counted or timed; ``steps`` of training.
    ``varies``: what sets its networks apart: seeds alone, their searches, or their random genotypes. ``pooled``:
    standard deviation (dB) of a network, within all arms of the method that vary by the same and are trained for as
    many steps, with ``df`` degrees of freedom.
    """

    name: str
    method: str
    kind: Kind
    scale: Scale
    steps: Count
    models: list[str]
    psnr: list[float]
    mean: float
    sd: float | None = None
    varies: Cause
    pooled: float
    df: Count
    sets: dict[str, float]
    params: float | None = None
    mult_adds: float | None = None
    latency: float | None = None


class Difference(Document):
    """``first`` minus ``second`` in dB, mean over the test sets, with its 95 % interval over seeds and images.

    ``seeds``: networks of each. ``p``: of no difference; ``adjusted``: by Holm over all of the method.
    """

    first: str
    second: str
    seeds: list[Count]
    gain: float
    low: float
    high: float
    p: Share
    adjusted: Share
    sets: dict[str, float]


class Across(Document):
    """A difference between methods: of arms that cost about the same by ``measure``; ``ratio`` of first to second."""

    measure: Literal["latency", "mult_adds"]
    ratio: float
    difference: Difference


class Agreement(Document):
    """Mean agreement of a model's searches over all pairs and choices, against random genotypes.

    ``p``: share of groups of as many random genotypes that agree at least as much.
    """

    model: str
    searches: Count
    observed: Share
    chance: Share
    p: Share
    choices: dict[str, Share]


class Ranking(Document):
    """Kendall's tau between the order by a supernet's weights and the order after retraining, with its interval.

    ``inherited`` and ``retrained``: PSNR (dB) of each network with the one and the other weights.
    """

    model: str
    networks: Count
    inherited: list[float]
    retrained: list[float]
    tau: float
    low: float
    high: float


class Standing(Document):
    """Share of the random arm ``draws`` below the mean of ``model``, with its interval (Wilson)."""

    model: str
    draws: str
    share: Share
    low: Share
    high: Share


class Course(Document):
    """A search along its history, row by row: steps, entropy (share of the uniform distribution's, mean over choices),
    share of the final decisions already made, and share of the choices whose decision is to do nothing.
    """

    model: str
    steps: list[Count]
    entropy: list[float]
    decided: list[Share]
    idle: list[Share]


class BudgetOrder(Document):
    """The same random genotypes at two budgets: Kendall's tau between their orders, with its interval."""

    first: str
    second: str
    steps: tuple[Count, Count]
    networks: Count
    tau: float
    low: float
    high: float


class Scrutiny(Document):
    """results/scrutiny.json. ``noise``: for each method the standard deviation (dB) within arms of one genotype."""

    sets: list[str]
    noise: dict[str, float]
    arms: list[Arm]
    differences: list[Difference]
    across: list[Across] = []
    agreements: list[Agreement]
    rankings: list[Ranking]
    standings: list[Standing]
    courses: list[Course]
    budgets: list[BudgetOrder]
