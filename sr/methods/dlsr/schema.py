"""The section ``dlsr.network`` of params.yaml."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from sr.core.formats import WHOLE, Document


class Network(Document):
    """Sizes of DLSR's network (section 3.1, appendix A)."""

    channels: int = Field(ge=4, le=256, multiple_of=2, description="feature channels")
    cells: int = Field(ge=3, le=16, description="cells in the chain; from the third on each chooses its inputs")
    network_level: bool = Field(
        description="search the connections between cells (beta); false leaves a plain chain, DLSR-B"
    )
    pixel_range: Annotated[Literal[1, 255], WHOLE] = Field(
        description="largest pixel value that the network's first layer sees; losses stay on 0..255"
    )

    def mismatch(self, genotype: Mapping[str, Any]) -> str:
        """Return why a genotype, as plain data, does not fit these sizes; empty if it does."""
        needed = self.cells - 2 if self.network_level else 0
        given = len(genotype.get("inputs", []))
        return "" if given == needed else f"has inputs for {given} cells, but this network needs {needed}"

    def genotype_sizes(self) -> tuple[str, ...]:
        """Return the keys that a network shares with the search from which it has its genotype."""
        return "cells", "network_level"
