"""The parts of LADS's networks: what a cell computes, how it gathers its layers, and what it reads.

Tensors are (N, C, H, W) and keep their shape unless said otherwise. Each part stands at one place of a network, so that
its time can be measured there.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import repeat

import torch
from torch import nn

from sr.ops.cpu.pointwise import Pointwise, weighted_sum
from sr.ops.upsample import pixel_shuffle

FIRST = 3  # the first cell that can read another than the one before it
Features = list[torch.Tensor]

activate = partial(nn.functional.leaky_relu, negative_slope=0.05)


class Layer(nn.Module):
    """An operation with a skip connection around it, as in DLSR's cell."""

    def __init__(self, operation: nn.Module) -> None:
        super().__init__()
        self.operation = operation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape."""
        return activate(self.operation(x) + x)


class Distil(nn.Module):
    """DLSR's end of a cell (figure 2a): what each layer reads, to C / 2 by a 1x1; the last features, to C / 2 by a 3x3.

    A 1x1 convolution fuses all.
    """

    def __init__(self, channels: int, layers: int) -> None:
        super().__init__()
        half = channels // 2
        self.distil = nn.ModuleList(Pointwise(channels, half) for _ in range(layers))
        self.last = nn.Conv2d(channels, half, 3, padding=1)
        self.fuse = Pointwise(half * (layers + 1), channels)

    def forward(self, features: Features) -> torch.Tensor:
        """Map what each layer reads, and what the last returns, to (N, C, H, W)."""
        *read, last = features
        distilled = [activate(distil(x)) for distil, x in zip(self.distil, read, strict=True)]
        return self.fuse(torch.cat([*distilled, activate(self.last(last))], 1))


class Residual(nn.Module):
    """RLFN's end of a cell (Kong et al. 2022): a 1x1 convolution of the last features plus the cell's input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = Pointwise(channels, channels)

    def forward(self, features: Features) -> torch.Tensor:
        """Map what each layer reads, and what the last returns, to (N, C, H, W)."""
        return self.mix(features[-1] + features[0])


class Cell(nn.Module):
    """Layers one after the other, an end that gathers them, and an attention."""

    def __init__(self, operations: list[nn.Module], gather: nn.Module, attention: nn.Module) -> None:
        super().__init__()
        self.operations = nn.ModuleList(operations)
        self.gather, self.attention = gather, attention

    def forward(self, x: torch.Tensor, weights: Features | None = None) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape; ``weights``: of each layer, the end and the attention, in a supernet."""
        chosen: Iterator[torch.Tensor | None] = iter(weights) if weights else repeat(None)
        features = [x]
        for operation in self.operations:
            features.append(_call(operation, features[-1], next(chosen)))
        return _call(self.attention, _call(self.gather, features, next(chosen)), next(chosen))


class Previous(nn.Module):
    """Read the cell before."""

    def forward(self, outputs: Features) -> torch.Tensor:
        """Return the last of (N, C, H, W) ``outputs``."""
        return outputs[-1]


class Link(nn.Module):
    """Read the cell before, and add a 1x1 convolution of an earlier one."""

    def __init__(self, channels: int, cell: int) -> None:
        """``cell``: number of the earlier cell, from 1."""
        super().__init__()
        self.cell = cell
        self.read = Pointwise(channels, channels, bias=False)

    def forward(self, outputs: Features) -> torch.Tensor:
        """Return the sum, (N, C, H, W), of ``outputs`` of the cells 1, 2, ..."""
        return outputs[-1] + self.read(outputs[self.cell - 1])


class All(nn.Module):
    """Collect the outputs of all cells by a 1x1 convolution, as DLSR does."""

    def __init__(self, channels: int, cells: int) -> None:
        super().__init__()
        self.fuse = Pointwise(cells * channels, channels)

    def forward(self, outputs: Features) -> torch.Tensor:
        """Map the outputs of all cells to (N, C, H, W)."""
        return self.fuse(torch.cat(outputs, 1))


class Mixture(nn.Module):
    """The sum of all candidates, weighted; each reads the same features."""

    def __init__(self, candidates: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.candidates = nn.ModuleDict(candidates)

    def forward(self, features: Features, weights: torch.Tensor) -> torch.Tensor:
        """Return sum_o weights[o] * o(features), (N, C, H, W)."""
        terms = [weight * each(features) for weight, each in zip(weights, self.candidates.values(), strict=True)]
        return sum(terms[1:], start=terms[0])


class MixedReads(Mixture):
    """``Previous`` and all links: what each adds is a 1x1 convolution, and these are one of all their features."""

    def forward(self, features: Features, weights: torch.Tensor) -> torch.Tensor:
        """Return sum_o weights[o] * o(features); ``weights`` add up to 1."""
        links = [link for link in self.candidates.values() if isinstance(link, Link)]
        earlier = [features[link.cell - 1] for link in links]
        return features[-1] + weighted_sum(earlier, [link.read.weight for link in links], list(weights[1:].unbind()))


class MixedLayer(nn.Module):
    """All operations in one layer; the last option, ``none``, is the layer left out."""

    def __init__(self, operation: nn.Module) -> None:
        super().__init__()
        self.operation = operation

    def forward(self, x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Return w x + (1 - w) times the layer of the weighted operations, w the last of ``weights``."""
        without = weights[-1]
        return without * x + (1 - without) * activate(self.operation(x, weights[:-1]) + x)


class Chain(nn.Module):
    """What supernet and derived network share: stem, cells and what they read, collection, tail, upsampler."""

    def __init__(
        self, channels: int, pixel_range: int, scale: int, cells: list[Cell], reads: list[nn.Module], collect: nn.Module
    ) -> None:
        super().__init__()
        self.shrink = pixel_range / 255
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.cells = nn.ModuleList(cells)
        self.layers = [f"operation_{i}" for i in range(1, len(cells[0].operations) + 1)]
        self.reads = nn.ModuleList(reads)
        self.collect = collect
        self.tail = nn.Conv2d(channels, channels, 3, padding=1)
        self.upsampler = pixel_shuffle(channels, scale)

    def run(self, x: torch.Tensor, weights_of: Callable[[str], torch.Tensor] | None = None) -> torch.Tensor:
        """Map LR to SR in 0..255; ``weights_of`` gives the probabilities of a choice by its name, in a supernet."""
        stem = x = self.stem(x * self.shrink)
        outputs: Features = []
        for number, cell in enumerate(self.cells, 1):
            if number >= FIRST:
                x = _call(self.reads[number - FIRST], outputs, weights_of and weights_of(f"reads_{number}"))
            names = [*self.layers, f"gather_{number}", f"attention_{number}"]
            x = cell(x, weights_of and [weights_of(name) for name in names])
            outputs.append(x)
        collected = _call(self.collect, outputs, weights_of and weights_of("collect"))
        return self.upsampler(self.tail(activate(collected)) + stem) / self.shrink


def _call(module: nn.Module, x: torch.Tensor | Features, weights: torch.Tensor | None) -> torch.Tensor:
    return module(x) if weights is None else module(x, weights)
