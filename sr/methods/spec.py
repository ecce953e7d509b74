"""What a paper's tables are made of: plain descriptions, filled in by each method's ``tables.py``.

Needs nothing but the standard library, so that rules and the command line can ask without loading pandas.
"""

from dataclasses import dataclass, field

# What a kind of table is made from: options of the verb, and the file with the printed numbers.
INPUTS = {
    "comparison": ("metrics", "complexity"),
    "operations": ("counts",),
    "reference": ("counts",),
    "costs": ("records",),
}
PUBLISHED = {
    "comparison": "data/published.csv",
    "operations": "data/published_other.csv",
    "reference": "data/published.csv",
    "costs": "data/published_other.csv",
}
EVERYTHING = ("params_k", "mult_adds_g", "psnr", "ssim")
# A remark: a label and a sentence.
Remark = tuple[str, str]


@dataclass(frozen=True)
class Table:
    """One table of a paper.

    name      file stem, "<method>_<which>"; the part before the underscore is the method
    title     what it compares
    number    the paper's number of it; empty for a table of our own
    kind      a key of ``INPUTS``: which builder makes it
    scales    scales that it has
    own       label of a row -> model of this run; a label that the paper prints too gets a difference
    columns   metrics that it shows
    spread    label of the rows with mean and standard deviation, in a table of searches from several seeds; the
              further searches are the run's own and stand in no description; empty for every other table
    main      whether it is the paper's main result, not an ablation
    better    pairs of rows of which the paper says that the first is better
    """

    name: str
    title: str
    number: str = ""
    kind: str = "comparison"
    scales: tuple[int, ...] = ()
    own: dict[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = EVERYTHING
    spread: str = ""
    main: bool = False
    remarks: tuple[Remark, ...] = ()
    better: tuple[tuple[str, str], ...] = ()

    @property
    def method(self) -> str:
        """Return the method of the table's paper."""
        return self.name.partition("_")[0]

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models whose files it needs; a comparison takes bicubic's metrics as well."""
        return tuple(self.own.values())

    @property
    def variants(self) -> set[str]:
        """Return those of its models that are not a method's main one."""
        return set(self.models) - {self.method}

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the inputs it needs: metrics, complexity, records (of the search), counts."""
        return INPUTS[self.kind]

    @property
    def published(self) -> str:
        """Return the file with the printed numbers, relative to the repository."""
        return PUBLISHED[self.kind]


@dataclass(frozen=True)
class Panel:
    """One visual comparison: ``own`` says which models stand side by side at ``scale``, by label.

    ``main`` tells whether it shows the method itself; another one needs its variants.
    """

    name: str
    title: str
    scale: int
    own: dict[str, str]
    main: bool = True

    @property
    def method(self) -> str:
        """Return the method of the panel's paper."""
        return self.name.partition("_")[0]


@dataclass(frozen=True)
class Paper:
    """One paper; ``name`` is its name and its method's in the published files, ``figure_*`` its plot's dots.

    ``figure_table`` is the number of the table that compares the method with others; ``unreleased`` says why nobody
    has the authors' weights, and is empty if they released some.
    """

    method: str
    name: str
    citation: str
    figure_table: str
    figure_set: str
    figure_scale: int
    remarks: tuple[Remark, ...]
    tables: tuple[Table, ...]
    panels: tuple[Panel, ...] = ()
    unreleased: str = ""

    @property
    def released(self) -> bool:
        """Return whether the authors released weights."""
        return not self.unreleased
