"""Retraining: one linear loop (DLSR appendix A)."""

from collections.abc import Callable, Sequence
from math import cos, isfinite, pi
from typing import Any

import torch
from torch import nn

from sr.core.checkpointer import Keeper, finite
from sr.core.config import Retrain, Schedule
from sr.core.files import CsvLog
from sr.core.progress import Progress
from sr.train.adam import Adam
from sr.train.parallel import Average, Group

Draw = Callable[[], tuple[torch.Tensor, torch.Tensor]]


class Mean:
    """The mean loss since the last look.

    The sum stays on the device: reading the loss at every step would stall a GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._total, self._count = torch.zeros((), device=device), 0

    def add(self, loss: torch.Tensor) -> None:
        """Count one step's loss."""
        self._total, self._count = self._total + loss.detach(), self._count + 1

    def take(self) -> float:
        """Return the mean of what was added, and begin anew."""
        mean = float(self._total) / self._count
        self._total, self._count = torch.zeros_like(self._total), 0
        return mean

    def state_dict(self) -> dict[str, Any]:
        """Return sum and count."""
        return {"total": self._total, "count": self._count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over sum and count."""
        self._total, self._count = state["total"].to(self._total.device), state["count"]


def learning_rate(schedule: Schedule, base: float, step: int, steps: int) -> float:
    """Return the rate of ``step`` (from 0) of ``steps``: halved every N steps, or one cosine to 0."""
    if schedule.kind == "halve":
        assert schedule.every is not None
        return base * 0.5 ** (step // schedule.every)
    return base * 0.5 * (1 + cos(pi * step / steps))


class Stepper:
    """One step of the training after another: the weights descend the loss of a batch."""

    def __init__(self, network: nn.Module, loss_of: nn.Module, config: Retrain, group: Group | None = None) -> None:
        """Begin with fresh moments; the network stays where it is, its weights in channels_last order.

        With a ``group`` of several processes each gets its share of the batch, and all do the same step.
        """
        # torch's types lack the argument, which its documentation has.
        self._network = network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        self._loss_of, self._weights = loss_of, list(network.parameters())
        self.adam = Adam(self._weights, config.lr, (config.beta1, config.beta2), config.weight_decay)
        self._average = None if group is None or group.alone else Average(group, self._weights)

    def __call__(self, batch: tuple[torch.Tensor, torch.Tensor], rate: float) -> torch.Tensor:
        """Do one step on (LR, HR) at learning rate ``rate``; return its loss, still on the device."""
        loss = self._loss_of(self._network(batch[0]), batch[1])
        gradients: Sequence[torch.Tensor] = torch.autograd.grad(loss, self._weights, materialize_grads=True)
        loss = loss.detach()
        if self._average:
            gradients, loss = self._average(gradients, loss)
        self.adam.lr = rate
        self.adam.step(gradients)
        return loss


def train(
    network: nn.Module,
    draw: Draw,
    loss_of: nn.Module,
    config: Retrain,
    steps: int,
    history: CsvLog | None,
    device: torch.device,
    keeper: Keeper | None = None,
    group: Group | None = None,
) -> float:
    """Train ``network`` in place for ``steps`` steps; return the mean loss of the last row of the history.

    ``keeper`` saves the state on the way and brings a killed run back to it. Of a ``group`` of processes all come here;
    only the first has a history and a folder of states.
    """
    keeper, group = keeper or Keeper(), group or Group()
    stepper, progress = Stepper(network.to(device), loss_of.to(device), config, group), Progress(steps)
    losses, mean = Mean(device), float("nan")
    done = keeper.resume(progress, network=network, optimiser=stepper.adam, losses=losses, history=history)
    done = group.follow(done, keeper.parts)
    for step in range(done, steps):
        rate = learning_rate(config.lr_schedule, config.lr, step, steps)
        low, high = (images.to(device, non_blocking=True) for images in draw())
        losses.add(stepper((low, high), rate))
        if (step + 1) % config.log_every == 0 or step + 1 == steps:
            mean = losses.take()
            must_be_finite(mean, step + 1, rate, keeper)
            if history is not None:
                history.write({"step": step + 1, "loss": mean, "lr": rate, "seconds": progress.seconds()})
                progress.show(step + 1, f"loss {mean:.4f} lr {rate:.2e}")
        keeper.keep(step + 1, rate)
    if not finite(list(network.parameters())):
        raise keeper.diverged("a weight is not finite", steps, rate)
    return mean


def must_be_finite(loss: float, step: int, rate: float, keeper: Keeper) -> None:
    """Raise UserError if the loss is NaN or infinite: such a run must not end as a checkpoint."""
    if not isfinite(loss):
        raise keeper.diverged(f"loss is {loss}", step, rate)
