"""Params and Mult-Adds by the papers' convention, and Mult-Adds by the rule of the package thop.

Mult-Adds counts each application of a Conv2d weight once, and no biases, activations, pooling or
interpolation, for an HR output of 1280x720; at x3 the LR width is 426 (1280 / 3 rounded down).

DLSR's authors count by thop (Lyken17/pytorch-OpCounter). In its version of early 2021 a Conv2d costs its
multiply-adds and one more for each output value if it has a bias, a LeakyReLU one for each value, and a ReLU nothing.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode

from sr.evaluate.output_size import lr_size


def parameters(network: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in network.parameters())


def mult_adds(network: nn.Module, scale: int, channels: int = 3) -> int:
    """Return the Mult-Adds of one pass of a (1, ``channels``, h, w) LR input; best on the meta device."""
    return tally(network, lr_size(scale), channels).mult_adds


def mult_adds_thop(network: nn.Module, scale: int, channels: int = 3) -> int:
    """Return the Mult-Adds of the same pass by thop's rule."""
    return tally(network, lr_size(scale), channels).thop


class _LeakyReLUs(TorchFunctionMode):
    """Number of values that pass through LeakyReLU, whether called as a function or as a module."""

    values = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is F.leaky_relu:
            self.values += result.numel()
        return result


class Tally(NamedTuple):
    """Counts of one pass: Mult-Adds by the papers' convention and by thop's rule, values that convolutions return."""

    mult_adds: int
    thop: int
    activations: int


def tally(network: nn.Module, size: tuple[int, int], channels: int = 3) -> Tally:
    """Return the counts of one pass of a (1, ``channels``, h, w) input of ``size`` (w, h)."""
    weights, biases, values = 0, 0, 0

    def count(module: nn.Conv2d, _: tuple, output: torch.Tensor) -> None:
        nonlocal weights, biases, values
        weights += module.weight.numel() * output.shape[-2] * output.shape[-1]
        biases += output.numel() if module.bias is not None else 0
        values += output.numel()

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, nn.Conv2d)]
    width, height = size
    device = next((p.device for p in network.parameters()), torch.device("meta"))
    with torch.no_grad(), _LeakyReLUs() as activations:
        network(torch.empty(1, channels, height, width, device=device))
    for hook in hooks:
        hook.remove()
    return Tally(weights, weights + biases + activations.values, values)
