"""The parts of MRAN's networks: OSB and ASB (section 3.1), the block of both, CSRM (section 3.2).

Tensors are (N, C, H, W) and keep their shape unless said otherwise. ``weights`` are the probabilities of each
edge's candidates, {edge: (number of candidates,)}; without them an edge holds one candidate.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import torch
from torch import nn

from sr.ops.attention import CA
from sr.ops.cpu.pointwise import Pointwise
from sr.ops.residual import RB
from sr.ops.upsample import staged_pixel_shuffle

EdgeWeights = Mapping[str, torch.Tensor] | None


def edges(nodes: int) -> list[str]:
    """Return the names ``i-j`` of all edges from an earlier node i to a later node j."""
    return [f"{i}-{j}" for j in range(1, nodes) for i in range(j)]


class Graph(nn.Module):
    """Nodes in a row; each is the sum of what its edges make of all earlier nodes (eq. 4 and 7)."""

    def __init__(self, nodes: int, make: Callable[[str], nn.Module]) -> None:
        """Build ``make(name)`` for each edge."""
        super().__init__()
        self.nodes = nodes
        self.edges = nn.ModuleDict({name: make(name) for name in edges(nodes)})

    def forward(self, x: torch.Tensor, weights: EdgeWeights = None) -> list[torch.Tensor]:
        """Return the outputs of all nodes; that of node 0 is ``x``."""
        states = [x]
        for j in range(1, self.nodes):
            flows = [self._flow(f"{i}-{j}", states[i], weights) for i in range(j)]
            states.append(sum(flows[1:], start=flows[0]))
        return states

    def _flow(self, name: str, x: torch.Tensor, weights: EdgeWeights) -> torch.Tensor:
        return self.edges[name](x) if weights is None else self.edges[name](x, weights[name])


class Sampled(nn.Module):
    """Channel sampling (eq. 5): one channel in ``sampling`` goes through the operation, the others pass.

    The mask M of an edge is drawn once, from the edge's name alone: so it is the same in every block, in the
    supernet and in the derived network. It is kept with the weights.
    """

    selected: torch.Tensor
    remaining: torch.Tensor
    order: torch.Tensor

    def __init__(self, channels: int, sampling: int, edge: str, operation: nn.Module) -> None:
        super().__init__()
        chosen = sorted(Random(edge).sample(range(channels), channels // sampling))
        self.register_buffer("selected", torch.tensor(chosen))
        self.register_buffer("remaining", torch.tensor(sorted(set(range(channels)) - set(chosen))))
        order = torch.cat([self.remaining, self.selected])
        self.register_buffer("order", order, persistent=False)
        self.register_buffer("inverse", order.argsort(), persistent=False)
        self.operation = operation

    def forward(self, x: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
        """Return the remaining channels, unchanged, and behind them the operation's."""
        # Nothing but a gradient needs the function, and an export could not follow it.
        ordered = _Reordered.apply(x, self.order, self.inverse) if x.requires_grad else _reorder(x, self.order)
        rest, sampled = ordered.split([len(self.remaining), len(self.selected)], 1)
        sampled = sampled.contiguous(memory_format=torch.channels_last)
        return torch.cat([rest, self.operation(sampled, *weights)], 1)


class _Reordered(torch.autograd.Function):
    """The channels in another order. PyTorch's own gradient of that adds them up one by one, ten times slower."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, order: torch.Tensor, inverse: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(inverse)
        return _reorder(x, order)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return _reorder(grad, ctx.saved_tensors[0]), None, None


def _reorder(x: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """Return x[:, order] in channels_last order, of (N, C, H, W); rows of channels are the fast way on a CPU."""
    count, channels, height, width = x.shape
    rows = x.permute(0, 2, 3, 1).reshape(-1, channels).index_select(1, order)
    return rows.view(count, height, width, channels).permute(0, 3, 1, 2)


class OSB(nn.Module):
    """Operation search block (section 3.1.1): 1x1 (eq. 3), a graph of operations, 1x1 over all its nodes."""

    def __init__(self, channels: int, sampling: int, nodes: int, make: Callable[[str], nn.Module]) -> None:
        super().__init__()
        self.enter = Pointwise(channels, channels)
        self.graph = Graph(nodes, lambda edge: Sampled(channels, sampling, edge, make(edge)))
        self.fuse = Pointwise(nodes * channels, channels)

    def forward(self, x: torch.Tensor, weights: EdgeWeights = None) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape (eq. 3-5); ``weights`` are the edges' probabilities in the supernet."""
        return self.fuse(torch.cat(self.graph(self.enter(x), weights), 1))


class ASB(nn.Module):
    """Attention search block (section 3.1.2): a graph of attentions; the last node is the output."""

    def __init__(self, nodes: int, make: Callable[[str], nn.Module]) -> None:
        super().__init__()
        self.graph = Graph(nodes, make)

    def forward(self, x: torch.Tensor, weights: EdgeWeights = None) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape (eq. 6, 7): the last node."""
        return self.graph(x, weights)[-1]


class Plain(nn.Module):
    """Replacement of OSB in the hand-made blocks of Tables 2 and 3: 1x1, then one residual block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.enter = Pointwise(channels, channels)
        self.block = RB(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape."""
        return self.block(self.enter(x))


class Block(nn.Module):
    """RASB, MRAB and the blocks of Tables 1 and 2: attention(operation(x)) + x (eq. 1 and 2)."""

    def __init__(self, operation: nn.Module, attention: nn.Module) -> None:
        super().__init__()
        self.operation = operation
        self.attention = attention

    def forward(self, x: torch.Tensor, osb: EdgeWeights = None, asb: EdgeWeights = None) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape (eq. 1, 2)."""
        if osb is None:
            return self.attention(self.operation(x)) + x
        return self.attention(self.operation(x, osb), asb) + x


class ConvPA(nn.Module):
    """CSRM's pixel attention: a ``kernel`` x ``kernel`` convolution in two groups, gated by a 1x1 and a sigmoid."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=2)
        self.gate = Pointwise(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the same shape."""
        return self.conv(x) * torch.sigmoid(self.gate(x))


class CSRM(nn.Module):
    """Cross-scale refinement module (section 3.2, eq. 8-11): (N, C, H, W) to (N, C / 2, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.reduce = Pointwise(channels, half)
        self.pa_up, self.pa = ConvPA(half, 5), ConvPA(half, 3)
        self.ca_1_up, self.ca_1, self.ca_2_up, self.ca_2 = (CA(half) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to (N, C / 2, H, W) (eq. 8-11)."""
        x = self.reduce(x)
        wide = self.pa_up(x)
        up_1 = wide + self.ca_1(x)
        low_1 = self.ca_1_up(wide) + x
        narrow = self.pa(low_1)
        up_2 = self.ca_2(narrow) + up_1
        low_2 = self.ca_2_up(up_1) + narrow
        return up_2 + low_2


class Chain(nn.Module):
    """What search network and MRAN share (figure 2): 3x3, blocks, CSRM or nothing, upsampler, last convolution."""

    def __init__(self, channels: int, scale: int, blocks: list[Block], csrm: bool, pixel_range: int) -> None:
        super().__init__()
        width = channels // 2 if csrm else channels
        self.shrink = pixel_range / 255
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList(blocks)
        self.refine = CSRM(channels) if csrm else nn.Identity()
        self.upsampler = staged_pixel_shuffle(width, scale)
        # 1x1 behind CSRM: only then do the Mult-Adds of x2 and x4 in Table 4 agree with each other.
        self.last = Pointwise(width, 3) if csrm else nn.Conv2d(width, 3, 3, padding=1)

    def run(self, x: torch.Tensor, osb: EdgeWeights = None, asb: EdgeWeights = None) -> torch.Tensor:
        """Map LR (N, 3, h, w) in 0..255 to SR (N, 3, h * scale, w * scale) in the same range, not clipped."""
        x = self.stem(x * self.shrink)
        for block in self.blocks:
            x = block(x, osb, asb)
        return self.last(self.upsampler(self.refine(x))) / self.shrink
