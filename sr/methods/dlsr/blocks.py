"""The parts of DLSR's networks: the distillation cell and the chain of cells (section 3.1, figures 2 to 4).

Tensors are (N, C, H, W) and keep their shape unless said otherwise.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from sr.ops.attention import ESA
from sr.ops.cpu.pointwise import Pointwise
from sr.ops.upsample import pixel_shuffle

FIRST = 3  # the first cell with a choice; cell 1 reads the stem, cell 2 reads cell 1

_activate = partial(nn.functional.leaky_relu, negative_slope=0.05)


class Cell(nn.Module):
    """Distillation cell (figure 2a): three residual layers, each distilled to C / 2, fused, then ESA."""

    def __init__(self, channels: int, operations: list[nn.Module]) -> None:
        super().__init__()
        half = channels // 2
        self.operations = nn.ModuleList(operations)
        self.distil = nn.ModuleList(Pointwise(channels, half) for _ in operations)
        self.last = nn.Conv2d(channels, half, 3, padding=1)
        self.fuse = Pointwise(half * (len(operations) + 1), channels)
        self.attention = ESA(channels)

    def forward(self, x: torch.Tensor, weights: list[torch.Tensor] | None = None) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape; ``weights`` are the mixed layers' probabilities."""
        distilled = []
        for i, (distil, operation) in enumerate(zip(self.distil, self.operations, strict=True)):
            distilled.append(_activate(distil(x)))
            x = _activate((operation(x) if weights is None else operation(x, weights[i])) + x)
        distilled.append(_activate(self.last(x)))
        return self.attention(self.fuse(torch.cat(distilled, 1)))


class Chain(nn.Module):
    """What supernet and derived network share: stem, cells, merges in front of cells, tail, upsampler."""

    def __init__(
        self,
        channels: int,
        cells: int,
        pixel_range: int,
        scale: int,
        fan_in: list[int],
        make_layers: Callable[[], list[nn.Module]],
    ) -> None:
        super().__init__()
        self.shrink = pixel_range / 255
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.cells = nn.ModuleList(Cell(channels, make_layers()) for _ in range(cells))
        self.merges = nn.ModuleList(Pointwise(count * channels, channels) for count in fan_in)
        self.collect = Pointwise(cells * channels, channels)
        self.tail = nn.Conv2d(channels, channels, 3, padding=1)
        self.upsampler = pixel_shuffle(channels, scale)

    def run(
        self,
        x: torch.Tensor,
        merge: Callable[[int, nn.Module, list[torch.Tensor]], torch.Tensor],
        weights: list[torch.Tensor] | None,
    ) -> torch.Tensor:
        """Map LR to SR in 0..255; ``merge(cell, convolution, outputs)`` makes the input of a cell from the third on."""
        stem = self.stem(x * self.shrink)
        outputs: list[torch.Tensor] = []
        for number, cell in enumerate(self.cells, start=1):
            if number < FIRST or not self.merges:
                x = outputs[-1] if outputs else stem
            else:
                x = _activate(merge(number, self.merges[number - FIRST], outputs))
            outputs.append(cell(x, weights))
        deep = self.tail(_activate(self.collect(torch.cat(outputs, 1))))
        return self.upsampler(deep + stem) / self.shrink
