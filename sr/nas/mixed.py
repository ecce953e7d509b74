"""Continuous relaxation: a mixed operation is the weighted sum of all its candidates (DARTS; DLSR eq. 1).

Much of that sum is linear in the candidates' last convolution, and convolutions add up:

- plain k x k convolutions of the same input are one convolution with the weighted, zero-padded kernels summed;
- candidates that begin with a ReLU share it;
- attentions are x times a gate, and so is their sum: x times the weighted sum of the gates (1 for the identity);
- ``none`` adds nothing;
- last 1x1 convolutions of several candidates are one 1x1 convolution of their concatenated features, each
  candidate's weights scaled by its probability.

The result is the same sum, in values and gradients, with a fraction of the work.
"""

from collections.abc import Callable, Mapping
from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from sr.core.sections import Precision
from sr.ops.attention import Attention
from sr.ops.cpu.gates import gated
from sr.ops.cpu.pointwise import weighted_sum


class MixedOp(nn.Module):
    """All candidate operations of one layer, summed with given weights."""

    def __init__(self, primitives: Mapping[str, Callable[[int], nn.Module]], channels: int) -> None:
        """Build every primitive at ``channels``; the order of the mapping is the order of the weights."""
        super().__init__()
        self.candidates = nn.ModuleDict({name: make(channels) for name, make in primitives.items()})
        self.plain = [name for name, op in self.candidates.items() if _adds_up(op)]
        self.rectified = [name for name, op in self.candidates.items() if _ends_pointwise(op)]
        self.gated = [name for name, op in self.candidates.items() if isinstance(op, Attention)]
        self.identities = [name for name, op in self.candidates.items() if isinstance(op, nn.Identity)]
        nothing = [name for name, op in self.candidates.items() if getattr(op, "adds_nothing", False)]
        known = {*self.plain, *self.rectified, *self.gated, *self.identities, *nothing}
        self.others = [name for name in self.candidates if name not in known]
        # Of the plain convolutions' sum; None for that of the input.
        self.dtype: torch.dtype | None = None

    def forward(self, x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Return sum_o weights[o] * o(x); x and result (N, C, H, W), weights (number of candidates,)."""
        weight_of = dict(zip(self.candidates, weights.unbind(), strict=True))
        terms = [weight_of[name] * self.candidates[name](x) for name in self.others]
        if self.plain:
            kernel = self._summed_kernel(weight_of)
            dtype = self.dtype or x.dtype
            convolved = F.conv2d(x.to(dtype), kernel.to(dtype), padding=kernel.shape[-1] // 2)
            terms.append(convolved.to(x.dtype))
        if self.rectified:
            terms.append(self._rectified_sum(F.relu(x), weight_of))
        if self.gated or self.identities:
            terms.append(self._gated_sum(x, weight_of))
        return sum(terms[1:], start=terms[0]) if terms else torch.zeros_like(x)

    def _gated_sum(self, x: torch.Tensor, weight_of: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return x sum_o w_o gate_o(x); an identity's gate is 1."""
        channel, position = sum((weight_of[name] for name in self.identities), start=x.new_zeros(1, 1, 1, 1)), None
        full: list[tuple[torch.Tensor, torch.Tensor]] = []
        for name in self.gated:
            logits = cast(Attention, self.candidates[name]).logits(x)
            if logits.shape[2:] == (1, 1):
                channel = channel + weight_of[name] * torch.sigmoid(logits)
            elif logits.shape[1] == 1:
                gate = weight_of[name] * torch.sigmoid(logits)
                position = gate if position is None else position + gate
            else:
                full.append((weight_of[name], logits))
        return gated(x, channel, position, [weight for weight, _ in full], [logits for _, logits in full])

    def _summed_kernel(self, weight_of: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return sum_o w_o K_o, every kernel zero-padded to the largest."""
        kernels = [weight_of[name] * _kernel(self.candidates[name]) for name in self.plain]
        size = max(kernel.shape[-1] for kernel in kernels)
        padded = [F.pad(kernel, [(size - kernel.shape[-1]) // 2] * 4) for kernel in kernels]
        return sum(padded[1:], start=padded[0])

    def _rectified_sum(self, rectified: torch.Tensor, weight_of: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the candidates' sum from relu(x): their features side by side, one 1x1 convolution for all."""
        operations = {name: cast(nn.Sequential, self.candidates[name]) for name in self.rectified}
        features = [operation[1:-1](rectified) for operation in operations.values()]
        kernels = [_kernel(operation[-1]) for operation in operations.values()]
        return weighted_sum(features, kernels, [weight_of[name] for name in operations])


def set_precision(supernet: nn.Module, precision: Precision) -> None:
    """Let the mixed operations sum plain convolutions in ``precision``; weights and all other sums stay as they are.

    That sum is about half of a step's work. The rounding of bfloat16 (8 bits) averages over hundreds of products.
    """
    for module in supernet.modules():
        if isinstance(module, MixedOp):
            module.dtype = torch.bfloat16 if precision == "bfloat16" else None


def _adds_up(operation: nn.Module) -> bool:
    """Tell whether the operation is one plain convolution, whose kernel can be added to others."""
    if not isinstance(operation, nn.Conv2d):
        return False
    simple = operation.bias is None and operation.groups == 1
    return simple and operation.stride == operation.dilation == (1, 1) and operation.kernel_size[0] % 2 == 1


def _kernel(convolution: nn.Module) -> torch.Tensor:
    return cast(nn.Conv2d, convolution).weight


def _ends_pointwise(operation: nn.Module) -> bool:
    """Tell whether the operation is a sequence from a ReLU to a 1x1 convolution without bias."""
    if not (isinstance(operation, nn.Sequential) and len(operation) > 2 and isinstance(operation[0], nn.ReLU)):
        return False
    return _adds_up(operation[-1]) and operation[-1].kernel_size == (1, 1)


def parameter_shares(primitives: Mapping[str, Callable[[int], nn.Module]], channels: int) -> torch.Tensor:
    """Return p_o / sum_c p_c, each candidate's share of all candidates' parameters (DLSR eq. 9)."""
    counts = [sum(p.numel() for p in make(channels).parameters()) for make in primitives.values()]
    return torch.tensor(counts, dtype=torch.float32) / sum(counts)
