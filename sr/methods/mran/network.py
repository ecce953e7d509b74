"""MRAN: Residual Attention Block Search for Lightweight Image Super-Resolution.

ICME 2021 (IEEE, 978-1-6654-3864-3). Search space: sections 3.1.1 (eq. 3-5, operations) and 3.1.2 (eq. 6, 7,
attentions); derivation and CSRM: section 3.2 (eq. 8-11); sizes: section 4.1; blocks: sr/methods/mran/blocks.py.
What the text leaves open was fitted to Tables 1 to 4; data/genotypes/mran.json fits best, it is not the authors'.

Tensors are (N, C, H, W); images are RGB in 0..255 at the network's two ends.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from pydantic import AfterValidator, Field
from torch import nn

from sr.core.errors import UserError
from sr.methods.method import Method
from sr.methods.mran.blocks import ASB, OSB, Block, Chain, Plain, edges
from sr.methods.mran.interpolation import interpolate
from sr.methods.mran.schema import Network
from sr.nas.genotype import Genotype as BaseGenotype
from sr.nas.genotype import one_of
from sr.nas.mixed import MixedOp, parameter_shares
from sr.nas.relaxation import Choice, Relaxation, Weights
from sr.ops.attention import CA, CEA, ESA, PA, SAM
from sr.ops.residual import LRB, RB, SRB, dense, none, skip

# Section 3.1.1, OP_1 to OP_5; they see a quarter of the channels. A new candidate is one line here.
PRIMITIVES = {
    "rdb_rb": dense(RB),
    "rdb_srb": dense(SRB),
    "rdb_lrb": dense(LRB),
    "skip": skip,
    "none": none,
}
# Section 3.1.2, AT_1 to AT_5; they see all channels.
ATTENTIONS = {
    "ca": CA,
    "sam": SAM,
    "esa": ESA,
    "cea": CEA,
    "skip": skip,
}
SEARCHED = "as the genotype says"
# Tables 1 to 3: what replaces OSB and ASB. A primitive there is used on every edge.
BLOCKS = {
    "mrab": (SEARCHED, SEARCHED),
    "mrb": (SEARCHED, "skip"),
    "all_rb": ("rdb_rb", "skip"),
    "all_lrb": ("rdb_lrb", "skip"),
    "all_srb": ("rdb_srb", "skip"),
    "rb": ("rb", "skip"),
    "rb_ca": ("rb", "ca"),
    "rb_sa": ("rb", "sam"),
    "rb_pa": ("rb", "pa"),
    "rb_ma": ("rb", SEARCHED),
}


MOST_NODES = 10  # so that one digit names a node


def _leads_on(edge: str) -> str:
    if edge not in edges(MOST_NODES):
        raise ValueError("not an edge from a node to a later one, such as 0-1")
    return edge


# Whether all edges of a network are there depends on its number of nodes.
Edge = Annotated[str, AfterValidator(_leads_on)]


class Genotype(BaseGenotype):
    """Operation of each edge of OSB and attention of each edge of ASB; edge "i-j" leads from node i to node j."""

    method: Literal["mran"] = "mran"
    operations: Annotated[dict[Edge, Annotated[str, one_of(PRIMITIVES)]], Field(min_length=1)]
    attentions: Annotated[dict[Edge, Annotated[str, one_of(ATTENTIONS)]], Field(min_length=1)]


class MRANSupernet(Chain):
    """The search network (figure 2a): G blocks, every candidate on every edge."""

    def __init__(self, config: Network, scale: int) -> None:
        width = config.channels // config.sampling
        blocks = [_searching_block(config, width) for _ in range(config.search_blocks)]
        super().__init__(config.channels, scale, blocks, csrm=False, pixel_range=config.pixel_range)
        self.arch = Relaxation(choices(config))
        self.register_buffer("shares_osb", parameter_shares(PRIMITIVES, width), persistent=False)
        self.register_buffer("shares_asb", parameter_shares(ATTENTIONS, config.channels), persistent=False)

    def forward(self, x: torch.Tensor, weights: Weights | None = None) -> torch.Tensor:
        """Map LR (N, 3, h, w) in 0..255 to SR; ``weights`` replaces the softmax of omega and mu."""
        chosen = self.arch() if weights is None else weights
        return self.run(x, _of_edges(chosen, "osb"), _of_edges(chosen, "asb"))

    def parameter_loss(self) -> torch.Tensor:
        """Return the expected share of parameters, summed over all edges; MRAN itself gives it no weight."""
        probabilities = self.arch()
        terms = [self.shares_osb @ p for p in _of_edges(probabilities, "osb").values()]
        terms += [self.shares_asb @ p for p in _of_edges(probabilities, "asb").values()]
        return torch.stack(terms).sum()


class MRANNetwork(Chain):
    """MRAN (figure 2b), or one of the models of Tables 1 to 3: the blocks that ``config.block`` names."""

    def __init__(self, genotype: Genotype, config: Network, scale: int) -> None:
        """Build it; raise UserError if the part of the genotype that it uses does not fit ``config``."""
        blocks = [_block(genotype, config) for _ in range(config.blocks)]
        super().__init__(config.channels, scale, blocks, config.csrm, config.pixel_range)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map LR (N, 3, h, w) in 0..255 to SR (N, 3, h * scale, w * scale) in the same range, not clipped."""
        return self.run(x)


def choices(config: Network) -> dict[str, Choice]:
    """Return the search space, shared by all blocks (eq. 5, 6): omega for each edge of OSB, mu for each of ASB."""
    parts = (("osb", config.osb_nodes, PRIMITIVES), ("asb", config.asb_nodes, ATTENTIONS))
    return {
        choice_name(part, edge): Choice(tuple(candidates)) for part, nodes, candidates in parts for edge in edges(nodes)
    }


def derive(decisions: Mapping[str, list[str]]) -> Genotype:
    """Turn the kept option of every edge into a genotype; raise UserError if no operation is left."""
    kept = {name: options[0] for name, options in decisions.items()}
    operations = _of_edges(kept, "osb")
    check_connected(operations)
    return Genotype(operations=operations, attentions=_of_edges(kept, "asb"))


def inherit(supernet: MRANSupernet, genotype: Genotype) -> dict[str, torch.Tensor]:
    """Return the state of the derived network, of as many blocks and without CSRM, cut out of the supernet's."""
    chosen = {"operation": genotype.operations, "attention": genotype.attentions}
    state = {}
    for key, value in supernet.state_dict().items():
        parts = key.split(".")
        if "candidates" in parts:
            # blocks.<g>.operation.graph.edges.<edge>.(operation.)candidates.<name>; likewise attention.
            at, edge = parts.index("candidates"), parts[5]
            if parts[at + 1] == chosen[parts[2]][edge]:
                state[".".join(parts[:at] + parts[at + 2 :])] = value
        elif parts[0] != "arch":
            state[key] = value
    return state


def choice_name(part: str, edge: str) -> str:
    """Return the name of the choice on an edge: that on "0-1" of "osb" is "osb_0_1"."""
    return f"{part}_{edge.replace('-', '_')}"


def _of_edges(values: Mapping[str, Any], part: str) -> dict[str, Any]:
    """Return the values of one part's choices by edge: {"osb_0_1": v} is {"0-1": v} for "osb"."""
    names = {edge: choice_name(part, edge) for edge in edges(MOST_NODES)}
    return {edge: values[name] for edge, name in names.items() if name in values}


def _searching_block(config: Network, width: int) -> Block:
    """Build a RASB: all candidates on each edge."""
    operation = OSB(config.channels, config.sampling, config.osb_nodes, lambda _: MixedOp(PRIMITIVES, width))
    return Block(operation, ASB(config.asb_nodes, lambda _: MixedOp(ATTENTIONS, config.channels)))


def _block(genotype: Genotype, config: Network) -> Block:
    """Build the block that ``config.block`` names."""
    operation, attention = BLOCKS[config.block]
    return Block(_operation(operation, genotype, config), _attention(attention, genotype, config))


def _operation(what: str, genotype: Genotype, config: Network) -> nn.Module:
    if what == "rb":
        return Plain(config.channels)
    named = dict.fromkeys(edges(config.osb_nodes), what)
    if what == SEARCHED:
        named = _checked(genotype.operations, "operations", "osb_nodes", config.osb_nodes)
        check_connected(named)
    width = config.channels // config.sampling
    return OSB(config.channels, config.sampling, config.osb_nodes, lambda edge: PRIMITIVES[named[edge]](width))


def _attention(what: str, genotype: Genotype, config: Network) -> nn.Module:
    if what != SEARCHED:
        return {**ATTENTIONS, "pa": PA}[what](config.channels)
    named = _checked(genotype.attentions, "attentions", "asb_nodes", config.asb_nodes)
    return ASB(config.asb_nodes, lambda edge: ATTENTIONS[named[edge]](config.channels))


def _checked(named: dict[str, str], part: str, key: str, nodes: int) -> dict[str, str]:
    if set(named) != set(edges(nodes)):
        raise UserError(
            f"genotype {part}: edges {', '.join(named) or 'none'}, but network.{key} {nodes} asks for "
            f"{', '.join(edges(nodes))}. Make them agree"
        )
    return named


def check_connected(operations: Mapping[str, str]) -> None:
    """Raise UserError if no edge has an operation."""
    if set(operations.values()) == {"none"}:
        raise UserError(
            "genotype operations: every edge is none, so no operation reads the block's input. "
            "Search again with more steps or another seed, or put an operation on an edge"
        )


METHOD = Method(
    name="mran",
    title="MRAN",
    config=Network,
    primitives=PRIMITIVES,
    min_size=15,
    genotype_type=Genotype,
    choices=choices,
    supernet=MRANSupernet,
    network=MRANNetwork,
    derive=derive,
    inherit=inherit,
    interpolate=interpolate,
    release=lambda state: None,  # no code and no weights were ever released
    searched=lambda config: config.replace(blocks=config.search_blocks, csrm=False, block="mrab"),
)
