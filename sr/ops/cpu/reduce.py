"""Means and maxima with cheap gradients; each of PyTorch's own gradients writes several whole feature maps."""

from typing import Any

import torch


def mean(x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    """Return the mean over ``axes``, which keep size 1."""
    # The custom function is for gradients only, and an export could not trace it.
    return _Mean.apply(x, axes) if x.requires_grad else x.mean(axes, keepdim=True)


def maximum_and_mean(x: torch.Tensor) -> torch.Tensor:
    """Return the largest and the mean value over the channels of (N, C, H, W): (N, 2, H, W)."""
    if x.requires_grad:
        return _MaximumAndMean.apply(x)
    return torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)


class _Mean(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
        result = x.mean(axes, keepdim=True)
        ctx.shape = x.shape
        ctx.count = x.numel() // result.numel()
        return result

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None]:
        return (grad / ctx.count).expand(ctx.shape), None


class _MaximumAndMean(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        result = torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)
        ctx.save_for_backward(x, result)
        return result

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        x, result = ctx.saved_tensors
        largest, average = grad.split(1, 1)
        average = average / x.shape[1]
        # Written as floats, because converting booleans would take most of the time.
        maximal = torch.eq(x, result[:, :1], out=torch.empty_like(x))
        return maximal.mul_(largest / maximal.sum(1, keepdim=True)).add_(average)
