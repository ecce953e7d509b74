"""Descriptions of a paper: its tables, its panels and its figure, filled in by each method's ``tables.py``.

Needs nothing but the standard library, so that rules and the command line can ask without loading pandas.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sr.core.peer_sections import Peer

# What a kind of table is made from: options of the verb, and the file with the printed numbers.
INPUTS = {
    "comparison": ("metrics", "complexity"),
    "operations": ("counts",),
    "reference": ("counts",),
    "costs": ("records",),
    "timings": ("metrics", "complexity", "latency"),
}
PUBLISHED = {
    "comparison": "data/published.csv",
    "operations": "data/published_other.csv",
    "reference": "data/published.csv",
    "costs": "data/published_other.csv",
    "timings": "",
}
# A label and a sentence.
Remark = tuple[str, str]


@dataclass(frozen=True)
class TableSpec:
    """One table of a paper, or one of our own.

    method    the method whose models it shows; empty for the timings, which have the networks of all methods
    name      stem of its files
    title     what it compares
    number    the paper's number of it; empty for a table of our own
    kind      a key of ``INPUTS``: which builder makes it
    scales    scales that it has
    own       label of a row -> model of this run; a label that the paper prints too gets a difference
    repeats   model of a row -> that model and its repetitions, whose mean the row shows; only a run knows them
    peers     networks of other authors that the run measures, by name; only a run knows them
    columns   what it shows: params_k, mult_adds_g or keys of METRICS; empty: all of them
    spread    label of the rows with mean and standard deviation, in a table of searches from several seeds, to which
              the run adds a row for each further search; empty for every other table
    main      whether it is the main result, not an ablation
    better    pairs of rows of which the paper says that the first is better
    above     pairs of a row and another paper's network, below it on Set5 and with more Mult-Adds
    """

    method: str
    name: str
    title: str
    number: str = ""
    kind: str = "comparison"
    scales: tuple[int, ...] = ()
    own: dict[str, str] = field(default_factory=dict)
    repeats: dict[str, tuple[str, ...]] = field(default_factory=dict)
    peers: Mapping[str, "Peer"] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    spread: str = ""
    main: bool = False
    remarks: tuple[Remark, ...] = ()
    better: tuple[tuple[str, str], ...] = ()
    above: tuple[tuple[str, str], ...] = ()

    @property
    def methods(self) -> tuple[str, ...]:
        """Return its method, if it has one."""
        return (self.method,) if self.method else ()

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models whose files it needs; a comparison takes bicubic's metrics as well."""
        return tuple(each for name in self.own.values() for each in self.repeats.get(name, (name,)))

    @property
    def variants(self) -> set[str]:
        """Return those of its models that are not a method's main one."""
        return set(self.own.values()) - {self.method}

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the inputs it needs: metrics, complexity, records (of the search), counts, latency."""
        return INPUTS[self.kind]

    @property
    def published(self) -> str:
        """Return the file with the printed numbers, relative to the repository; empty if it shows none."""
        return PUBLISHED[self.kind]


TIMINGS = TableSpec(method="", name="latency", title="time and memory", kind="timings")


@dataclass(frozen=True)
class PanelSpec:
    """One visual comparison: ``own`` gives the models to show at ``scale``, by label.

    ``main`` is whether it shows the method itself; any other panel needs its variants.
    """

    method: str
    name: str
    title: str
    scale: int
    own: dict[str, str]
    main: bool = True


@dataclass(frozen=True)
class FigureSpec:
    """The paper's plot of PSNR against size: ``table`` is the number of the table that holds its dots."""

    table: str
    test_set: str
    scale: int


@dataclass(frozen=True)
class Unprinted:
    """A row whose genotype was never published, but whose counts leave few possible.

    ``model`` has its sizes in the preset paper. ``like`` is the row of the main table whose counts the text says that
    it shares, if the row prints none; they then need to agree only to a thousand parameters.
    """

    table: str
    label: str
    model: str
    scale: int
    like: str = ""


@dataclass(frozen=True)
class Deviation:
    """One difference between a paper's text, its authors' release and this project.

    ``release`` is empty if there is none or it is silent; ``effect`` is the expected one on the results, and ``switch``
    the key of params.yaml that changes it, empty if there is none.
    """

    paper: str
    release: str
    here: str
    effect: str
    switch: str = ""


@dataclass(frozen=True)
class Paper:
    """One paper, or a method without one: no figure, and a table of our own.

    ``name`` is the paper's and its method's in the published files. ``deviations`` are the differences between the
    paper's text and the pipeline here. ``unprinted`` are rows whose genotype counts identify. ``unreleased`` says why
    there are no weights of the authors; empty if there are. ``crop_border`` is the paper's own border crop in HR
    pixels, ``counter`` its rule for Mult-Adds, and ``fitted`` is whether the network here was chosen to meet the
    printed sizes, so that meeting them is no evidence.
    """

    method: str
    name: str
    citation: str
    deviations: tuple[Deviation, ...] = ()
    figure: FigureSpec | None = None
    remarks: tuple[Remark, ...] = ()
    tables: tuple[TableSpec, ...] = ()
    panels: tuple[PanelSpec, ...] = ()
    unreleased: str = ""
    unprinted: tuple[Unprinted, ...] = ()
    crop_border: int | Literal["scale"] = "scale"
    counter: Literal["conv2d", "thop"] = "conv2d"
    fitted: bool = False

    @property
    def released(self) -> bool:
        """Return whether the authors released weights."""
        return not self.unreleased
