"""All counts of a network at its scales, as results/counts/ has them."""

from collections.abc import Callable

import torch
from torch import nn

from sr.evaluate.complexity import parameters, tally
from sr.evaluate.formats import ChallengeCounts, ScaleCounts
from sr.evaluate.output_size import CHALLENGE_SIZE, lr_size


def network_counts(build: Callable[[int], nn.Module], scales: list[int]) -> dict[str, ScaleCounts]:
    """Return the counts of the networks that ``build(scale)`` makes, keyed by scale as text ("2")."""
    return {str(scale): _at_scale(build, scale) for scale in scales}


def _at_scale(build: Callable[[int], nn.Module], scale: int) -> ScaleCounts:
    with torch.device("meta"):
        network = build(scale)
    here, challenge = tally(network, lr_size(scale)), tally(network, CHALLENGE_SIZE)
    return ScaleCounts(
        params=parameters(network),
        mult_adds=here.mult_adds,
        mult_adds_thop=here.thop,
        activations=here.activations,
        challenge=ChallengeCounts(mult_adds=challenge.mult_adds, activations=challenge.activations),
        lr_size=list(lr_size(scale)),
    )
