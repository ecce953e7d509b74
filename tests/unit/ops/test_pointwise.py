"""The 1x1 convolution against PyTorch's: values and gradients, and what it leaves to PyTorch."""

import pytest
import torch
import torch.nn.functional as F

from sr.ops.cpu import pointwise as module
from sr.ops.cpu.pointwise import Pointwise, pointwise, weighted_sum


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_pointwise_is_a_convolution(bias: bool, layout: torch.memory_format, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(module, "SMALL", 1)
    layer = Pointwise(5, 7, bias=bias)
    x = torch.randn(2, 5, 9, 11).contiguous(memory_format=layout).requires_grad_()
    wanted = [x, *layer.parameters()]
    results = []
    for out in (layer(x), F.conv2d(x, layer.weight, layer.bias)):
        coefficients = torch.linspace(-1, 1, out.numel()).reshape(out.shape)
        results.append([out, *torch.autograd.grad((out * coefficients).sum(), wanted)])
    for fast, plain in zip(*results, strict=True):
        torch.testing.assert_close(fast, plain, rtol=1e-5, atol=1e-5 * plain.abs().max().item())


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_weighted_sum_is_the_plain_one(frozen: bool, bias: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(module, "SMALL", 1)
    features = [
        torch.randn(2, 5, 9, 11).contiguous(memory_format=torch.channels_last).requires_grad_() for _ in range(3)
    ]
    kernels = [torch.randn(7, 5, 1, 1, requires_grad=not frozen) for _ in range(3)]
    weights = torch.tensor([0.7, 0.0, 0.3], requires_grad=True)
    shift = torch.randn(7, requires_grad=True) if bias else None
    wanted = [weights, *features, *([] if frozen else kernels), *([shift] if bias else [])]
    parts = [w * F.conv2d(x, k) for w, x, k in zip(weights.unbind(), features, kernels, strict=True)]
    plain = sum(parts) + (shift[:, None, None] if bias else 0)
    results = []
    for out in (weighted_sum(features, kernels, list(weights.unbind()), shift), plain):
        coefficients = torch.linspace(-1, 1, out.numel()).reshape(out.shape)
        results.append([out, *torch.autograd.grad((out * coefficients).sum(), wanted)])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5 * theirs.abs().max().item())


def test_other_types_go_to_pytorch() -> None:
    x, weight = torch.randn(1, 4, 200, 200, dtype=torch.float64), torch.randn(3, 4, 1, 1, dtype=torch.float64)
    assert (pointwise(x, weight) == F.conv2d(x, weight)).all()
    with torch.autocast("cpu", torch.bfloat16):
        assert pointwise(x.float().contiguous(memory_format=torch.channels_last), weight.float()).shape[1] == 3
