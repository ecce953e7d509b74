"""The fused Adam against torch.optim.Adam, and what a training step imports."""

import subprocess
import sys

import pytest
import torch

from sr.train.adam import Adam
from tests.conftest import REPO

STEP = """
import sys, torch
from sr.train.adam import Adam
layer = torch.nn.Conv2d(3, 3, 3)
weights = list(layer.parameters())
loss = layer(torch.ones(1, 3, 8, 8)).square().mean()
Adam(weights, 0.1, (0.9, 0.999), 0.0).step(torch.autograd.grad(loss, weights))
assert "torch._dynamo" not in sys.modules
"""


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_fused_adam_is_adam(decay: float) -> None:
    torch.manual_seed(0)
    mine = [torch.randn(4, 3, dtype=torch.float64), torch.randn(7, dtype=torch.float64)]
    theirs = [p.clone().requires_grad_() for p in mine]
    fused = Adam(mine, 0.1, (0.8, 0.99), decay)
    plain = torch.optim.Adam(theirs, 0.1, (0.8, 0.99), weight_decay=decay, foreach=False)
    for step in range(5):
        gradients = [torch.randn_like(p) for p in mine]
        fused.lr = plain.param_groups[0]["lr"] = 0.1 / (step + 1)
        for parameter, gradient in zip(theirs, gradients, strict=True):
            parameter.grad = gradient
        fused.step(gradients)
        plain.step()
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a, b.detach(), rtol=1e-12, atol=1e-12)


def test_a_step_does_not_import_the_compiler() -> None:
    """torch._dynamo takes longer to import than torch itself."""
    subprocess.run([sys.executable, "-c", STEP], cwd=REPO, check=True)
