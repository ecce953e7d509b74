"""DLSR's interpolating start: the untrained network enlarges bilinearly (an option; the paper states no start)."""

from typing import cast

from torch import nn

from sr.methods.dlsr.blocks import Chain
from sr.ops.interpolation import FADED, carry, enlarge, fade


def interpolate(network: Chain, scale: int) -> None:
    """Let the skip connection from the stem to the upsampler carry colour; the cells add little at first."""
    carry(network.stem)
    fade(network.tail, FADED, network.tail.out_channels)
    enlarge(cast(nn.Conv2d, network.upsampler[0]), scale)
