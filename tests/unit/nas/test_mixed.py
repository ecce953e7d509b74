"""The mixed operation against the plain weighted sum: values, and gradients to input, weights and alpha."""

import pytest
import torch
from torch import nn

from sr.methods.dlsr.network import PRIMITIVES
from sr.methods.mran import network as mran
from sr.nas.mixed import MixedOp, parameter_shares, set_precision
from sr.ops.conv import conv, dilated, separable
from sr.ops.residual import none, skip


def plain_sum(mixed: MixedOp, x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return sum(weight * op(x) for weight, op in zip(weights, mixed.candidates.values(), strict=True))


def values_and_gradients(function, mixed: MixedOp, x: torch.Tensor, weights: torch.Tensor) -> list[torch.Tensor]:
    x, weights = x.clone().requires_grad_(), weights.clone().requires_grad_()
    out = function(mixed, x, weights)
    coefficients = torch.linspace(-1, 1, out.numel()).reshape(out.shape)
    return [out, *torch.autograd.grad((out * coefficients).sum(), [x, weights, *mixed.parameters()])]


MIXTURES = {
    "dlsr": PRIMITIVES,
    "mran, operations": mran.PRIMITIVES,
    "mran, attentions": mran.ATTENTIONS,
    "identity alone": {"a": skip, "b": none},
    "plain only": {"a": conv(1), "b": conv(5)},
    "rectified only": {"a": separable(3), "b": dilated(5)},
    "one of each and a stranger": {"a": conv(3), "b": dilated(3), "skip": lambda _: nn.Identity()},
    "convolution with bias": {"a": lambda c: nn.Conv2d(c, c, 3, padding=1), "b": conv(3)},
    "strided kernel stays apart": {"a": lambda c: nn.Conv2d(c, c, 3, padding=2, dilation=2, bias=False), "b": conv(3)},
}


@pytest.mark.parametrize("name", MIXTURES)
def test_mixed_operation_equals_the_plain_sum(name: str) -> None:
    torch.manual_seed(1)
    mixed = MixedOp(MIXTURES[name], 8)
    x, weights = torch.randn(2, 8, 17, 16), torch.softmax(torch.randn(len(MIXTURES[name])), 0)
    fast = values_and_gradients(MixedOp.__call__, mixed, x, weights)
    slow = values_and_gradients(plain_sum, mixed, x, weights)
    assert len(fast) == len(slow) == 3 + len(list(mixed.parameters()))
    for a, b in zip(fast, slow, strict=True):
        assert (a - b).abs().max() <= 1e-5 * b.abs().max()


def test_bfloat16_rounds_the_plain_sum_and_nothing_else() -> None:
    torch.manual_seed(3)
    mixed = MixedOp(PRIMITIVES, 8)
    x, weights = torch.randn(2, 8, 17, 16), torch.softmax(torch.randn(len(PRIMITIVES)), 0)
    exact = values_and_gradients(MixedOp.__call__, mixed, x, weights)
    set_precision(mixed, "bfloat16")
    rounded = values_and_gradients(MixedOp.__call__, mixed, x, weights)
    assert all(value.dtype == torch.float32 for value in rounded)
    # Rounding to 8 bits: a relative error of up to 1/256 in each factor.
    distances = [((a - b).norm() / b.norm()).item() for a, b in zip(rounded, exact, strict=True)]
    assert 0 < max(distances) < 0.02
    set_precision(mixed, "float32")
    again = values_and_gradients(MixedOp.__call__, mixed, x, weights)
    assert all(torch.equal(a, b) for a, b in zip(again, exact, strict=True))


def test_bfloat16_changes_no_supernet_without_plain_convolutions() -> None:
    torch.manual_seed(4)
    mixed = MixedOp(mran.PRIMITIVES, 4)
    x, weights = torch.randn(1, 4, 12, 12), torch.full((len(mran.PRIMITIVES),), 0.2)
    exact = mixed(x, weights)
    set_precision(mixed, "bfloat16")
    assert torch.equal(mixed(x, weights), exact)


def test_dlsrs_nine_operations_are_all_fused() -> None:
    mixed = MixedOp(PRIMITIVES, 4)
    assert (len(mixed.plain), len(mixed.rectified), mixed.others) == (4, 5, [])


def test_parameter_shares_sum_to_one() -> None:
    shares = parameter_shares(PRIMITIVES, 50)
    assert shares.sum().item() == pytest.approx(1)
    assert (shares[1] / shares[0]).item() == pytest.approx(9)
