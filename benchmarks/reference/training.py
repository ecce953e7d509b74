"""A training step as tutorials have it: decode the image, crop, NCHW, and look at the loss at every step."""

import random
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn


class PngPatches:
    """Aligned patches of PNG pairs ``hr/<name>``, ``lr/<name>``, each decoded for every sample."""

    def __init__(self, folder: Path, scale: int, hr_patch: int, batch: int, seed: int) -> None:
        self.files = sorted((folder / "hr").glob("*.png"))
        self.scale, self.patch, self.batch = scale, hr_patch // scale, batch
        self.random = random.Random(seed)

    def draw(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return LR (N, 3, p, p) and HR (N, 3, p * scale, p * scale), float32 in 0..255."""
        pairs = [self._sample(self.random.choice(self.files)) for _ in range(self.batch)]
        return torch.stack([low for low, _ in pairs]), torch.stack([high for _, high in pairs])

    def _sample(self, file: Path) -> tuple[torch.Tensor, torch.Tensor]:
        high = np.array(Image.open(file).convert("RGB"))
        low = np.array(Image.open(file.parents[1] / "lr" / file.name).convert("RGB"))
        size, scale = self.patch, self.scale
        top = self.random.randrange(low.shape[0] - size + 1)
        left = self.random.randrange(low.shape[1] - size + 1)
        low = low[top : top + size, left : left + size]
        high = high[top * scale : (top + size) * scale, left * scale : (left + size) * scale]
        turns, flip = self.random.randrange(4), self.random.randrange(2)
        return _tensor(low, turns, flip), _tensor(high, turns, flip)


def _tensor(image: np.ndarray, turns: int, flip: int) -> torch.Tensor:
    image = np.rot90(image, turns)
    image = image[:, ::-1] if flip else image
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))).float()


class Step:
    """Adam on the reconstruction loss."""

    def __init__(self, network: nn.Module, loss_of: nn.Module, lr: float) -> None:
        self.network, self.loss_of = network, loss_of
        self.optimiser = torch.optim.Adam(network.parameters(), lr=lr, foreach=False)

    def __call__(self, batch: tuple[torch.Tensor, torch.Tensor]) -> float:
        """Do one step on (LR, HR); return its loss."""
        self.optimiser.zero_grad()
        loss = self.loss_of(self.network(batch[0]), batch[1])
        loss.backward()
        self.optimiser.step()
        return loss.item()
