"""Residual blocks and the dense block of them: (N, C, H, W) to the same shape; every factory takes C."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from sr.ops.cpu.pointwise import Pointwise

Factory = Callable[[int], nn.Module]


class RB(nn.Module):
    """Residual block (EDSR, Lim et al. 2017): 3x3, ReLU, 3x3, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape."""
        return self.second(F.relu(self.first(x))) + x


class SRB(nn.Module):
    """Shallow residual block (RFDN, Liu et al. 2020): LeakyReLU(3x3 + input), slope 0.05."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape."""
        return F.leaky_relu(self.conv(x) + x, 0.05)


class LRB(nn.Module):
    """Lightweight residual block (after LESRCNN, Tian et al. 2020): 3x3 in two groups, ReLU, 1x1, plus the input.

    LESRCNN's own 3x3 has no groups; MRAN's published counts imply two.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.grouped = nn.Conv2d(channels, channels, 3, padding=1, groups=2)
        self.mix = Pointwise(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape."""
        return self.mix(F.relu(self.grouped(x))) + x


class RDB(nn.Module):
    """Residual dense block (RDN, Zhang et al. 2018) with two units and growth rate C; ``make`` builds a unit.

    u1 = B(x); u2 = B(conv1x1 [x, u1]); out = conv1x1 [x, u1, u2] + x.
    """

    def __init__(self, channels: int, make: Factory) -> None:
        super().__init__()
        self.first, self.second = make(channels), make(channels)
        self.reduce = Pointwise(2 * channels, channels)
        self.fuse = Pointwise(3 * channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape."""
        first = self.first(x)
        second = self.second(self.reduce(torch.cat([x, first], 1)))
        return self.fuse(torch.cat([x, first, second], 1)) + x


class Zero(nn.Module):
    """No connection (DARTS's ``none``): zeros in the shape of the input."""

    adds_nothing = True  # sums may skip it

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to zeros of the same shape."""
        return torch.zeros_like(x)


def dense(make: Factory) -> Factory:
    """Return a factory of residual dense blocks whose units ``make`` builds."""
    return lambda channels: RDB(channels, make)


def skip(channels: int) -> nn.Module:
    """Return the identity (DARTS's ``skip_connect``); it has no parameters, whatever ``channels``."""
    return nn.Identity()


def none(channels: int) -> nn.Module:
    """Return zeros; they have no parameters, whatever ``channels``."""
    return Zero()
