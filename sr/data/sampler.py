"""Random training patches, drawn from packed pairs: crop, rotate, flip.

Augmentation: rotations by 90, 180, 270 degrees and horizontal flips (DLSR section 4.2, MRAN section 4.1).
"""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from sr.core.errors import UserError
from sr.data.packed import Pairs

WHOLE = slice(None)


def seed_for(seed: int, *purpose: object) -> int:
    """Return a seed of 32 bits for one purpose, so that stages do not share random numbers."""
    label = zlib.crc32("/".join(map(str, purpose)).encode())
    return int(np.random.SeedSequence([seed, label]).generate_state(1)[0])


class PatchSampler:
    """Draw batches of aligned patches; the same seed gives the same batches.

    ``part`` of each batch is returned; random numbers are drawn for all of it, so that the parts of several processes
    make up the batch of one, and all have the same state.
    """

    def __init__(
        self, pairs: Pairs, images: Sequence[int], hr_patch: int, batch: int, seed: int, part: slice = WHOLE
    ) -> None:
        """Draw from the pairs numbered ``images``; raise UserError if one is smaller than the patch."""
        self.pairs, self.images, self.batch, self.part = pairs, list(images), batch, part
        self.patch = hr_patch // pairs.scale
        self._random = np.random.default_rng(seed)
        for index in self.images:
            height, width = pairs.size(index)
            if min(height, width) < self.patch:
                raise UserError(
                    f"training image {pairs.name(index)}: LR size {width}x{height} is smaller than the patch of "
                    f"{self.patch} (hr_patch {hr_patch} at x{pairs.scale}). Leave the image out or lower hr_patch"
                )

    def draw(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return LR (N, 3, p, p) and HR (N, 3, p * scale, p * scale), float32 in 0..255."""
        places = [self._place() for _ in range(self.batch)]
        lows, highs = zip(*(self._patch(*place) for place in places[self.part]), strict=True)
        return _to_tensor(lows), _to_tensor(highs)

    def state_dict(self) -> dict[str, Any]:
        """Return where in its random numbers the sampler is, which decides all further batches."""
        return dict(self._random.bit_generator.state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where ``state_dict`` was called."""
        self._random.bit_generator.state = state

    def _place(self) -> tuple[int, int, int, int, int]:
        """Draw image, top and left in LR pixels, quarter turns and flip of one patch."""
        image = self.images[self._random.integers(len(self.images))]
        height, width = self.pairs.size(image)
        top = int(self._random.integers(height - self.patch + 1))
        left = int(self._random.integers(width - self.patch + 1))
        return image, top, left, int(self._random.integers(4)), int(self._random.integers(2))

    def _patch(self, image: int, top: int, left: int, turns: int, flip: int) -> tuple[np.ndarray, np.ndarray]:
        high, low = self.pairs[image]
        size, scale = self.patch, self.pairs.scale
        low = low[top : top + size, left : left + size]
        high = high[top * scale : (top + size) * scale, left * scale : (left + size) * scale]
        return _augment(low, turns, flip), _augment(high, turns, flip)


def _augment(image: np.ndarray, turns: int, flip: int) -> np.ndarray:
    turned = np.rot90(image, turns)
    return turned[:, ::-1] if flip else turned


def _to_tensor(images: Sequence[np.ndarray]) -> torch.Tensor:
    # Left in channels_last order, as it lies in memory: convolutions on a CPU are twice as fast so.
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()
