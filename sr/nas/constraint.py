"""A limit on the cost of the derived network, held by a multiplier during the search.

Modified differential multipliers (Platt and Barr, NIPS 1987): the architecture descends L + lambda * log C, C the
expected cost, while lambda ascends on log(C' / target), C' the cost of the network that the search would derive now,
and stays at 0 or above. With a limit on both sides it may fall below 0, and then asks for a higher cost, as in TuNAS
(Bender et al., CVPR 2020, section 3.3): what a network may cost and does not is quality given away. The gradient of
log C is scaled to the norm of that of L, so that lambda has no unit: at 1, cost counts as much as the loss does,
whatever the loss. So there is no weight to choose.

C' and not C, because only C' is paid: near the uniform distribution, C is the mean of all candidates whatever is kept.
"""

from math import log
from typing import Any

import torch

from sr.nas.cost import Limit
from sr.nas.derive import decide
from sr.nas.relaxation import Relaxation

# A network of twice the target brings lambda from 0 to 1 in 1 / (ASCENT * log 2) of the architecture's steps, 3 %.
ASCENT = 50.0


class Constraint:
    """The limit and its multiplier, whose value belongs to the state of a search."""

    def __init__(self, limit: Limit, arch: Relaxation, steps: int) -> None:
        """``steps``: how often the architecture moves in the whole search."""
        self.limit, self.arch, self.rate = limit, arch, ASCENT / steps
        self.multiplier = 0.0
        # Choices that change the cost; where cells read from, for one, does not.
        self.costly = [name for name, costs in limit.costs.options.items() if len({*costs.values()}) > 1]

    def cost(self) -> float:
        """Return the cost of the network that the probabilities give now."""
        return self.limit.costs.of(decide(self.arch.table(), self.arch.choices))

    def add_gradient(self) -> None:
        """Move the multiplier, then add the cost's share to the gradient that the loss has left in the logits."""
        moved = self.multiplier + self.rate * log(self.cost() / self.limit.target)
        self.multiplier = moved if self.limit.both else max(0.0, moved)
        if not (self.multiplier and self.costly):
            return
        logits = [self.arch.logits[name] for name in self.costly]
        cost = self.limit.costs.expected(self.arch(), self.arch.choices)
        gradients = torch.autograd.grad(cost.log(), logits)
        of_loss, of_cost = _norm([logit.grad for logit in logits]), _norm(gradients)
        for logit, gradient in zip(logits, gradients, strict=True):
            share = gradient * (self.multiplier * (of_loss or 1.0) / (of_cost or 1.0))
            logit.grad = share if logit.grad is None else logit.grad + share

    def row(self) -> dict[str, float]:
        """Return what the history says of the constraint."""
        return {"cost": self.cost(), "multiplier": self.multiplier}

    def state_dict(self) -> dict[str, Any]:
        """Return the multiplier."""
        return {"multiplier": self.multiplier}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the multiplier."""
        self.multiplier = state["multiplier"]


def _norm(tensors: Any) -> float:
    return sum(float(tensor.square().sum()) for tensor in tensors if tensor is not None) ** 0.5
