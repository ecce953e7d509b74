"""The time in some modules of a network, within a pass of all of it."""

import time

import pytest
import torch
from torch import nn

from sr.evaluate.stopwatch import Stopwatch


class Slow(nn.Module):
    """The identity, after a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x."""
        time.sleep(self.seconds)
        return x


def test_each_group_has_the_time_of_its_modules() -> None:
    network = nn.Sequential(Slow(0.02), nn.Sequential(Slow(0.05)), Slow(0.02), Slow(0.1))
    watch = Stopwatch(network, {"first": ["0", "2"], "second": ["1"], "none": []}, torch.device("cpu"))
    for _ in range(2):  # no pass adds to the one before
        lap = watch.lap(lambda: network(torch.ones(1)))
        assert lap["none"] == 0
        assert 0.04 <= lap["first"] < 0.1
        assert lap["second"] == pytest.approx(0.05, abs=0.03)
