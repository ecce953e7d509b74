"""Weighted sum of attentions, x times the weighted sum of their gates, in one pass over the image on a CPU.

Each step of such a sum reads and writes whole feature maps, which do not fit a core's cache; here all steps are done
for one block of positions before the next. Results are the same up to rounding.
"""

from typing import Any

import torch

BLOCK = 1 << 16  # values of a block: a few of them fit the second-level cache


def gated(
    x: torch.Tensor,
    channel: torch.Tensor,
    position: torch.Tensor | None,
    weights: list[torch.Tensor],
    logits: list[torch.Tensor],
) -> torch.Tensor:
    """Return x (channel + position + sum_i weights_i sigmoid(logits_i)).

    x and the logits are (N, C, H, W); ``channel`` broadcasts over the positions, (N or 1, C or 1, 1, 1), ``position``
    over the channels, (N, 1, H, W); the weights are scalars.
    """
    if not logits or not _fast(x, *logits):
        gates = [channel, *([] if position is None else [position])]
        gates += [weight * torch.sigmoid(z) for weight, z in zip(weights, logits, strict=True)]
        return x * sum(gates[1:], start=gates[0])
    count, channels, height, width = x.shape
    channel = channel.expand(count, channels, 1, 1)
    position = x.new_zeros(count, 1, height, width) if position is None else position
    return _Gated.apply(x, channel, position, torch.stack(weights), *logits)


def _fast(*tensors: torch.Tensor) -> bool:
    if torch.jit.is_tracing():  # an export cannot trace custom functions
        return False
    shape = tensors[0].shape
    return all(
        t.device.type == "cpu"
        and t.dtype == torch.float32
        and t.shape == shape
        and t.is_contiguous(memory_format=torch.channels_last)
        for t in tensors
    )


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        channel: torch.Tensor,
        position: torch.Tensor,
        weights: torch.Tensor,
        *logits: torch.Tensor,
    ) -> torch.Tensor:
        out = torch.empty_like(x)
        sigmoids = [torch.empty_like(z) for z in logits]
        factors = weights.tolist()
        blocks = [_blocks(t, x) for t in (x, channel, position, out, *sigmoids, *logits)]
        for part, of_image, of_position, result, *rest in zip(*blocks, strict=True):
            block = of_image + of_position
            for s, z, factor in zip(rest, rest[len(factors) :], factors, strict=False):
                block.add_(torch.sigmoid(z, out=s), alpha=factor)
            torch.mul(part, block, out=result)
        ctx.save_for_backward(x, channel, position, weights, *sigmoids)
        return out

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, channel, position, weights, *sigmoids = ctx.saved_tensors
        grad = grad.contiguous(memory_format=torch.channels_last)
        of_x, *of_logits = (torch.empty_like(x) for _ in range(1 + len(sigmoids)))
        of_position = torch.empty_like(x[:, :1])
        factors = weights.tolist()
        blocks = [_blocks(t, x) for t in (grad, channel, position, x, of_x, of_position, *sigmoids, *of_logits)]
        of_channel = []
        of_weights = torch.zeros_like(weights)
        for g, a, b, part, result, positions, *rest in zip(*blocks, strict=True):
            block = a + b
            for s, factor in zip(rest, factors, strict=False):
                block.add_(s, alpha=factor)
            torch.mul(g, block, out=result)
            product = g * part
            of_channel.append(product.sum(0))
            torch.sum(product, 1, keepdim=True, out=positions)
            flat = product.flatten()
            dots = []
            for s, z, factor in zip(rest, rest[len(factors) :], factors, strict=False):
                dots.append(torch.dot(flat, s.flatten()))
                torch.ops.aten.sigmoid_backward.grad_input(product, s, grad_input=z).mul_(factor)
            of_weights += torch.stack(dots)
        sums = torch.stack(of_channel).view(len(x), -1, x.shape[1]).sum(1)
        return of_x, sums[:, :, None, None], of_position, of_weights, *of_logits


def _blocks(tensor: torch.Tensor, like: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return the blocks of (N, c, h, w) in channels_last order, each (positions, c), as views.

    Blocks are whole lines of one image, of ``like``'s size; a single position is repeated for all of them.
    """
    _, channels, height, width = like.shape
    fits = (k for k in range(1, height) if height % k == 0 and height // k * width * channels <= BLOCK)
    parts = next(fits, height)
    rows = tensor.permute(0, 2, 3, 1).flatten(1, 2)
    if rows.shape[1] == 1:
        return tuple(row for row in rows for _ in range(parts))
    return rows.unflatten(1, (parts, -1)).flatten(0, 1).unbind()
