"""Attention blocks; every factory takes the number of channels."""

import torch
import torch.nn.functional as F
from torch import nn

from sr.ops.context import ContextModule


class ESA(ContextModule):
    """Enhanced spatial attention (RFDN, Liu et al. 2020): gate each position by a wide, coarse context.

    A 1x1 convolution to C // 4 channels; a coarse branch (3x3 stride 2, max-pool 7 stride 3, three 3x3)
    scaled back up by bilinear interpolation; a skip inside; 1x1 back to C; sigmoid. Input and output
    (N, C, H, W) with H, W >= 15: the coarse branch has no padding in its first two layers.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        width = channels // 4
        self.squeeze = nn.Conv2d(channels, width, 1)
        self.skip = nn.Conv2d(width, width, 1)
        self.stride = nn.Conv2d(width, width, 3, stride=2)
        self.coarse = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(3))
        self.expand = nn.Conv2d(width, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        squeezed = self.squeeze(x)
        gate = self.spread(squeezed) + self.skip(squeezed)
        return x * torch.sigmoid(self.expand(gate))

    def collect(self, squeezed: torch.Tensor) -> torch.Tensor:
        """Reduce (N, f, H, W) to the coarse grid: one value for each 15x15 window, every 6 pixels."""
        return F.max_pool2d(self.stride(squeezed), kernel_size=7, stride=3)

    def digest(self, pooled: torch.Tensor) -> torch.Tensor:
        """Filter the coarse grid of the whole image."""
        first, second, third = self.coarse
        return third(F.relu(second(F.relu(first(pooled)))))
