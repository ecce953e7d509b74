"""LADS: latency-aware distillation search, this project's method; it joins the search spaces of the two papers.

From DLSR (Huang et al. 2021): the chain of cells with its stem, tail and upsampler; a cell's three mixed layers, shared
by all cells, with its candidates; the distillation at the end of a cell; connections from earlier cells; the collection
of all cells. From MRAN (ICME 2021): its attentions. From RLFN (Kong et al., CVPR workshops 2022): the residual end of a
cell. New is that everything that costs time can be left out: a layer, the distillation, the attention of each cell,
every connection, the collection. So a limit on the latency (search.cost) has something to decide. DLSR always pays for
ESA, for distillation and, from the third cell on, for two connections, whatever its search chooses.

The search is the same bilevel step (sr/nas/bilevel.py). Tensors are (N, C, H, W); images are RGB in 0..255 at the
network's two ends.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import nn

from sr.core.errors import UserError
from sr.methods.dlsr.interpolation import interpolate
from sr.methods.dlsr.network import LAYERS
from sr.methods.dlsr.network import PRIMITIVES as CONVOLUTIONS
from sr.methods.lads.blocks import (
    FIRST,
    All,
    Cell,
    Chain,
    Distil,
    Layer,
    Link,
    MixedLayer,
    MixedReads,
    Mixture,
    Previous,
    Residual,
)
from sr.methods.lads.schema import Network
from sr.methods.method import Method
from sr.methods.mran.network import ATTENTIONS as GATES
from sr.nas.genotype import Genotype as BaseGenotype
from sr.nas.genotype import one_of
from sr.nas.mixed import MixedOp, parameter_shares
from sr.nas.relaxation import Choice, Relaxation, Weights
from sr.ops.residual import none, skip

PRIMITIVES = {**CONVOLUTIONS, "none": none}
ATTENTIONS = {"none": skip, **{name: make for name, make in GATES.items() if make is not skip}}
GATHERS = {"distil": lambda channels: Distil(channels, LAYERS), "residual": Residual}
COLLECTS = ("all", "last")
PREVIOUS = "previous"
MOST_CELLS = 16  # as in the schema

Cells = Field(min_length=2, max_length=MOST_CELLS)


class Genotype(BaseGenotype):
    """What each layer of every cell computes; end and attention of each cell; what cells from the third read as well.

    ``reads``: the number of an earlier cell, from 1, or 0 for none.
    """

    method: Literal["lads"] = "lads"
    operations: Annotated[list[Annotated[str, one_of(PRIMITIVES)]], Field(min_length=LAYERS, max_length=LAYERS)]
    gathers: Annotated[list[Annotated[str, one_of(GATHERS)]], Cells]
    attentions: Annotated[list[Annotated[str, one_of(ATTENTIONS)]], Cells]
    reads: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=MOST_CELLS - FIRST + 1)]
    collect: Annotated[str, one_of(COLLECTS)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        cells = len(self.attentions)
        if len(self.gathers) != cells or len(self.reads) != cells - FIRST + 1:
            raise ValueError(f"gathers and reads: not for {cells} cells, as attentions are")
        for number, read in enumerate(self.reads, FIRST):
            if read > number - 2:
                raise ValueError(f"reads.{number - FIRST}: cell {number} cannot read cell {read}")
        return self


class LADSSupernet(Chain):
    """Every option in every place."""

    def __init__(self, config: Network, scale: int) -> None:
        width, cells = config.channels, range(config.cells)
        super().__init__(
            width,
            config.pixel_range,
            scale,
            [Cell(_mixed_layers(width), _mixture(GATHERS, width), MixedOp(ATTENTIONS, width)) for _ in cells],
            [MixedReads({name: _read(name, width) for name in _readable(n)}) for n in _reading(config)],
            Mixture({name: _collect(name, config) for name in COLLECTS}),
        )
        self.arch = Relaxation(choices(config))
        self.register_buffer("shares", parameter_shares(PRIMITIVES, width), persistent=False)
        self.register_buffer("shares_attention", parameter_shares(ATTENTIONS, width), persistent=False)

    def forward(self, x: torch.Tensor, weights: Weights | None = None) -> torch.Tensor:
        """Map LR (N, 3, h, w) in 0..255 to SR; ``weights`` replaces the probabilities."""
        return self.run(x, (self.arch() if weights is None else weights).__getitem__)

    def parameter_loss(self) -> torch.Tensor:
        """Return the expected share of parameters, summed over layers and attentions."""
        shares = {"operation": self.shares, "attention": self.shares_attention}
        named = [(shares.get(name.split("_")[0]), p) for name, p in self.arch().items()]
        return torch.stack([share @ p for share, p in named if share is not None]).sum()


class LADSNetwork(Chain):
    """The network that a genotype describes."""

    def __init__(self, genotype: Genotype, config: Network, scale: int) -> None:
        """Build it; raise UserError if the genotype is for another number of cells."""
        if wrong := config.mismatch(genotype.without_evidence()):
            raise UserError(f"genotype: {wrong}. Set network.cells to it, or use another genotype")
        width = config.channels
        super().__init__(
            width,
            config.pixel_range,
            scale,
            [
                Cell(
                    [_layer(name, width) for name in genotype.operations], GATHERS[end](width), ATTENTIONS[gate](width)
                )
                for end, gate in zip(genotype.gathers, genotype.attentions, strict=True)
            ],
            [_read(str(cell) if cell else PREVIOUS, width) for cell in genotype.reads],
            _collect(genotype.collect, config),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map LR (N, 3, h, w) in 0..255 to SR (N, 3, h * scale, w * scale) in the same range, not clipped."""
        return self.run(x)


def _mixed_layers(width: int) -> list[nn.Module]:
    return [MixedLayer(MixedOp(CONVOLUTIONS, width)) for _ in range(LAYERS)]


def _mixture(candidates: Mapping[str, Any], width: int) -> Mixture:
    return Mixture({name: make(width) for name, make in candidates.items()})


def _layer(name: str, width: int) -> nn.Module:
    return nn.Identity() if name == "none" else Layer(PRIMITIVES[name](width))


def _read(name: str, width: int) -> nn.Module:
    return Previous() if name == PREVIOUS else Link(width, int(name))


def _collect(name: str, config: Network) -> nn.Module:
    return All(config.channels, config.cells) if name == "all" else Previous()


def _reading(config: Network) -> range:
    """Return the numbers of the cells that choose what they read."""
    return range(FIRST, config.cells + 1)


def _readable(number: int) -> tuple[str, ...]:
    """Return what a cell can read: only the one before it, or an earlier one as well."""
    return PREVIOUS, *(str(cell) for cell in range(1, number - 1))


def choices(config: Network) -> dict[str, Choice]:
    """Return the search space: operations shared by all cells; end, attention and reading of each; the collection."""
    numbers = range(1, config.cells + 1)
    operations = {f"operation_{i}": Choice(tuple(PRIMITIVES)) for i in range(1, LAYERS + 1)}
    ends = {f"gather_{n}": Choice(tuple(GATHERS)) for n in numbers}
    attentions = {f"attention_{n}": Choice(tuple(ATTENTIONS)) for n in numbers}
    reads = {f"reads_{n}": Choice(_readable(n)) for n in _reading(config)}
    return operations | ends | attentions | reads | {"collect": Choice(COLLECTS)}


def derive(decisions: Mapping[str, list[str]]) -> Genotype:
    """Turn the kept option of every choice into a genotype."""

    def kept(part: str) -> list[str]:
        return [options[0] for name, options in decisions.items() if name.startswith(part)]

    return Genotype(
        operations=kept("operation_"),
        gathers=kept("gather_"),
        attentions=kept("attention_"),
        reads=[0 if read == PREVIOUS else int(read) for read in kept("reads_")],
        collect=kept("collect")[0],
    )


def inherit(supernet: LADSSupernet, genotype: Genotype) -> dict[str, torch.Tensor]:
    """Return the state of the derived network cut out of the supernet's weights."""
    state = {}
    for key, value in supernet.state_dict().items():
        parts = key.split(".")
        if "candidates" in parts:
            at = parts.index("candidates")
            if parts[at + 1] == _kept_at(parts, genotype):
                state[".".join(parts[:at] + parts[at + 2 :])] = value
        elif parts[0] != "arch":
            state[key] = value
    return state


def _kept_at(parts: list[str], genotype: Genotype) -> str:
    """Return the option that a genotype keeps where the path of a candidate, in parts, leads."""
    if parts[0] == "collect":
        return genotype.collect
    number = int(parts[1])
    if parts[0] == "reads":
        return str(genotype.reads[number] or PREVIOUS)
    if parts[2] == "operations":
        return genotype.operations[int(parts[3])]
    return {"gather": genotype.gathers, "attention": genotype.attentions}[parts[2]][number]


METHOD = Method(
    name="lads",
    title="LADS",
    config=Network,
    primitives=PRIMITIVES,
    min_size=15,
    genotype_type=Genotype,
    choices=choices,
    supernet=LADSSupernet,
    network=LADSNetwork,
    derive=derive,
    inherit=inherit,
    interpolate=interpolate,
    release=lambda state: None,
)
