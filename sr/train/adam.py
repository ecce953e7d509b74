"""Adam (Kingma and Ba, ICLR 2015; L2 penalty in the gradient) by PyTorch's fused kernel, all tensors in one call.

torch.optim.Adam computes the same, but its first step imports torch._dynamo, which takes longer than torch itself and
than many of the jobs here, and compiles nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import torch

EPSILON = 1e-8


class Adam:
    """Adam on tensors of one device and type."""

    def __init__(
        self, parameters: Iterable[torch.Tensor], lr: float, betas: tuple[float, float], weight_decay: float
    ) -> None:
        """Begin with moments of zero; ``lr`` may be changed between steps."""
        self.parameters, self.lr, self.betas, self.weight_decay = list(parameters), lr, betas, weight_decay
        self._first = [torch.zeros_like(p) for p in self.parameters]
        self._second = [torch.zeros_like(p) for p in self.parameters]
        # The kernel reads the count of steps from a tensor, so that a GPU need not wait for the host.
        self._steps = [torch.zeros((), device=p.device) for p in self.parameters]

    @torch.no_grad()
    def step(self, gradients: Sequence[torch.Tensor]) -> None:
        """Update the parameters in place by their ``gradients``, in the same order."""
        torch._foreach_add_(self._steps, 1)
        torch._fused_adam_(
            self.parameters,
            list(gradients),
            self._first,
            self._second,
            [],
            self._steps,
            lr=self.lr,
            beta1=self.betas[0],
            beta2=self.betas[1],
            weight_decay=self.weight_decay,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
            grad_scale=None,
            found_inf=None,
        )

    def state_dict(self) -> dict[str, Any]:
        """Return moments and counts of steps; the learning rate follows from the step."""
        return {"first": self._first, "second": self._second, "steps": self._steps}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned, in place: each tensor keeps its device and memory order."""
        for name, own in self.state_dict().items():
            for target, source in zip(own, state[name], strict=True):
                target.copy_(source)
