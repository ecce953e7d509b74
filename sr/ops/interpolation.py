"""Initial weights with which a network, before any training, enlarges an image bilinearly.

PyTorch's default initialisation starts a super-resolution network far below bicubic enlargement, and a short training
spends most of its steps on learning to pass colour. Here three of the feature channels carry R, G and B from the first
convolution to the last, so that every step goes into detail. Neither paper states an initialisation.

Feature tensors are (N, C, H, W); channels 0, 1 and 2 are the carriers. Every function changes weights in place.
"""

import torch
from torch import nn

COLOURS = 3
# Share that all other weights of the last layers keep: a little of every feature, so that gradients reach all layers.
FADED = 0.03


def bilinear_kernels(scale: int) -> torch.Tensor:
    """Return (scale^2, 3, 3): for each sub-pixel, in PixelShuffle's order, the weights of bilinear enlargement.

    A sub-pixel's centre is less than half a pixel away from its pixel's, so that 3 x 3 pixels suffice at any scale.
    """
    offsets = (torch.arange(scale) + 0.5) / scale - 0.5
    lines = torch.stack([(-offsets).clamp(min=0), 1 - offsets.abs(), offsets.clamp(min=0)], 1)
    return torch.einsum("ai,bj->abij", lines, lines).reshape(scale * scale, 3, 3)


@torch.no_grad()
def carry(convolution: nn.Conv2d, gain: float = 1.0, rest: float = 0.0) -> None:
    """Make outputs 0 to 2 of ``convolution`` its inputs 0 to 2, times ``gain``; other outputs stay as they are.

    The weights from all other inputs keep the share ``rest``.
    """
    share = convolution.in_channels // convolution.groups
    middle = convolution.kernel_size[0] // 2
    fade(convolution, rest)
    for colour in range(COLOURS):
        convolution.weight[colour, :COLOURS] = 0
        convolution.weight[colour, colour % share, middle, middle] = gain


@torch.no_grad()
def enlarge(convolution: nn.Conv2d, scale: int) -> None:
    """Make the convolution in front of a PixelShuffle enlarge inputs 0 to 2 bilinearly into outputs 0 to 2."""
    count = scale * scale
    fade(convolution, FADED, COLOURS * count)
    kernels = bilinear_kernels(scale).to(convolution.weight)
    for colour in range(COLOURS):
        rows = slice(colour * count, (colour + 1) * count)
        convolution.weight[rows, :COLOURS] = 0
        convolution.weight[rows, colour] = kernels


@torch.no_grad()
def fade(convolution: nn.Conv2d, rest: float = 0.0, outputs: int = COLOURS) -> None:
    """Leave the share ``rest`` of the weights of the first ``outputs``, and no bias; zeros receive gradients too."""
    convolution.weight[:outputs] *= rest
    if convolution.bias is not None:
        convolution.bias[:outputs] = 0
