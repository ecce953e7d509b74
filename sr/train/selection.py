"""Weights with the best score instead of those of the last step: selection on a test set, as DLSR's release does it.

The reported number on that set is then the maximum of many noisy ones, and biased upwards.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class BestWeights:
    """The best weights so far by ``score``, of which more is better; part of a training's saved state."""

    def __init__(self, score: Callable[[nn.Module], float]) -> None:
        self._score, self._best, self.step = score, float("-inf"), 0
        self._weights: dict[str, torch.Tensor] = {}

    def offer(self, network: nn.Module, step: int) -> None:
        """Score the network after ``step`` steps, and copy its weights if they are the best; of equals the first."""
        network.eval()
        value = self._score(network)
        network.train()
        if value > self._best:
            self.step, self._best = step, value
            self._weights = {key: tensor.detach().clone() for key, tensor in network.state_dict().items()}

    def restore(self, network: nn.Module) -> None:
        """Give the network its best weights."""
        network.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """Return step, score and weights."""
        return {"step": self.step, "best": self._best, "weights": self._weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore step, score and weights."""
        self.step, self._best, self._weights = state["step"], state["best"], state["weights"]
