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


class Stepper:
    """One step of the training after another: the weights descend the loss of a batch."""

    def __init__(self, network: nn.Module, loss_of: nn.Module, config: Retrain) -> None:
        """Begin with fresh moments; the network stays where it is, its weights in channels_last order."""
        self._network = network.to(memory_format=torch.channels_last).train()
        self._loss_of, self._weights = loss_of, list(network.parameters())
        self._adam = Adam(self._weights, config.lr, (config.beta1, config.beta2), config.weight_decay)

    def __call__(self, batch: tuple[torch.Tensor, torch.Tensor], rate: float) -> torch.Tensor:
        """Do one step on (LR, HR) at learning rate ``rate``; return its loss, still on the device."""
        loss = self._loss_of(self._network(batch[0]), batch[1])
        self._adam.lr = rate
        self._adam.step(torch.autograd.grad(loss, self._weights, materialize_grads=True))
        return loss.detach()


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
    stepper, progress = Stepper(network.to(device), loss_of.to(device), config), Progress(steps)
    total, count, mean = torch.zeros((), device=device), 0, float("nan")
    for step in range(steps):
        rate = learning_rate(config.lr_schedule, config.lr, step, steps)
        low, high = (images.to(device, non_blocking=True) for images in draw())
        # The sum stays on the device: reading the loss at every step would stall a GPU.
        total, count = total + stepper((low, high), rate), count + 1
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
