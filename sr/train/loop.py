"""Retraining: one linear loop (DLSR appendix A)."""

from collections.abc import Callable
from math import cos, isfinite, pi

import torch
from torch import nn

from sr.config import Retrain, Schedule
from sr.errors import UserError
from sr.files import CsvLog
from sr.train.adam import Adam
from sr.train.progress import Progress

Draw = Callable[[], tuple[torch.Tensor, torch.Tensor]]


def learning_rate(schedule: Schedule, base: float, step: int, steps: int) -> float:
    """Return the rate of ``step`` (from 0) of ``steps``: halved every N steps, or one cosine to 0."""
    if schedule.kind == "halve":
        assert schedule.every is not None
        return base * 0.5 ** (step // schedule.every)
    return base * 0.5 * (1 + cos(pi * step / steps))


def train(
    network: nn.Module,
    draw: Draw,
    loss_of: nn.Module,
    config: Retrain,
    steps: int,
    history: CsvLog,
    device: torch.device,
) -> float:
    """Train ``network`` in place for ``steps`` steps; return the mean loss since the last row of the history."""
    network.to(device, memory_format=torch.channels_last).train()
    loss_of.to(device)
    weights = list(network.parameters())
    optimiser = Adam(weights, config.lr, (config.beta1, config.beta2), config.weight_decay)
    progress = Progress(steps)
    total, count, mean = torch.zeros((), device=device), 0, float("nan")
    for step in range(steps):
        rate = optimiser.lr = learning_rate(config.lr_schedule, config.lr, step, steps)
        lr, hr = (images.to(device, non_blocking=True) for images in draw())
        loss = loss_of(network(lr), hr)
        optimiser.step(torch.autograd.grad(loss, weights, materialize_grads=True))
        # The sum stays on the device: reading the loss at every step would stall a GPU.
        total, count = total + loss.detach(), count + 1
        if (step + 1) % config.log_every == 0 or step + 1 == steps:
            mean = float(total) / count
            must_be_finite(mean, step + 1, rate)
            history.write({"step": step + 1, "loss": mean, "lr": rate, "seconds": progress.seconds()})
            progress.show(step + 1, f"loss {mean:.4f} lr {rate:.2e}")
            total, count = torch.zeros_like(total), 0
    return mean


def must_be_finite(loss: float, step: int, rate: float) -> None:
    """Raise UserError if the loss is NaN or infinite: such a run must not end as a checkpoint."""
    if not isfinite(loss):
        raise UserError(f"loss is {loss} at step {step} (lr {rate:.2e}): the run diverged. Lower the learning rate")
