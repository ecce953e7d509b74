"""DLSR: Lightweight Image Super-Resolution with Hierarchical and Differentiable Neural Architecture Search.

Search space: section 3.1 (eq. 1, 2, Table 1); strategy: section 3.2 (eq. 4-6, in sr/nas/bilevel.py); loss: section
3.3 (eq. 7-10, in sr/train/losses.py); sizes: appendix A. What the text leaves open follows the authors' release.

Tensors are (N, C, H, W); images are RGB in 0..255 at the network's two ends.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import torch
from pydantic import AfterValidator, Field, model_validator
from torch import nn

from sr.core.errors import UserError
from sr.methods.dlsr.blocks import FIRST, Chain
from sr.methods.dlsr.interpolation import interpolate
from sr.methods.dlsr.release import recognise
from sr.methods.dlsr.schema import Network
from sr.methods.method import Method
from sr.nas.genotype import Genotype as BaseGenotype
from sr.nas.genotype import one_of
from sr.nas.mixed import MixedOp, parameter_shares
from sr.nas.relaxation import Choice, Relaxation, Weights
from sr.ops.conv import conv, dilated, separable
from sr.ops.cpu.pointwise import weighted_sum

# Table 1. A new candidate is one line here.
PRIMITIVES = {
    "conv_1x1": conv(1),
    "conv_3x3": conv(3),
    "conv_5x5": conv(5),
    "conv_7x7": conv(7),
    "sep_conv_3x3": separable(3),
    "sep_conv_5x5": separable(5),
    "sep_conv_7x7": separable(7),
    "dil_conv_3x3": dilated(3),
    "dil_conv_5x5": dilated(5),
}
LAYERS = 3  # mixed layers in a cell (section 3.1)
INPUTS = 2  # earlier cells that a cell reads after the search: the two with the largest beta (section 3.2)


MOST_CELLS = 16  # as in the schema
Cell = Annotated[int, Field(ge=1)]  # cells are numbered from 1


def _distinct(cells: list[int]) -> list[int]:
    if len(set(cells)) < len(cells):
        raise ValueError("reads a cell twice")
    return cells


Pair = Annotated[list[Cell], Field(min_length=INPUTS, max_length=INPUTS), AfterValidator(_distinct)]


class Genotype(BaseGenotype):
    """Operations of a cell's mixed layers; for each cell from the third, the cells that it reads (none: a chain)."""

    method: Literal["dlsr"] = "dlsr"
    cell: Annotated[list[Annotated[str, one_of(PRIMITIVES)]], Field(min_length=LAYERS, max_length=LAYERS)]
    inputs: Annotated[list[Pair], Field(max_length=MOST_CELLS - FIRST + 1)]

    @model_validator(mode="after")
    def _reads_earlier_cells(self) -> Self:
        for number, read in enumerate(self.inputs, FIRST):
            if max(read) >= number:
                raise ValueError(f"inputs.{number - FIRST}: cell {number} cannot read cell {max(read)}")
        return self


class DLSRSupernet(Chain):
    """Every candidate operation in every layer, every earlier cell into every later one (figures 2 and 3)."""

    def __init__(self, config: Network, scale: int) -> None:
        def mixed_layers() -> list[nn.Module]:
            return [MixedOp(PRIMITIVES, config.channels) for _ in range(LAYERS)]

        super().__init__(
            config.channels, config.cells, config.pixel_range, scale, [n - 1 for n in _choosing(config)], mixed_layers
        )
        self.arch = Relaxation(choices(config))
        self.register_buffer("shares", parameter_shares(PRIMITIVES, config.channels), persistent=False)

    def forward(self, x: torch.Tensor, weights: Weights | None = None) -> torch.Tensor:
        """Map LR (N, 3, h, w) in 0..255 to SR; ``weights`` replaces the softmax of alpha and beta."""
        chosen = self.arch() if weights is None else weights

        def merge(number: int, convolution: nn.Module, outputs: list[torch.Tensor]) -> torch.Tensor:
            # Eq. 2's weights act on the convolution's kernel instead of the maps: the same sum.
            kernel, bias = convolution.parameters()
            kernels = kernel.split(outputs[0].shape[1], 1)
            return weighted_sum(outputs, list(kernels), list(chosen[f"beta_{number}"].unbind()), bias)

        return self.run(x, merge, [chosen[f"alpha_{i}"] for i in range(1, LAYERS + 1)])

    def parameter_loss(self) -> torch.Tensor:
        """Return L_P (eq. 9): the expected share of parameters, summed over the three mixed layers."""
        probabilities = self.arch()
        return torch.stack([self.shares @ probabilities[f"alpha_{i}"] for i in range(1, LAYERS + 1)]).sum()


class DLSRNetwork(Chain):
    """The network that a genotype describes (figure 4)."""

    def __init__(self, genotype: Genotype, config: Network, scale: int) -> None:
        """Build it; raise UserError if the genotype's wiring does not fit ``config.cells``."""
        inputs = _checked_wiring(genotype.inputs, config)
        factories = [PRIMITIVES[name] for name in genotype.cell]
        super().__init__(
            config.channels,
            config.cells,
            config.pixel_range,
            scale,
            [INPUTS] * len(inputs),
            lambda: [make(config.channels) for make in factories],
        )
        self.inputs = inputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map LR (N, 3, h, w) in 0..255 to SR (N, 3, h * scale, w * scale) in the same range, not clipped."""

        def merge(number: int, convolution: nn.Module, outputs: list[torch.Tensor]) -> torch.Tensor:
            return convolution(torch.cat([outputs[i - 1] for i in self.inputs[number - FIRST]], 1))

        return self.run(x, merge, None)


def choices(config: Network) -> dict[str, Choice]:
    """Return the search space: alpha for each mixed layer, shared by all cells; beta for each cell from the third."""
    alpha = {f"alpha_{i}": Choice(tuple(PRIMITIVES)) for i in range(1, LAYERS + 1)}
    beta = {f"beta_{n}": Choice(tuple(str(i) for i in range(1, n)), keep=INPUTS) for n in _choosing(config)}
    return alpha | beta


def _choosing(config: Network) -> range:
    """Return the numbers of the cells that choose their inputs."""
    return range(FIRST, config.cells + 1 if config.network_level else FIRST)


def derive(decisions: Mapping[str, list[str]]) -> Genotype:
    """Turn the kept options of every choice into a genotype; cells count from 1, no inputs mean a plain chain."""
    cell = [decisions[f"alpha_{i}"][0] for i in range(1, LAYERS + 1)]
    inputs = [[int(i) for i in kept] for name, kept in decisions.items() if name.startswith("beta_")]
    return Genotype(cell=cell, inputs=inputs)


def inherit(supernet: DLSRSupernet, genotype: Genotype) -> dict[str, torch.Tensor]:
    """Return the state of the derived network cut out of the supernet's weights."""
    state = {}
    for key, value in supernet.state_dict().items():
        parts = key.split(".")
        if parts[0] == "cells" and parts[2] == "operations":
            if parts[5] == genotype.cell[int(parts[3])]:
                state[".".join(parts[:4] + parts[6:])] = value
        elif parts[0] == "merges" and parts[2] == "weight":
            blocks = value.split(value.shape[0], 1)
            state[key] = torch.cat([blocks[i - 1] for i in genotype.inputs[int(parts[1])]], 1)
        elif parts[0] != "arch":
            state[key] = value
    return state


def _checked_wiring(inputs: list[list[int]], config: Network) -> list[list[int]]:
    cells = list(_choosing(config))
    if len(inputs) != len(cells):
        meant = f"for {len(inputs) + FIRST - 1} cells" if inputs else "for a plain chain"
        raise UserError(
            f"genotype inputs: {meant}, but network.cells is {config.cells} and network_level {config.network_level}. "
            "Set them to what the genotype is for, or use another one"
        )
    return inputs


METHOD = Method(
    name="dlsr",
    title="DLSR",
    config=Network,
    primitives=PRIMITIVES,
    min_size=15,
    genotype_type=Genotype,
    choices=choices,
    supernet=DLSRSupernet,
    network=DLSRNetwork,
    derive=derive,
    inherit=inherit,
    interpolate=interpolate,
    release=recognise,
)
