"""Inference on 8-bit images, whole or in tiles with the same result."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from sr.core.errors import UserError
from sr.ops.context import REACH, STEP, Collected, Window, finish_pass, set_window, tiled


def ready(network: nn.Module, device: torch.device) -> nn.Module:
    """Return ``network`` on ``device`` for inference: weights in channels_last order, as the fast kernels need them."""
    # memory_format is documented but missing from torch's types.
    return network.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]


def super_resolve(network: nn.Module, image: np.ndarray, scale: int, tile: int = 0, min_size: int = 1) -> np.ndarray:
    """Return the SR image, uint8 (h * scale, w * scale, 3), of a uint8 (h, w, 3) image.

    ``tile``: side of the tiles in LR pixels, 0 for the whole image. The result is clipped and rounded.
    Raises UserError if a side is shorter than ``min_size``.
    """
    height, width = image.shape[:2]
    if min(height, width) < min_size:
        raise UserError(
            f"image of {width}x{height} pixels is too small: the network needs at least {min_size} pixels a side"
        )
    with torch.inference_mode():
        if tile == 0 or (height <= tile and width <= tile):
            return _to_image(network(_to_tensor(image, network)))
        return _in_tiles(network, image, scale, tile)


def halo_of(network: nn.Module) -> int:
    """Return how many LR pixels around a tile can affect it: the sum of the convolutions' reach.

    An upper bound, because it counts all convolutions as one chain. Coarse branches are left out: they see the
    whole image anyway.
    """
    reach = 0
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.stride == (1, 1):
            assert isinstance(module.padding, tuple), "padding is a string"
            reach += module.padding[0]
    return reach


def _in_tiles(network: nn.Module, image: np.ndarray, scale: int, tile: int) -> np.ndarray:
    """Pass over the tiles until every context module has seen the whole image, then once more for the output."""
    height, width = image.shape[:2]
    result = np.empty((height * scale, width * scale, 3), np.uint8)
    halo = halo_of(network)
    with tiled(network) as contexts:
        complete = False
        while not complete:
            for window, (bottom, right) in _windows(height, width, tile, halo):
                set_window(contexts, window)
                try:
                    out = _to_image(network(_to_tensor(image[window.top : bottom, window.left : right], network)))
                except Collected:
                    continue
                _paste(result, out, window, scale)
            complete = not finish_pass(contexts)
    return result


def _windows(height: int, width: int, tile: int, halo: int) -> Iterator[tuple[Window, tuple[int, int]]]:
    """Yield tiles with their halo; starts are multiples of the coarse grid's step, so that grids line up."""
    # At least REACH, so that the last tile of a row holds a coarse cell however narrow its core is.
    side = -(-tile // STEP) * STEP
    margin = -(-max(halo, REACH) // STEP) * STEP
    for top in range(0, height, side):
        for left in range(0, width, side):
            core = (top, left, min(top + side, height), min(left + side, width))
            start = max(0, top - margin), max(0, left - margin)
            end = min(height, core[2] + margin + REACH), min(width, core[3] + margin + REACH)
            yield Window(*start, core, (height, width)), end


def _paste(result: np.ndarray, out: np.ndarray, window: Window, scale: int) -> None:
    top, left, bottom, right = window.core
    rows = slice((top - window.top) * scale, (bottom - window.top) * scale)
    columns = slice((left - window.left) * scale, (right - window.left) * scale)
    result[top * scale : bottom * scale, left * scale : right * scale] = out[rows, columns]


def _to_tensor(image: np.ndarray, network: nn.Module) -> torch.Tensor:
    device = next(network.parameters()).device
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].to(device).float()


def _to_image(tensor: torch.Tensor) -> np.ndarray:
    return tensor[0].clamp(0, 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
