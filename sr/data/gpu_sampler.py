"""Random training patches drawn on a GPU that holds the packed set as bytes; one gather makes a batch.

Per batch, only indices are computed, and nothing is copied from the host.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from sr.data.packed import Pairs
from sr.data.sampler import WHOLE, PatchSampler

MEMORY_FRACTION = 0.6  # of the device's free memory that a set may take; the rest is for the network


class GpuSampler:
    """Draw batches of aligned patches on ``device``; the same seed gives the same batches on the same device.

    Only ``part`` of each batch is returned, as by a PatchSampler.
    """

    def __init__(
        self,
        pairs: Pairs,
        images: Sequence[int],
        hr_patch: int,
        batch: int,
        seed: int,
        device: torch.device,
        part: slice = WHOLE,
    ) -> None:
        """Copy the pairs numbered ``images`` to the device; raise UserError if one is smaller than the patch."""
        self.batch = batch
        self.part = part
        self.patch = PatchSampler(pairs, images, hr_patch, batch, seed).patch  # checks the sizes
        self.scale = pairs.scale
        highs, lows = zip(*(pairs[i] for i in images), strict=True)
        self._low, self._low_start = _flat(lows, device)
        self._high, self._high_start = _flat(highs, device)
        self._height = torch.tensor([low.shape[0] for low in lows], device=device)
        self._width = torch.tensor([low.shape[1] for low in lows], device=device)
        self._random = torch.Generator(device).manual_seed(seed)

    def draw(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return LR (N, 3, p, p) and HR (N, 3, p * scale, p * scale), float32 in 0..255, in channels_last order."""
        device = self._low.device
        image = torch.randint(len(self._height), (self.batch,), generator=self._random, device=device)
        uniform = torch.rand(3, self.batch, generator=self._random, device=device, dtype=torch.float64)
        image, uniform = image[self.part], uniform[:, self.part]
        height, width = self._height[image], self._width[image]
        top = (uniform[0] * (height - self.patch + 1)).long()
        left = (uniform[1] * (width - self.patch + 1)).long()
        symmetry = (uniform[2] * 8).long()
        low = _gather(self._low, self._low_start[image], width, top, left, self.patch, symmetry)
        scale = self.scale
        start = self._high_start[image]
        high = _gather(self._high, start, width * scale, top * scale, left * scale, self.patch * scale, symmetry)
        return low, high

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the random generator, which decides all further batches."""
        return {"random": self._random.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from the state that ``state_dict`` returned."""
        self._random.set_state(state["random"])


def sampler_for(
    pairs: Pairs,
    images: Sequence[int],
    hr_patch: int,
    batch: int,
    seed: int,
    device: torch.device,
    part: slice = WHOLE,
    agree: Callable[[bool], bool] = bool,
) -> PatchSampler | GpuSampler:
    """Return the sampler for ``device``: a GpuSampler if it is a GPU with room for the whole set.

    ``agree`` returns whether a flag is set in all processes of the training, which must all use the same kind.
    """
    if agree(fits(pairs, images, device)):
        return GpuSampler(pairs, images, hr_patch, batch, seed, device, part)
    return PatchSampler(pairs, images, hr_patch, batch, seed, part)


def fits(pairs: Pairs, images: Sequence[int], device: torch.device) -> bool:
    """Return whether ``device`` is a GPU with room for the pairs numbered ``images``."""
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return sum(high.size + low.size for high, low in (pairs[i] for i in images)) < MEMORY_FRACTION * free


def _flat(images: Sequence, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return uint8 (H, W, 3) images concatenated as (pixels, 3) on the device, and the start of each."""
    pixels = [image.shape[0] * image.shape[1] for image in images]
    starts = torch.tensor([0, *pixels[:-1]]).cumsum(0)
    flat = torch.empty(sum(pixels), 3, dtype=torch.uint8, device=device)
    for start, image in zip(starts.tolist(), images, strict=True):
        # Copied, because torch warns about read-only arrays such as this memory-mapped one.
        pixels_of_image = torch.from_numpy(image.reshape(-1, 3).copy())
        flat[start : start + len(pixels_of_image)].copy_(pixels_of_image)
    return flat, starts.to(device)


def _gather(
    flat: torch.Tensor,
    start: torch.Tensor,
    width: torch.Tensor,
    top: torch.Tensor,
    left: torch.Tensor,
    size: int,
    symmetry: torch.Tensor,
) -> torch.Tensor:
    """Return float (N, 3, size, size) patches; ``symmetry`` 0..7: bit 0 mirrors rows, bit 1 columns, bit 2 swaps them.

    These are the four rotations, each with and without a flip.
    """
    line = torch.arange(size, device=flat.device)
    vertical = line[None, :, None]
    horizontal = line[None, None, :]
    upside, mirrored, swapped = (((symmetry >> bit) & 1).bool()[:, None, None] for bit in range(3))
    row = torch.where(swapped, horizontal, vertical)
    row = torch.where(upside, size - 1 - row, row)
    column = torch.where(swapped, vertical, horizontal)
    column = torch.where(mirrored, size - 1 - column, column)
    index = start[:, None, None] + (top[:, None, None] + row) * width[:, None, None] + left[:, None, None] + column
    return flat[index].permute(0, 3, 1, 2).float()
