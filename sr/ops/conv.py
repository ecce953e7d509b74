"""Convolutions that the methods choose from; every factory takes the number of channels.

The candidate operations of DLSR's mixed layer (section 3.1, Table 1). None has a bias or a norm:
only then do the parameter counts of Table 1 come out exactly (checked in tests/unit/methods).
"""

from collections.abc import Callable
from functools import partial

from torch import nn

from sr.ops.cpu.depthwise import Depthwise
from sr.ops.cpu.pointwise import Pointwise

Factory = Callable[[int], nn.Module]


def conv(kernel: int) -> Factory:
    """Return a factory of plain ``kernel`` x ``kernel`` convolutions, C -> C."""
    return partial(_conv, kernel=kernel)


def separable(kernel: int) -> Factory:
    """Return a factory of twice (ReLU, depthwise ``kernel`` x ``kernel``, 1x1), C -> C."""
    return lambda channels: nn.Sequential(*_depthwise(channels, kernel, 1), *_depthwise(channels, kernel, 1))


def dilated(kernel: int) -> Factory:
    """Return a factory of (ReLU, depthwise ``kernel`` x ``kernel`` with dilation 2, 1x1), C -> C."""
    return lambda channels: nn.Sequential(*_depthwise(channels, kernel, 2))


def _conv(channels: int, kernel: int) -> nn.Module:
    return nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False)


def _depthwise(channels: int, kernel: int, dilation: int) -> list[nn.Module]:
    return [
        nn.ReLU(),
        Depthwise(channels, kernel, dilation, bias=False),
        Pointwise(channels, channels, bias=False),
    ]
