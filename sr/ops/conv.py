"""Convolutions that the methods choose from; every factory takes the number of channels.

The candidate operations of DLSR's mixed layer (section 3.1, Table 1). None has a bias or a norm:
only then do the parameter counts of Table 1 come out exactly (facts checked in tests/methods).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from sr.ops.pointwise import Pointwise

Factory = Callable[[int], nn.Module]
Pair = tuple[int, int]


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
    make, padding = Spread if dilation > 1 else nn.Conv2d, dilation * (kernel // 2)
    spatial = make(channels, channels, kernel, padding=padding, dilation=dilation, groups=channels, bias=False)
    return [nn.ReLU(), spatial, Pointwise(channels, channels, bias=False)]


class Spread(nn.Conv2d):
    """A depthwise convolution with dilation, (N, C, H, W) to the same shape.

    The gradient to its input is a convolution with the mirrored kernel; oneDNN's own takes ten times as long.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape."""
        if x.device.type == "cpu" and x.requires_grad and x.dtype == self.weight.dtype:
            return _Spread.apply(x, self.weight, self.padding, self.dilation)
        return super().forward(x)


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, padding: Pair, dilation: Pair) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        ctx.padding, ctx.dilation = padding, dilation
        return F.conv2d(x, weight, None, 1, padding, dilation, len(weight))

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        groups, of_weight = len(weight), None
        of_x = F.conv2d(grad, weight.flip(2, 3), None, 1, ctx.padding, ctx.dilation, groups)
        if ctx.needs_input_grad[1]:
            of_weight = torch.ops.aten.convolution_backward(
                grad, x, weight, None, (1, 1), ctx.padding, ctx.dilation, False, (0, 0), groups, (False, True, False)
            )[1]
        return of_x, of_weight, None, None
