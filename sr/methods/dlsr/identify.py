"""Cells of DLSR that printed counts leave possible: counts tell which operations a cell has, not in which order."""

from collections.abc import Callable
from itertools import combinations_with_replacement

import torch
from torch import nn

from sr.evaluate.complexity import mult_adds_thop, parameters
from sr.evaluate.output_size import lr_size
from sr.methods.dlsr.blocks import FIRST
from sr.methods.dlsr.network import LAYERS, PRIMITIVES, DLSRNetwork, Genotype
from sr.methods.dlsr.schema import Network

# Papers print whole thousands and tenths of 10^9, some rounded and some cut off.
STEPS = {"params": 1e3, "mult_adds": 1e8}


def identify(config: Network, params_k: float, mult_adds_g: float, scale: int, slack: float = 0.0) -> list[Genotype]:
    """Return a genotype for each multiset of operations whose counts are printed so; all wirings count the same.

    ``slack``: by how many more thousands of parameters the number may differ from the printed one. Mult-Adds are by
    thop's rule.
    """
    counted = _counts(config, scale)
    return [
        genotype(config, cell)
        for cell in combinations_with_replacement(sorted(PRIMITIVES), LAYERS)
        if _is_printed(counted(cell)[0], 1e3 * params_k, STEPS["params"], 1e3 * slack)
        and _is_printed(counted(cell)[1], 1e9 * mult_adds_g, STEPS["mult_adds"])
    ]


def genotype(config: Network, cell: tuple[str, ...]) -> Genotype:
    """Return the cell in some wiring: each cell reads the two before it, or a chain without network_level."""
    cells = range(FIRST, config.cells + 1 if config.network_level else FIRST)
    return Genotype(cell=list(cell), inputs=[[number - 2, number - 1] for number in cells])


def _is_printed(value: float, printed: float, step: float, slack: float = 0.0) -> bool:
    """Return whether a value is printed so in units of ``step``, rounded or cut off."""
    return printed - step / 2 - slack <= value < printed + step + slack


def _counts(config: Network, scale: int) -> Callable[[tuple[str, ...]], tuple[int, int]]:
    """Return the function from a cell to (parameters, Mult-Adds by thop's rule).

    Operations have no bias and no LeakyReLU, so each adds its parameters and as many Mult-Adds per LR pixel.
    """
    width, height = lr_size(scale)
    with torch.device("meta"):
        sizes = {name: config.cells * parameters(make(config.channels)) for name, make in PRIMITIVES.items()}
        first = (next(iter(PRIMITIVES)),) * LAYERS
        network: nn.Module = DLSRNetwork(genotype(config, first), config, scale)
        base = parameters(network), mult_adds_thop(network, scale)

    def counts(cell: tuple[str, ...]) -> tuple[int, int]:
        added = sum(sizes[name] for name in cell) - sum(sizes[name] for name in first)
        return base[0] + added, base[1] + added * width * height

    return counts
