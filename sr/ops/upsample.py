"""Upsamplers: sub-pixel convolutions (ESPCN, Shi et al. 2016)."""

from torch import nn


def pixel_shuffle(channels: int, scale: int) -> nn.Sequential:
    """Return a 3x3 convolution to 3 * scale^2 channels and the sub-pixel rearrangement: features to RGB."""
    return nn.Sequential(*_stage(channels, 3, scale))


def staged_pixel_shuffle(channels: int, scale: int) -> nn.Sequential:
    """Return (3x3 convolution, rearrangement) that keep the channels; x4 takes two stages of x2 (EDSR)."""
    steps = (2, 2) if scale == 4 else (scale,)
    return nn.Sequential(*[module for step in steps for module in _stage(channels, channels, step)])


def _stage(channels: int, out: int, scale: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, out * scale * scale, 3, padding=1), nn.PixelShuffle(scale)]
