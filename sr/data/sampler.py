"""Random training patches from packed pairs: cropped, rotated, flipped.

Augmentation: rotations by 90, 180, 270 degrees and horizontal flips (DLSR section 4.2, MRAN section 4.1).
"""

import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from sr.core.errors import UserError
from sr.data.packed import Pairs

WHOLE = slice(None)


def seed_for(seed: int, *purpose: object) -> int:
    """Return a 32-bit seed for one purpose, so that stages do not share random numbers."""
    label = zlib.crc32("/".join(map(str, purpose)).encode())
    return int(np.random.SeedSequence([seed, label]).generate_state(1)[0])


class Crop(NamedTuple):
    """Position and symmetry of one patch: image number, top and left in LR pixels, quarter turns, flip."""

    image: int
    top: int
    left: int
    turns: int
    flip: int


class PatchSampler:
    """Draw batches of aligned patches; the same seed gives the same batches.

    Only ``part`` of each batch is returned, but random numbers are drawn for all of it: the parts of several processes
    then form the batch of a single one, and all processes have the same state.
    """

    def __init__(
        self, pairs: Pairs, images: Sequence[int], hr_patch: int, batch: int, seed: int, part: slice = WHOLE
    ) -> None:
        """Draw from the pairs numbered ``images``; raise UserError if one is smaller than the patch."""
        self.pairs = pairs
        self.images = list(images)
        self.batch = batch
        self.part = part
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
        crops = [self._draw_crop() for _ in range(self.batch)]
        lows, highs = zip(*(self._patch(crop) for crop in crops[self.part]), strict=True)
        return _to_tensor(lows), _to_tensor(highs)

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the random generator, which decides all further batches."""
        return dict(self._random.bit_generator.state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from the state that ``state_dict`` returned."""
        self._random.bit_generator.state = state

    def _draw_crop(self) -> Crop:
        image = self.images[self._random.integers(len(self.images))]
        height, width = self.pairs.size(image)
        top = int(self._random.integers(height - self.patch + 1))
        left = int(self._random.integers(width - self.patch + 1))
        return Crop(image, top, left, int(self._random.integers(4)), int(self._random.integers(2)))

    def _patch(self, crop: Crop) -> tuple[np.ndarray, np.ndarray]:
        high, low = self.pairs[crop.image]
        return _cut(low, crop, self.patch, 1), _cut(high, crop, self.patch, self.pairs.scale)


def _cut(image: np.ndarray, crop: Crop, size: int, scale: int) -> np.ndarray:
    """Return the augmented patch of ``size`` LR pixels from an image that is ``scale`` times as large as the LR one."""
    rows = slice(crop.top * scale, (crop.top + size) * scale)
    columns = slice(crop.left * scale, (crop.left + size) * scale)
    turned = np.rot90(image[rows, columns], crop.turns)
    return turned[:, ::-1] if crop.flip else turned


def _to_tensor(images: Sequence[np.ndarray]) -> torch.Tensor:
    # The memory layout stays channels_last: convolutions on a CPU are twice as fast with it.
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float()
