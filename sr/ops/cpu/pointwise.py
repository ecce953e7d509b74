"""1x1 convolutions by oneDNN on a CPU.

For small batches on one thread PyTorch chooses its own 1x1 convolution instead, which first copies its input and fills
its output: three times slower. Results are the same up to rounding.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

SMALL = 1 << 16  # values of an input; below this, PyTorch's own convolution is as fast


class Pointwise(nn.Conv2d):
    """A 1x1 convolution: (N, C, H, W) to (N, ``out``, H, W)."""

    def __init__(self, channels: int, out: int, bias: bool = True) -> None:
        super().__init__(channels, out, 1, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to (N, out, H, W)."""
        return pointwise(x, self.weight, self.bias)


def pointwise(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """Return the 1x1 convolution of (N, C, H, W) with (O, C, 1, 1) and (O,): (N, O, H, W)."""
    return _Pointwise.apply(x, weight, bias) if _fast(x, weight) else F.conv2d(x, weight, bias)


def _fast(x: torch.Tensor, weight: torch.Tensor) -> bool:
    fast = x.device.type == "cpu" and x.dtype == weight.dtype == torch.float32 and x.numel() >= SMALL
    # An export cannot trace custom functions.
    fast = fast and not torch.jit.is_tracing() and torch.backends.mkldnn.is_available()
    return fast and x.is_contiguous(memory_format=torch.channels_last)


def weighted_sum(
    features: list[torch.Tensor],
    kernels: list[torch.Tensor],
    weights: list[torch.Tensor],
    bias: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return sum_i weights_i conv_i(features_i) + bias: computed as one 1x1 convolution with scaled kernels.

    Features are (N, C, H, W), kernels (O, C, 1, 1), weights scalars; the result is (N, O, H, W).
    """
    if bias is None and _fast(features[0], kernels[0]) and not any(kernel.requires_grad for kernel in kernels):
        return _Weighted.apply(torch.stack(weights), *features, *kernels)
    scaled = [weight * kernel for weight, kernel in zip(weights, kernels, strict=True)]
    return pointwise(torch.cat(features, 1), torch.cat(scaled, 1), bias)


class _Weighted(torch.autograd.Function):
    """Weighted sum with constant kernels: a weight's gradient follows from its feature's, without any kernel's."""

    @staticmethod
    def forward(ctx: Any, weights: torch.Tensor, *tensors: torch.Tensor) -> torch.Tensor:
        features, kernels = tensors[: len(weights)], tensors[len(weights) :]
        ctx.save_for_backward(weights, *tensors)
        scaled = [weight * kernel for weight, kernel in zip(weights.unbind(), kernels, strict=True)]
        return _convolve(torch.cat(features, 1), torch.cat(scaled, 1), None)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        weights, *tensors = ctx.saved_tensors
        features, kernels = tensors[: len(weights)], tensors[len(weights) :]
        grad = grad.contiguous(memory_format=torch.channels_last)
        unscaled = [_convolve(grad, kernel.transpose(0, 1), None) for kernel in kernels]
        # Rows of both are in the same order.
        pairs = zip(unscaled, features, strict=True)
        of_weights = torch.stack([torch.dot(_rows(u).flatten(), _rows(f).flatten()) for u, f in pairs])
        of_features = [u.mul_(weight) for u, weight in zip(unscaled, weights.tolist(), strict=True)]
        return of_weights, *of_features, *[None] * len(kernels)


class _Pointwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        return _convolve(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        grad = grad.contiguous(memory_format=torch.channels_last)
        to_x, to_weight, to_bias = ctx.needs_input_grad
        of_x = _convolve(grad, weight.transpose(0, 1), None) if to_x else None
        of_weight = (_rows(grad).T @ _rows(x))[:, :, None, None] if to_weight else None
        return of_x, of_weight, grad.sum((0, 2, 3)) if to_bias else None


def _convolve(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    return torch.mkldnn_convolution(x, weight, bias, padding=(0, 0), stride=(1, 1), dilation=(1, 1), groups=1)


def _rows(x: torch.Tensor) -> torch.Tensor:
    """Return (N, C, H, W) in channels_last order as (N * H * W, C), without copying."""
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
