"""Genotypes and search results: what a search found, as JSON documents.

A genotype says which operations and which connections the derived network has. It is data, parsed and checked, never
evaluated. Each method declares its own as a subclass of :class:`Genotype`, with the names of its primitives.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from sr.core.errors import UserError
from sr.core.files import read_json, write_json
from sr.core.formats import WHOLE, Document, parse

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]
# Option -> probability, in the order of the search space.
Probabilities = Annotated[dict[Name, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]


class SearchResult(Document):
    """results/search/<model>/probabilities.json: the probabilities of every choice after the search."""

    model: str
    scale: Annotated[int, Field(ge=2, le=4)]
    steps: Annotated[int, Field(ge=1)]
    probabilities: dict[Name, Probabilities]


class Decision(Document):
    """One choice as the search decided it: what was kept of its options, and how clearly (entropy in nats)."""

    kept: Annotated[list[Name], Field(min_length=1)]
    margin: float
    entropy: float
    probabilities: Probabilities

    @model_validator(mode="after")
    def _kept_is_an_option(self) -> Self:
        if unknown := set(self.kept) - set(self.probabilities):
            raise ValueError(f"keeps {min(unknown)!r}, which is not among its probabilities")
        return self


class Genotype(Document):
    """Base of the methods' genotypes; ``evidence`` has the decisions by choice, if a search made them.

    ``origin`` says of a genotype that came from no search here how it is known: the authors published it, the counts
    that they print leave no other, or it was fitted to those counts.
    """

    format: Annotated[Literal[1], WHOLE] = 1
    method: str
    origin: Literal["published", "identified", "fitted"] | None = None
    evidence: dict[Name, Decision] | None = None

    def without_evidence(self) -> dict[str, Any]:
        """Return what the network needs, as plain data."""
        return self.model_dump(mode="json", exclude={"origin", "evidence"})


class AnyGenotype(Genotype):
    """A genotype of any method, read only for what all have in common."""

    model_config = ConfigDict(extra="ignore")


G = TypeVar("G", bound=Genotype)


def one_of(primitives: Collection[str]) -> AfterValidator:
    """Return the check that a name is among ``primitives``."""

    def check(name: str) -> str:
        if name not in primitives:
            raise ValueError(f"unknown operation. Choose from {', '.join(primitives)}")
        return name

    return AfterValidator(check)


def read_genotype(path: str | Path, kind: type[G]) -> G:
    """Return the genotype in ``path`` as a ``kind``; raise UserError naming the file, the key and what is allowed."""
    return check_genotype(read_json(path), kind, str(path))


def check_genotype(genotype: Any, kind: type[G], source: str) -> G:
    """Return plain data as a genotype of ``kind``; raise UserError naming ``source`` otherwise."""
    # Another method's keys would all be reported as unknown.
    methods = get_args(kind.model_fields["method"].annotation)
    if isinstance(genotype, dict) and methods and genotype.get("method") not in (None, *methods):
        raise UserError(f"{source}: genotype.method: {genotype['method']!r}. Use a genotype of {methods[0]!r}")
    return parse(genotype, kind, source, "Write it as in data/genotypes", "genotype")


def write_genotype(path: str | Path, genotype: Genotype) -> None:
    """Write ``genotype`` to ``path`` atomically, the evidence after what the network needs."""
    document = genotype.without_evidence()
    if genotype.evidence is not None:
        document["evidence"] = {name: decision.model_dump() for name, decision in genotype.evidence.items()}
    write_json(path, document)
