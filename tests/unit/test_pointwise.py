"""The 1x1 convolution against PyTorch's: values and gradients, and what it leaves to PyTorch."""

import pytest
import torch
import torch.nn.functional as F

from sr.ops import pointwise as module
from sr.ops.conv import dilated
from sr.ops.pointwise import Pointwise, pointwise


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


@pytest.mark.parametrize("kernel", [3, 5])
def test_dilated_depthwise_gradients_are_pytorchs(kernel: int) -> None:
    torch.manual_seed(0)
    layer = dilated(kernel)(6)[1]
    x = torch.randn(2, 6, 13, 12, requires_grad=True)
    plain = F.conv2d(x, layer.weight, padding=layer.padding, dilation=2, groups=6)
    coefficients = torch.linspace(-1, 1, plain.numel()).reshape(plain.shape)
    ours, theirs = ([y, *torch.autograd.grad((y * coefficients).sum(), [x, layer.weight])] for y in (layer(x), plain))
    for fast, slow in zip(ours, theirs, strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-5, atol=1e-5 * slow.abs().max().item())


def test_other_types_go_to_pytorch() -> None:
    x, weight = torch.randn(1, 4, 200, 200, dtype=torch.float64), torch.randn(3, 4, 1, 1, dtype=torch.float64)
    assert (pointwise(x, weight) == F.conv2d(x, weight)).all()
    with torch.autocast("cpu", torch.bfloat16):
        assert pointwise(x.float().contiguous(memory_format=torch.channels_last), weight.float()).shape[1] == 3
