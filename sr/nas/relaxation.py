"""Architecture parameters: one softmax vector a choice (DARTS; DLSR eq. 1 and 2)."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

Weights = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Choice:
    """One decision of the search: its options, of which derivation keeps the ``keep`` most probable."""

    options: tuple[str, ...]
    keep: int = 1


class Relaxation(nn.Module):
    """Logits of all choices of a search space, and the probabilities that they stand for."""

    def __init__(self, choices: Mapping[str, Choice]) -> None:
        """Start near the uniform distribution, as DARTS does: 1e-3 times a normal draw."""
        super().__init__()
        self.choices = dict(choices)
        self.logits = nn.ParameterDict({name: 1e-3 * torch.randn(len(c.options)) for name, c in choices.items()})

    def forward(self) -> dict[str, torch.Tensor]:
        """Return the probabilities of each choice: {name: (number of options,)}."""
        return {name: torch.softmax(logit, 0) for name, logit in self.logits.items()}

    def table(self) -> dict[str, dict[str, float]]:
        """Return the probabilities as plain numbers: {choice: {option: probability}}."""
        return {name: dict(zip(self.choices[name].options, p.tolist(), strict=True)) for name, p in self().items()}
