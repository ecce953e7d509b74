"""A search step as the equations read: every candidate by itself, weighted and summed; a backward pass for each loss.

DLSR eq. 1, 4 to 6 and 10; MRAN eq. 4 to 7; DARTS's first-order step.
"""

from typing import Any

import torch
from torch import nn

from sr.methods.mran.blocks import Sampled
from sr.nas.mixed import MixedOp
from sr.ops.cpu.depthwise import Depthwise
from sr.ops.cpu.pointwise import Pointwise

Batch = tuple[torch.Tensor, torch.Tensor]


class WeightedSum(nn.Module):
    """The mixed operation of the papers: sum_o weights[o] * o(x)."""

    def __init__(self, candidates: nn.ModuleDict) -> None:
        super().__init__()
        self.candidates = candidates

    def forward(self, x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape."""
        return sum(weight * op(x) for weight, op in zip(weights, self.candidates.values(), strict=True))


class SampledChannels(nn.Module):
    """MRAN eq. 5: the channels of the mask through the operation, the others beside them."""

    def __init__(self, sampled: Sampled) -> None:
        super().__init__()
        self.selected, self.remaining, self.operation = sampled.selected, sampled.remaining, sampled.operation

    def forward(self, x: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape, the operation's channels last."""
        return torch.cat([x[:, self.remaining], self.operation(x[:, self.selected], *weights)], 1)


def textbook(network: nn.Module) -> nn.Module:
    """Return the network with every fused or hand-written part replaced by the textbook's, under the same names."""
    # From the innermost outwards, so that a sampled operation is the plain one by then.
    for module in reversed(list(network.modules())):
        for name, child in list(module.named_children()):
            if isinstance(child, MixedOp):
                setattr(module, name, WeightedSum(child.candidates))
            if isinstance(child, Sampled):
                setattr(module, name, SampledChannels(child))
            if isinstance(child, Pointwise | Depthwise):
                child.__class__ = nn.Conv2d  # type: ignore[assignment]  # no fields of its own to lose
    # torch's types lack the argument, which its documentation has.
    return network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]


class Step:
    """One step: theta descends the training loss, then A descends lambda_train L_tr + lambda_val L_val."""

    def __init__(self, supernet: Any, loss_of: nn.Module, gamma: float, weights: tuple[float, float]) -> None:
        """``weights`` are (lambda_train, lambda_val), ``gamma`` that of the parameter loss."""
        self.supernet, self.loss_of, self.gamma, self.weights = supernet, loss_of, gamma, weights
        theta = [p for name, p in supernet.named_parameters() if not name.startswith("arch.")]
        self.theta = torch.optim.Adam(theta, lr=1e-3, foreach=False)
        self.arch = torch.optim.Adam(list(supernet.arch.parameters()), lr=1e-2, foreach=False)

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return L = L1 + mu HFEN + gamma L_P (eq. 10) on one batch (LR, HR)."""
        value = self.loss_of(self.supernet(batch[0]), batch[1])
        return value + self.gamma * self.supernet.parameter_loss() if self.gamma else value

    def __call__(self, train: Batch, validation: Batch) -> float:
        """Do the step; return the training loss."""
        self.theta.zero_grad()
        loss = self.loss(train)
        loss.backward()
        self.theta.step()
        self.arch.zero_grad()
        for weight, batch in zip(self.weights, (train, validation), strict=True):
            if weight:
                (weight * self.loss(batch)).backward()
        self.arch.step()
        return loss.item()
