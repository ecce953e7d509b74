"""Random training patches, drawn from packed pairs: crop, rotate, flip.

Augmentation: rotations by 90, 180, 270 degrees and horizontal flips (DLSR section 4.2, MRAN section 4.1).
"""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from sr.data.store import Pairs
from sr.errors import UserError


def seed_for(seed: int, *purpose: object) -> int:
    """Return a seed of 32 bits for one purpose, so that stages do not share random numbers."""
    label = zlib.crc32("/".join(map(str, purpose)).encode())
    return int(np.random.SeedSequence([seed, label]).generate_state(1)[0])


class PatchSampler:
    """Draw batches of aligned patches; the same seed gives the same batches."""

    def __init__(self, pairs: Pairs, images: Sequence[int], hr_patch: int, batch: int, seed: int) -> None:
        """Draw from the pairs numbered ``images``; raise UserError if one is smaller than the patch."""
        self.pairs, self.images, self.batch = pairs, list(images), batch
        self.patch = hr_patch // pairs.scale
        self._random = np.random.default_rng(seed)
        for index in self.images:
            height, width = pairs[index][1].shape[:2]
            if min(height, width) < self.patch:
                raise UserError(
                    f"training image {pairs.name(index)}: LR size {width}x{height} is smaller than the patch of "
                    f"{self.patch} (hr_patch {hr_patch} at x{pairs.scale}). Leave the image out or lower hr_patch"
                )

    def draw(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return LR (N, 3, p, p) and HR (N, 3, p * scale, p * scale), float32 in 0..255."""
        lows, highs = zip(*(self._patch() for _ in range(self.batch)), strict=True)
        return _to_tensor(lows), _to_tensor(highs)

    def state_dict(self) -> dict[str, Any]:
        """Return where in its random numbers the sampler is, which decides all further batches."""
        return dict(self._random.bit_generator.state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where ``state_dict`` was called."""
        self._random.bit_generator.state = state

    def _patch(self) -> tuple[np.ndarray, np.ndarray]:
        high, low = self.pairs[self.images[self._random.integers(len(self.images))]]
        size, scale = self.patch, self.pairs.scale
        top = self._random.integers(low.shape[0] - size + 1)
        left = self._random.integers(low.shape[1] - size + 1)
        low = low[top : top + size, left : left + size]
        high = high[top * scale : (top + size) * scale, left * scale : (left + size) * scale]
        turns, flip = int(self._random.integers(4)), int(self._random.integers(2))
        return _augment(low, turns, flip), _augment(high, turns, flip)


def _augment(image: np.ndarray, turns: int, flip: int) -> np.ndarray:
    turned = np.rot90(image, turns)
    return turned[:, ::-1] if flip else turned


def _to_tensor(images: Sequence[np.ndarray]) -> torch.Tensor:
    # Left in channels_last order, as it lies in memory: convolutions on a CPU are twice as fast so.
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()
