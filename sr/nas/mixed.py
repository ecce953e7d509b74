"""Continuous relaxation: a mixed operation is the weighted sum of all its candidates (DARTS; DLSR eq. 1)."""

from collections.abc import Callable, Mapping

import torch
from torch import nn


class MixedOp(nn.Module):
    """All candidate operations of one layer, summed with given weights."""

    def __init__(self, primitives: Mapping[str, Callable[[int], nn.Module]], channels: int) -> None:
        """Build every primitive at ``channels``; the order of the mapping is the order of the weights."""
        super().__init__()
        self.candidates = nn.ModuleDict({name: make(channels) for name, make in primitives.items()})

    def forward(self, x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Return sum_o weights[o] * o(x); x and result (N, C, H, W), weights (number of candidates,)."""
        terms = zip(weights.unbind(), self.candidates.values(), strict=True)
        return sum(weight * op(x) for weight, op in terms)


def parameter_shares(primitives: Mapping[str, Callable[[int], nn.Module]], channels: int) -> torch.Tensor:
    """Return p_o / sum_c p_c, each candidate's share of all candidates' parameters (DLSR eq. 9)."""
    counts = [sum(p.numel() for p in make(channels).parameters()) for make in primitives.values()]
    return torch.tensor(counts, dtype=torch.float32) / sum(counts)
