"""Depthwise convolutions with fast gradients on a CPU.

oneDNN has fast kernels for the gradient of a depthwise weight only up to three columns, and none for the gradient of a
dilated one's input; its other kernels take five to ten times as long. Results are the same up to rounding.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

COLUMNS = 3  # of a kernel whose gradient is fast


class Depthwise(nn.Conv2d):
    """A depthwise ``kernel`` x ``kernel`` convolution, (N, C, H, W) to the same shape."""

    def __init__(self, channels: int, kernel: int, dilation: int = 1, bias: bool = True) -> None:
        padding = dilation * (kernel // 2)
        super().__init__(channels, channels, kernel, padding=padding, dilation=dilation, groups=channels, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape."""
        if x.device.type == "cpu" and x.requires_grad and x.dtype == self.weight.dtype == torch.float32:
            return _Depthwise.apply(x, self.weight, self.bias, self.dilation[0])
        return super().forward(x)


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, dilation: int
    ) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        ctx.dilation = dilation
        return _convolve(x, weight, bias, dilation)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        to_x, to_weight, to_bias, _ = ctx.needs_input_grad
        # A convolution with the mirrored kernel.
        of_x = _convolve(grad, weight.flip(2, 3), None, ctx.dilation) if to_x else None
        of_weight = _gradient(grad, x, weight, ctx.dilation) if to_weight else None
        return of_x, of_weight, grad.sum((0, 2, 3)) if to_bias else None, None


def _convolve(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, dilation: int) -> torch.Tensor:
    return F.conv2d(x, weight, bias, 1, dilation * (weight.shape[-1] // 2), dilation, len(weight))


def _gradient(grad: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, dilation: int) -> torch.Tensor:
    """Return the gradient to ``weight``, (C, 1, k, k)."""
    size = weight.shape[-1]
    if dilation > 1 or not COLUMNS < size <= x.shape[-1]:
        return _whole(grad, x, weight, dilation)
    narrow = weight[..., :COLUMNS]
    edge = COLUMNS // 2
    grad = F.pad(grad, (edge, edge))
    # Each shift of x turns the kernel's next columns into a narrow kernel.
    shifts = [start + edge - size // 2 for start in range(0, size, COLUMNS)]
    parts = [_whole(grad, F.pad(x, (edge - shift, edge + shift)), narrow, 1) for shift in shifts]
    return torch.cat(parts, -1)[..., :size]


def _whole(grad: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, dilation: int) -> torch.Tensor:
    padding = [dilation * (side // 2) for side in weight.shape[2:]]
    return torch.ops.aten.convolution_backward(
        grad, x, weight, None, (1, 1), padding, (dilation, dilation), False, (0, 0), len(weight), (False, True, False)
    )[1]
