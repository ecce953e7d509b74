"""Model of a run: one network with its data, search and training, as params.yaml describes it."""

from typing import Any

from sr.core.bounds import Seed
from sr.core.file_sections import RandomGenotypes
from sr.core.formats import Document
from sr.core.sections import Retrain, Search


class Model(Document):
    """One network to make: a method's own, called like the method, one of its variants, or a repetition of either.

    ``genotype_of`` is the model whose search gives the genotype, mostly itself; ``genotype`` has parts that replace
    that one's. ``repeats``: the model whose training it repeats with the same genotype.
    """

    name: str
    method: str
    seed: Seed
    scales: list[int]
    genotype_of: str
    train: list[str]
    network: Document
    search: Search
    retrain: Retrain
    genotype: dict[str, Any] | None = None
    random: RandomGenotypes | None = None
    repeats: str | None = None

    @property
    def searches(self) -> bool:
        """Return whether the genotype is the result of its own search."""
        return self.genotype_of == self.name and self.retrain.genotype == "searched"

    @property
    def composed(self) -> bool:
        """Return whether the genotype is drawn at random or changed, so that no search or file has it as it is."""
        return (self.random is not None or self.genotype is not None) and self.repeats is None
