"""Networks of other projects, measured and counted by the same protocol as ours: what all kinds of files share."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from sr.core.errors import UserError
from sr.evaluate.output_size import lr_size

UNKNOWN_MIN_SIDE = 48  # smaller images can kill a runtime, whose kernels do not check sizes

Order = Literal["RGB", "BGR"]


@dataclass(frozen=True)
class Convention:
    """What a file's tensors hold: the largest value of a pixel (1 or 255), and the order of its channels.

    ``min_side``: shortest side in LR pixels that the network can take. ``multiple``: its sides must be multiples of it,
    so images are mirrored below and to the right, and the output is cropped.
    """

    peak: float
    order: Order
    min_side: int = UNKNOWN_MIN_SIDE
    multiple: int = 1


class OtherNetwork(ABC):
    """An enlarger of uint8 images from a file at ``path``: call it with an (h, w, 3) image.

    A kind of file sets these three and calls ``_check_scale`` when it is loaded.
    """

    path: Path
    scale: int
    convention: Convention

    @abstractmethod
    def parameters(self) -> int:
        """Return the number of its parameters."""

    @abstractmethod
    def convolutions(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the Mult-Adds of all convolutions for an LR image of ``size`` (w, h), and the values they return."""

    @abstractmethod
    def _outputs(self, tensor: np.ndarray) -> list[np.ndarray]:
        """Return what the network makes of float32 (1, 3, h, w); raise UserError if it fails, maybe at this size."""

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return uint8 (h * scale, w * scale, 3), clipped and rounded; raise UserError if the image is too small."""
        height, width = image.shape[:2]
        least = self.convention.min_side
        if min(height, width) < least:
            raise UserError(f"image of {width}x{height} pixels is too small: {self.path.name} needs {least} a side")
        missing = [(0, -side % self.convention.multiple) for side in (height, width)]
        result = self._enlarge(np.pad(image, [*missing, (0, 0)], mode="symmetric"))
        return result[: height * self.scale, : width * self.scale]

    def mult_adds(self) -> int:
        """Return the Mult-Adds of all convolutions for a 1280x720 output, by the papers' convention."""
        return self.convolutions(lr_size(self.scale))[0]

    def _padded(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return a size with sides that are multiples of what the network needs."""
        width, height = (-(-side // self.convention.multiple) * self.convention.multiple for side in size)
        return width, height

    def _enlarge(self, image: np.ndarray) -> np.ndarray:
        pixels = image if self.convention.order == "RGB" else image[..., ::-1]
        tensor = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32) * np.float32(
            self.convention.peak / 255
        )
        values = self._run(tensor)[0].transpose(1, 2, 0) * np.float32(255 / self.convention.peak)
        rounded = values.clip(0, 255).round().astype(np.uint8)
        return rounded if self.convention.order == "RGB" else rounded[..., ::-1]

    def _check_scale(self) -> None:
        """Run the network once at its smallest size."""
        side, _ = self._padded((max(self.convention.min_side, 24),) * 2)
        self._run(np.zeros((1, 3, side, side + self.convention.multiple), np.float32))

    def _run(self, tensor: np.ndarray) -> np.ndarray:
        """Return the output for one image; raise UserError if it is not finite or not ``scale`` times as large."""
        results = self._outputs(tensor)
        height, width = tensor.shape[2:]
        if len(results) != 1 or results[0].shape != (1, 3, height * self.scale, width * self.scale):
            shapes = ", ".join("x".join(map(str, result.shape)) for result in results)
            raise UserError(
                f"{self.path}: turns {height}x{width} pixels into {shapes}, not x{self.scale}. Check the scale"
            )
        if not np.isfinite(results[0]).all():
            raise UserError(f"{self.path}: the output is not finite. The file, or its value range, is wrong")
        return results[0]
