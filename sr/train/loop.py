"""Retraining loop (DLSR appendix A), its optimiser and its learning rate."""

from collections.abc import Callable, Iterable
from math import cos, isfinite, pi
from typing import Any

import torch
from torch import nn

from sr.core.checkpointer import Checkpointer, finite
from sr.core.files import CsvLog
from sr.core.progress import Progress
from sr.core.sections import Adam as AdamConfig
from sr.core.sections import Retrain, Schedule
from sr.train.parallel import Group
from sr.train.selection import BestWeights

Batch = tuple[torch.Tensor, torch.Tensor]  # LR, HR
Draw = Callable[[], Batch]


class RunningMean:
    """Mean loss since the last log line.

    The sum stays on the device: reading the loss at every step would stall a GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._total, self._count = torch.zeros((), device=device), 0

    def add(self, loss: torch.Tensor) -> None:
        """Add the loss of one step."""
        self._total, self._count = self._total + loss, self._count + 1

    def take(self) -> float:
        """Return the mean of what was added, and reset."""
        mean = float(self._total) / self._count
        self._total, self._count = torch.zeros_like(self._total), 0
        return mean

    def state_dict(self) -> dict[str, Any]:
        """Return sum and count."""
        return {"total": self._total, "count": self._count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore sum and count."""
        self._total, self._count = state["total"].to(self._total.device), state["count"]


def adam(parameters: Iterable[nn.Parameter], config: AdamConfig | Retrain) -> torch.optim.Adam:
    """Return Adam (Kingma and Ba, ICLR 2015; L2 penalty in the gradient) with the settings of ``config``.

    PyTorch's fused kernel updates all tensors in one call. Its optimisers import torch._dynamo, which takes about 2 s
    once per process: 5 % of the demo's time.
    """
    betas = config.beta1, config.beta2
    return torch.optim.Adam(parameters, config.lr, betas, weight_decay=config.weight_decay, fused=True)


def learning_rate(schedule: Schedule, base: float, step: int, steps: int) -> float:
    """Return the rate of ``step`` (from 0) of ``steps``: halved every N steps, or one cosine to 0; less at first."""
    base *= min(1.0, (step + 1) / (schedule.warmup + 1))
    if schedule.kind == "halve":
        assert schedule.every is not None
        return base * 0.5 ** (step // schedule.every)
    return base * 0.5 * (1 + cos(pi * step / steps))


class TrainingStep:
    """One optimisation step of the network's weights on a batch."""

    def __init__(self, network: nn.Module, loss_of: nn.Module, config: Retrain, group: Group | None = None) -> None:
        """Start with zero moments; the network stays on its device, its weights in channels_last order.

        Each process of a ``group`` gets its share of the batch, and all take the same step.
        """
        # torch's type stubs lack this documented argument.
        network = network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        self.optimizer, self._loss_of = adam(network.parameters(), config), loss_of
        self._group, self._limit = group or Group(), config.grad_clip
        self.network = self._group.wrap(network)

    def __call__(self, batch: Batch, rate: float) -> torch.Tensor:
        """Take one step on (LR, HR) at learning rate ``rate``; return its loss, still on the device."""
        low, high = batch
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.zero_grad()
        with self._group.connected():
            loss = self._loss_of(self.network(low), high)
            loss.backward()
            if self._limit:
                nn.utils.clip_grad_norm_(self.network.parameters(), self._limit)
            self.optimizer.step()
            return self._group.mean(loss.detach())


def train(
    network: nn.Module,
    draw: Draw,
    loss_of: nn.Module,
    config: Retrain,
    steps: int,
    *,
    device: torch.device,
    history: CsvLog | None = None,
    checkpointer: Checkpointer | None = None,
    group: Group | None = None,
    best: BestWeights | None = None,
) -> float:
    """Train ``network`` in place for ``steps`` steps; return the mean loss of the last row of the history.

    With ``best``, the network ends with the weights of the row with the best score, not with those of the last step.

    ``checkpointer`` saves the state regularly and restores that of a killed run. All processes of a ``group`` call
    this; only the main one has a history and a folder of states.
    """
    checkpointer, group = checkpointer or Checkpointer(), group or Group()
    take_step = TrainingStep(network.to(device), loss_of.to(device), config, group)
    losses, mean, progress = RunningMean(device), float("nan"), Progress(steps)
    parts: dict[str, Any] = {
        "network": network,
        "optimizer": take_step.optimizer,
        "losses": losses,
        "history": history,
        "best": best,
    }
    done = checkpointer.resume(progress, **parts)
    done = group.synchronise(done, checkpointer.parts)
    for step in range(done, steps):
        rate = learning_rate(config.lr_schedule, config.lr, step, steps)
        low, high = (images.to(device, non_blocking=True) for images in draw())
        losses.add(take_step((low, high), rate))
        if (step + 1) % config.log_every == 0 or step + 1 == steps:
            mean = losses.take()
            check_finite(mean, step + 1, rate, checkpointer)
            if history is not None:
                history.write({"step": step + 1, "loss": mean, "lr": rate, "seconds": progress.seconds()})
                progress.show(step + 1, f"loss {mean:.4f} lr {rate:.2e}")
            if best is not None:
                best.offer(network, step + 1)
        checkpointer.save_if_due(step + 1, rate)
    if not finite(list(network.parameters())):
        raise checkpointer.diverged("a weight is not finite", steps, rate)
    if best is not None:
        best.restore(network)
    return mean


def check_finite(loss: float, step: int, rate: float, checkpointer: Checkpointer) -> None:
    """Raise UserError if the loss is NaN or infinite: such a run must not write weights."""
    if not isfinite(loss):
        raise checkpointer.diverged(f"loss is {loss}", step, rate)
