"""Depthwise convolutions, gates and reductions against PyTorch's own: values and gradients."""

import pytest
import torch
from torch import nn

from sr.ops.cpu import gates
from sr.ops.cpu.depthwise import Depthwise
from sr.ops.cpu.reduce import maximum_and_mean, mean


def last(*shape: int) -> torch.Tensor:
    return torch.randn(*shape).contiguous(memory_format=torch.channels_last).requires_grad_()


def agree(ours: torch.Tensor, theirs: torch.Tensor, wanted: list[torch.Tensor]) -> None:
    """Compare values, and the gradients of a sum with different coefficients everywhere."""
    assert ours.shape == theirs.shape
    coefficients = torch.linspace(-1, 1, theirs.numel()).reshape(theirs.shape)
    results = [[out, *torch.autograd.grad((out * coefficients).sum(), wanted)] for out in (ours, theirs)]
    for fast, plain in zip(*results, strict=True):
        torch.testing.assert_close(fast, plain, rtol=1e-5, atol=1e-5 * plain.abs().max().item())


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3, 5, 7, 9])
@pytest.mark.parametrize("bias", [True, False])
def test_depthwise_is_pytorchs(kernel: int, dilation: int, bias: bool) -> None:
    torch.manual_seed(0)
    layer, x = Depthwise(6, kernel, dilation, bias), last(2, 6, 13, 12)
    agree(layer(x), nn.Conv2d.forward(layer, x), [x, *layer.parameters()])


def test_depthwise_of_a_map_smaller_than_its_kernel() -> None:
    layer, x = Depthwise(3, 7), last(2, 3, 2, 2)
    agree(layer(x), nn.Conv2d.forward(layer, x), [x, *layer.parameters()])


@pytest.mark.parametrize("block", [1, 50, 1 << 20])
@pytest.mark.parametrize("with_position", [True, False])
@pytest.mark.parametrize("size", [(2, 5, 6, 4), (1, 3, 7, 5)])
def test_gated_is_the_plain_sum(
    size: tuple[int, ...], with_position: bool, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(gates, "BLOCK", block)
    count, channels, height, width = size
    x, first, second = (last(*size) for _ in range(3))
    channel, position = last(count, channels, 1, 1), last(count, 1, height, width)
    weights = torch.tensor([0.3, -0.7], requires_grad=True)
    assert gates._fast(x, first, second)
    ours = gates.gated(x, channel, position if with_position else None, list(weights.unbind()), [first, second])
    small = channel + position if with_position else channel
    theirs = x * (small + weights[0] * torch.sigmoid(first) + weights[1] * torch.sigmoid(second))
    agree(ours, theirs, [x, channel, weights, first, second, *([position] if with_position else [])])


def test_gated_spreads_one_number_and_leaves_other_layouts_to_pytorch() -> None:
    x, logits = torch.randn(1, 3, 4, 5), torch.randn(1, 3, 4, 5)
    theirs = x * (0.5 + 0.1 * torch.sigmoid(logits))
    half, tenth = torch.full((1, 1, 1, 1), 0.5), torch.tensor(0.1)
    torch.testing.assert_close(gates.gated(x, half, None, [tenth], [logits]), theirs)
    ordered = [t.contiguous(memory_format=torch.channels_last) for t in (x, logits)]
    torch.testing.assert_close(gates.gated(ordered[0], half, None, [tenth], [ordered[1]]), theirs)
    torch.testing.assert_close(gates.gated(x, half, None, [], []), 0.5 * x)


@pytest.mark.parametrize("axes", [(2, 3), (1,)])
def test_mean_is_pytorchs(axes: tuple[int, ...]) -> None:
    x = last(2, 3, 4, 5)
    agree(mean(x, axes), x.mean(axes, keepdim=True), [x])


def test_maximum_and_mean_are_pytorchs_also_where_channels_are_equal() -> None:
    x = last(2, 3, 4, 5)
    with torch.no_grad():
        x[:, 1, :2] = x[:, 0, :2] = 9.0
    agree(maximum_and_mean(x), torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1), [x])
