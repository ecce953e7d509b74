"""Attention blocks: x times a gate of x, (N, C, H, W) to the same shape; every factory takes the channels C.

Each also gives the logits of its gate, because a weighted sum of attentions is x times the weighted sum of gates.
"""

import torch
import torch.nn.functional as F
from torch import nn

from sr.ops.context import CoarseContext, GlobalMean
from sr.ops.cpu.depthwise import Depthwise
from sr.ops.cpu.pointwise import Pointwise
from sr.ops.cpu.reduce import maximum_and_mean

REDUCTION = 8  # of CA's two layers; gives MRAN's published counts (RCAN itself uses 16)


class Attention(nn.Module):
    """Base: x times a gate, the sigmoid of ``logits``, which only need to broadcast to (N, C, H, W)."""

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits of the gate of (N, C, H, W) features."""
        raise NotImplementedError

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape."""
        return x * torch.sigmoid(self.logits(x))


class CA(Attention):
    """Channel attention (RCAN, Zhang et al. 2018): gate each channel by the means of all.

    Global mean, 1x1 to C // 8, ReLU, 1x1 back to C, sigmoid.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        width = max(1, channels // REDUCTION)
        self.mean = GlobalMean()
        self.squeeze = Pointwise(channels, width)
        self.expand = Pointwise(width, channels)

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, C, 1, 1)."""
        return self.expand(F.relu(self.squeeze(self.mean(x))))


class SAM(Attention):
    """Spatial attention (CBAM, Woo et al. 2018): gate each position by its maximum and mean over the channels.

    7x7 convolution 2 -> 1 without bias, sigmoid. CBAM's BatchNorm in between is left out, as super-resolution
    does: it would make the result depend on the other images of a batch.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, 1, H, W)."""
        return self.conv(maximum_and_mean(x))


class PA(Attention):
    """Pixel attention (PAN, Zhao et al. 2020): gate each value by a 1x1 convolution and a sigmoid."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = Pointwise(channels, channels)

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, C, H, W)."""
        return self.gate(x)


class ESA(Attention, CoarseContext):
    """Enhanced spatial attention (RFANet, RFDN, Liu et al. 2020): gate each position by a wide, coarse context.

    A 1x1 convolution to C // 4 channels; a coarse branch (3x3 stride 2, max-pool 7 stride 3, three 3x3)
    scaled back up by bilinear interpolation; a skip inside; 1x1 back to C; sigmoid. Input and output
    (N, C, H, W) with H, W >= 15: the coarse branch has no padding in its first two layers.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        width = channels // 4
        self.squeeze = Pointwise(channels, width)
        self.skip = Pointwise(width, width)
        self.stride = nn.Conv2d(width, width, 3, stride=2)
        self.coarse = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(3))
        self.expand = Pointwise(width, channels)

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, C, H, W); H, W >= 15."""
        squeezed = self.squeeze(x)
        return self.expand(self.context(squeezed) + self.skip(squeezed))

    def filter(self, pooled: torch.Tensor) -> torch.Tensor:
        """Filter the coarse grid of the whole image."""
        first, second, third = self.coarse
        return third(F.relu(second(F.relu(first(pooled)))))

    def filters(self) -> list[nn.Module]:
        """Return the three convolutions."""
        return list(self.coarse)


class CEA(Attention):
    """Cost-efficient attention (MAFFSRN, Muqeet et al. 2020): gate each value by its neighbourhood.

    1x1 convolution, depthwise 5x5, sigmoid. MAFFSRN multiplies this gate with that of an ESA of its own;
    MRAN calls CEA pixel-wise and lists ESA separately, so this is the pixel-wise gate alone.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = Pointwise(channels, channels)
        self.depthwise = Depthwise(channels, 5)

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """Return (N, C, H, W)."""
        return self.depthwise(self.mix(x))
