"""Upsamplers: from C feature channels to an RGB image ``scale`` times as large."""

from torch import nn


def pixel_shuffle(channels: int, scale: int) -> nn.Sequential:
    """Return a 3x3 convolution to 3 * scale^2 channels and the sub-pixel rearrangement (ESPCN)."""
    return nn.Sequential(nn.Conv2d(channels, 3 * scale * scale, 3, padding=1), nn.PixelShuffle(scale))
