"""Inference on 8-bit images, whole or in tiles with the same result."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np
import torch
from torch import nn

from sr.core.errors import UserError
from sr.evaluate.tiling import Tiling, halos_of, in_tiles, whole
from sr.ops.context import Collected, Window, finish_pass, set_window, tiled


def ready(network: nn.Module, device: torch.device) -> nn.Module:
    """Return ``network`` on ``device`` for inference: weights in channels_last order, as the fast kernels need them."""
    # memory_format is documented but missing from torch's types.
    return network.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]


def super_resolve(
    network: nn.Module,
    image: np.ndarray,
    scale: int,
    tile: int | Tiling = 0,
    min_size: int = 1,
    progress: Callable[[float], None] = lambda work: None,
) -> np.ndarray:
    """Return the SR image, uint8 (h * scale, w * scale, 3), of a uint8 (h, w, 3) image.

    ``tile``: side of the tiles in LR pixels, 0 for the whole image, or the tiling of an image of this size. The result
    is clipped and rounded. ``progress`` is called with the work of each step, which sums up to ``Tiling.work``.
    Raises UserError if a side is shorter than ``min_size``, or if the output is not finite.
    """
    height, width = image.shape[:2]
    if min(height, width) < min_size:
        raise UserError(
            f"image of {width}x{height} pixels is too small: the network needs at least {min_size} pixels a side"
        )
    with torch.inference_mode():
        tiling = tile if isinstance(tile, Tiling) else _tiling(network, height, width, tile)
        if len(tiling.rows) == len(tiling.columns) == 1:
            result = _to_image(network(_to_tensor(image, network)))
            progress(tiling.work)
            return result
        return _in_tiles(network, image, scale, tiling, progress)


def _tiling(network: nn.Module, height: int, width: int, tile: int) -> Tiling:
    if tile == 0:
        return whole(height, width)
    return in_tiles(halos_of(network), height, width, tile)


def _in_tiles(
    network: nn.Module, image: np.ndarray, scale: int, tiling: Tiling, progress: Callable[[float], None]
) -> np.ndarray:
    """Pass over the tiles until every context module has seen the whole image, then once more for the output."""
    height, width = image.shape[:2]
    result = np.empty((height * scale, width * scale, 3), np.uint8)
    with tiled(network) as contexts:
        for share in tiling.halo.passes:
            for window, (bottom, right) in tiling.windows():
                set_window(contexts, window)
                part = _to_tensor(image[window.top : bottom, window.left : right], network)
                with suppress(Collected):
                    _paste(result, network(part), window, scale)
                progress(share * part.shape[-2] * part.shape[-1])
            finish_pass(contexts)
    return result


def _paste(result: np.ndarray, out: torch.Tensor, window: Window, scale: int) -> None:
    top, left, bottom, right = window.core
    rows = slice((top - window.top) * scale, (bottom - window.top) * scale)
    columns = slice((left - window.left) * scale, (right - window.left) * scale)
    result[top * scale : bottom * scale, left * scale : right * scale] = _to_image(out[..., rows, columns])


def _to_tensor(image: np.ndarray, network: nn.Module) -> torch.Tensor:
    device = next(network.parameters()).device
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].to(device).float()


def _to_image(tensor: torch.Tensor) -> np.ndarray:
    # One value that is NaN or infinite makes the sum so; clamped, it would pass for a pixel.
    if not bool(tensor.sum().isfinite()):
        raise UserError("the network's output is not finite, although its weights are. Train it again")
    return tensor[0].clamp(0, 255).round_().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
