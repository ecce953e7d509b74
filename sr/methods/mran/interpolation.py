"""MRAN's interpolating start: the untrained network enlarges bilinearly (an option; the paper states no start).

MRAN has no skip connection around its blocks, but one around each (eq. 2), and CSRM's branches (eq. 8 to 11) add up.
"""

from typing import cast

from torch import nn

from sr.methods.mran.blocks import CSRM, OSB, Block, Chain, Plain
from sr.ops.interpolation import FADED, carry, enlarge, fade

# With CSRM's upper branch at 0, the gates of its channel attentions at 1/2 and its lower branch at g times its input,
# eq. 8 to 11 give x (1.5 g + 1.5 / 2): g = 1/6 passes x. A pixel attention's own gate is 1/2, too.
LOWER = 1 / 6
GATE = 1 / 2


def interpolate(network: Chain, scale: int) -> None:
    """Let blocks and CSRM pass the colours, and upsampler and last convolution enlarge them."""
    carry(network.stem)
    for block in network.blocks:
        _add_nothing(cast(Block, block).operation)
    if isinstance(network.refine, CSRM):
        _pass(network.refine)
    stages = [module for module in network.upsampler if isinstance(module, nn.Conv2d)]
    for convolution in stages:
        enlarge(convolution, 2 if len(stages) > 1 else scale)
    carry(network.last, rest=FADED)


def _add_nothing(operation: nn.Module) -> None:
    """Make colours of the block's operation zero; whatever attention follows, its gates keep them zero."""
    if isinstance(operation, OSB):
        fade(operation.fuse)
    elif isinstance(operation, Plain):
        fade(operation.enter)
        fade(operation.block.second)


def _pass(refine: CSRM) -> None:
    carry(refine.reduce)
    fade(refine.pa_up.conv)
    carry(refine.pa.conv, LOWER / GATE)
    for gate in (refine.pa_up.gate, refine.pa.gate):
        fade(gate)
    for attention in (refine.ca_1_up, refine.ca_1, refine.ca_2_up, refine.ca_2):
        fade(attention.expand)
