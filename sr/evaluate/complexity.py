"""Params and Mult-Adds by the papers' convention.

Mult-Adds counts one per application of a Conv2d weight, nothing for biases, activations, pooling and
interpolation, for an HR output of 1280x720; at x3 the LR width is 426 (1280 / 3 rounded down).
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import nn

from sr.config import Network
from sr.methods import base
from sr.nas.genotype import read_genotype

HR_SIZE = (1280, 720)  # width, height


def lr_size(scale: int) -> tuple[int, int]:
    """Return (width, height) of the LR image behind a 1280x720 output."""
    return HR_SIZE[0] // scale, HR_SIZE[1] // scale


def parameters(network: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in network.parameters())


def mult_adds(network: nn.Module, scale: int) -> int:
    """Return the Mult-Adds of one forward pass to 1280x720; ``network`` should lie on the meta device."""
    total = 0

    def count(module: nn.Conv2d, _: tuple, output: torch.Tensor) -> None:
        nonlocal total
        total += module.weight.numel() * output.shape[-2] * output.shape[-1]

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, nn.Conv2d)]
    width, height = lr_size(scale)
    device = next(network.parameters()).device
    with torch.no_grad():
        network(torch.empty(1, 3, height, width, device=device))
    for hook in hooks:
        hook.remove()
    return total


def complexity(build: Callable[[int], nn.Module], scales: list[int]) -> dict[str, dict]:
    """Return {scale: {params, mult_adds, lr_size}} of the networks that ``build(scale)`` makes."""
    result = {}
    for scale in scales:
        with torch.device("meta"):
            network = build(scale)
        result[str(scale)] = {
            "params": parameters(network),
            "mult_adds": mult_adds(network, scale),
            "lr_size": list(lr_size(scale)),
        }
    return result


def of_genotype(name: str, path: str, config: Network, channels: int | None, scales: list[int]) -> dict:
    """Return the complexity document of a genotype file; ``channels`` replaces the width of ``config``."""
    method = base.find(name)
    genotype = read_genotype(path, method.genotype_schema)
    config = config if channels is None else replace(config, channels=channels)
    counts = complexity(lambda scale: method.network(genotype, config, scale), scales)
    core = {key: value for key, value in genotype.items() if key != "evidence"}
    head = {"model": name, "method": name, "channels": config.channels, "genotype": core}
    return head | {"hr_size": list(HR_SIZE), "scales": counts}


def summary(document: dict) -> str:
    """Return one line a scale: Params, Mult-Adds and the LR size behind 1280x720."""
    return "\n".join(
        f"{document['method']} x{scale}: {row['params']:,} params, {row['mult_adds'] / 1e9:.3f} G Mult-Adds "
        f"(Conv2d weights only, LR {row['lr_size'][0]}x{row['lr_size'][1]}, HR 1280x720)"
        for scale, row in document["scales"].items()
    )
