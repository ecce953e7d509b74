"""A package spandrel with one architecture, for environments without the real one, whose torchvision must fit torch."""

from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from torch import nn


class Nearest(nn.Module):
    """Repeat each pixel: a 1x1 convolution to scale^2 copies of each channel, and a shuffle.

    With ``lost.weight`` in the state it has a convolution that it does not use.
    """

    def __init__(self, state: dict[str, torch.Tensor]) -> None:
        super().__init__()
        copies, channels = state["copies.weight"].shape[:2]
        self.scale = round((copies / 3) ** 0.5)
        self.copies = nn.Conv2d(channels, copies, 1, bias=False)
        if "lost.weight" in state:
            self.lost = nn.Conv2d(3, 5, 1, bias=False)
        self.load_state_dict(state)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return (N, 3, h * scale, w * scale)."""
        return nn.functional.pixel_shuffle(self.copies(image), self.scale)


class ImageModelDescriptor:
    """What spandrel's loader returns."""

    def __init__(self, state: dict[str, torch.Tensor], purpose: str) -> None:
        self.model, self.purpose = Nearest(state), purpose
        self.scale, self.input_channels, self.output_channels = self.model.scale, state["copies.weight"].shape[1], 3
        self.architecture = SimpleNamespace(name="Nearest")

    def eval(self) -> "ImageModelDescriptor":
        """Return it."""
        return self

    @torch.inference_mode()
    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        """Return the enlarged image, clipped to 0..1."""
        return self.model(image).clamp_(0, 1)


class UnsupportedModelError(Exception):
    """What spandrel raises for tensors of no architecture that it knows."""


def stub(purpose: str = "SR") -> Any:
    """Return the package; ``purpose`` is that of all its networks."""

    class ModelLoader:
        """spandrel's loader."""

        def __init__(self, device: str) -> None:
            assert device == "cpu"

        def load_from_state_dict(self, state: dict[str, Any]) -> ImageModelDescriptor:
            """Return the network of a state."""
            if "copies.weight" not in state:
                raise UnsupportedModelError
            return ImageModelDescriptor(state, purpose)

    package = ModuleType("spandrel")
    classes = (ModelLoader, UnsupportedModelError, ImageModelDescriptor)
    vars(package).update({each.__name__: each for each in classes})
    return package


def nearest_state(scale: int = 2, channels: int = 3) -> dict[str, torch.Tensor]:
    """Return the weights of the network."""
    weights = torch.zeros(3 * scale**2, channels, 1, 1)
    for channel in range(3):
        weights[channel * scale**2 : (channel + 1) * scale**2, min(channel, channels - 1)] = 1
    return {"copies.weight": weights}
