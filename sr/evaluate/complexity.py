"""Params and Mult-Adds by the papers' convention.

Mult-Adds counts each application of a Conv2d weight once, and no biases, activations, pooling or
interpolation, for an HR output of 1280x720; at x3 the LR width is 426 (1280 / 3 rounded down).
"""

from collections.abc import Callable

import torch
from torch import nn

from sr.evaluate.formats import ScaleCounts

HR_SIZE = (1280, 720)  # width, height


def lr_size(scale: int) -> tuple[int, int]:
    """Return (width, height) of the LR image behind a 1280x720 output."""
    return HR_SIZE[0] // scale, HR_SIZE[1] // scale


def parameters(network: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in network.parameters())


def mult_adds(network: nn.Module, scale: int, channels: int = 3) -> int:
    """Return the Mult-Adds of one pass of a (1, ``channels``, h, w) LR input; best on the meta device."""
    total = 0

    def count(module: nn.Conv2d, _: tuple, output: torch.Tensor) -> None:
        nonlocal total
        total += module.weight.numel() * output.shape[-2] * output.shape[-1]

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, nn.Conv2d)]
    width, height = lr_size(scale)
    device = next((p.device for p in network.parameters()), torch.device("meta"))
    with torch.no_grad():
        network(torch.empty(1, channels, height, width, device=device))
    for hook in hooks:
        hook.remove()
    return total


def network_counts(build: Callable[[int], nn.Module], scales: list[int]) -> dict[str, ScaleCounts]:
    """Return the counts of the networks that ``build(scale)`` makes, keyed by scale as text ("2")."""
    return {str(scale): _at_scale(build, scale) for scale in scales}


def _at_scale(build: Callable[[int], nn.Module], scale: int) -> ScaleCounts:
    with torch.device("meta"):
        network = build(scale)
    return ScaleCounts(params=parameters(network), mult_adds=mult_adds(network, scale), lr_size=list(lr_size(scale)))
