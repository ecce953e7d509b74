"""The section ``lads.network`` of params.yaml."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from sr.core.formats import WHOLE, Document


class Network(Document):
    """Sizes of LADS's networks."""

    channels: int = Field(ge=4, le=256, multiple_of=2, description="feature channels")
    cells: int = Field(ge=2, le=16, description="cells in the chain; from the third on each may read an earlier one")
    pixel_range: Annotated[Literal[1, 255], WHOLE] = Field(
        description="largest pixel value that the network's first layer sees; losses stay on 0..255"
    )

    def mismatch(self, genotype: Mapping[str, Any]) -> str:
        """Return why a genotype, as plain data, does not fit these sizes; empty if it does."""
        given = len(genotype.get("attentions", []))
        return "" if given == self.cells else f"is for {given} cells, but this network has {self.cells}"

    def genotype_sizes(self) -> tuple[str, ...]:
        """Return the keys that a network shares with the search from which it has its genotype."""
        return ("cells",)
