"""The section ``mran.network`` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from sr.core.formats import WHOLE, Document


class Network(Document):
    """Sizes of MRAN's networks (section 4.1) and the block of the retrained one (Tables 1 and 2)."""

    channels: int = Field(ge=16, le=256, multiple_of=8, description="feature channels")
    sampling: Annotated[Literal[2, 4], WHOLE] = Field(
        description="one channel in this many goes through the operations, eq. 5"
    )
    search_blocks: int = Field(ge=1, le=16, description="blocks of the search network (G in the search)")
    blocks: int = Field(ge=1, le=32, description="blocks of the retrained network (G in MRAN)")
    osb_nodes: int = Field(ge=2, le=6, description="nodes of the operation search block, N1")
    asb_nodes: int = Field(ge=2, le=6, description="nodes of the attention search block, N2")
    csrm: bool = Field(description="cross-scale refinement module before the upsampler, eq. 8-11")
    block: Literal["mrab", "mrb", "all_rb", "all_lrb", "all_srb", "rb", "rb_ca", "rb_sa", "rb_pa", "rb_ma"] = Field(
        description="block of the retrained network: mrab is the searched one, mrb has only its operations, rb_ma only "
        "its attentions; the others are designed by hand, Tables 1 and 2"
    )
    pixel_range: Annotated[Literal[1, 255], WHOLE] = Field(
        description="largest pixel value that the network's first layer sees; losses stay on 0..255"
    )

    def genotype_sizes(self) -> tuple[str, ...]:
        """Return the keys that a network shares with the search from which it has its genotype."""
        searched = {"mrab": ("osb_nodes", "asb_nodes"), "mrb": ("osb_nodes",), "rb_ma": ("asb_nodes",)}
        return searched.get(self.block, ())
