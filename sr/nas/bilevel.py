"""Bilevel search by MiLeNAS steps (He et al., CVPR 2020), as DLSR uses them (section 3.2, eq. 4-6).

One step: theta descends L_tr; then A = (alpha, beta) descends lambda_train * L_tr + lambda_val * L_val:
(1, lambda) is MiLeNAS, (0, 1) is first-order DARTS, as MRAN uses it. During the warm-up only theta moves.
A step on A needs no gradients of the weights and computes none.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import nn

from sr.core.checkpointer import Keeper, finite
from sr.core.config import Adam as AdamConfig
from sr.core.config import Search
from sr.core.files import CsvLog
from sr.core.progress import Progress
from sr.nas.derive import entropy
from sr.train.adam import Adam
from sr.train.loop import Draw, must_be_finite

Batch = tuple[torch.Tensor, torch.Tensor]  # LR, HR
LossOf = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Objective:
    """What the search minimises: reconstruction + gamma * expected parameters (eq. 10)."""

    supernet: Any
    loss_of: LossOf
    gamma: float
    lambda_train: float
    lambda_val: float

    def train(self, batch: Batch) -> torch.Tensor:
        """Return L on one batch (LR, HR)."""
        lr, hr = batch
        loss = self.loss_of(self.supernet(lr), hr)
        return loss + self.gamma * self.supernet.parameter_loss() if self.gamma else loss

    def architecture(self, train: Batch, validation: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (lambda_train L_tr + lambda_val L_val, L_val); a term of weight 0 costs nothing."""
        if not self.lambda_train:
            value = self.train(validation)
            return self.lambda_val * value, value
        # One pass over both batches: half the overhead of two, and the same sums.
        images = self.supernet(torch.cat([train[0], validation[0]])).split([len(train[0]), len(validation[0])])
        first, second = (self.loss_of(sr, hr) for sr, hr in zip(images, (train[1], validation[1]), strict=True))
        size = self.gamma * self.supernet.parameter_loss() if self.gamma else 0.0
        value = second + size
        return self.lambda_train * (first + size) + self.lambda_val * value, value


def architecture_gradients(objective: Objective, total: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return d ``total`` / dA for every architecture parameter, leaving the weights' gradients alone."""
    return torch.autograd.grad(total, list(objective.supernet.arch.parameters()))


class Stepper:
    """One step of the search after another: theta first, then A with the new theta."""

    def __init__(self, objective: Objective, theta: AdamConfig, arch: AdamConfig) -> None:
        """Begin with fresh moments; the supernet stays where it is, its weights in channels_last order."""
        self.objective = objective
        supernet = objective.supernet.to(memory_format=torch.channels_last).train()
        self.weights = weights_of(supernet)
        self.theta = _adam(self.weights, theta)
        self.arch = _adam(list(supernet.arch.parameters()), arch)

    def __call__(self, train: Batch, validation: Batch | None) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return (L_tr, L_val) before their steps; without ``validation`` only theta moves and L_val is None."""
        loss = self.objective.train(train)
        # backward() would also compute A's gradients; only theta is asked for.
        self.theta.step(torch.autograd.grad(loss, self.weights))
        if validation is None:
            return loss, None
        with frozen(self.weights):
            total, value = self.objective.architecture(train, validation)
            self.arch.step(architecture_gradients(self.objective, total))
        return loss, value


@contextmanager
def frozen(weights: list[nn.Parameter]) -> Iterator[None]:
    """Take the weights for constants: what only their gradients need is then neither kept nor computed."""
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)


def search(
    objective: Objective,
    draw_train: Draw,
    draw_validation: Draw,
    config: Search,
    history: CsvLog,
    device: torch.device,
    keeper: Keeper | None = None,
) -> None:
    """Search in place: ``config.steps`` steps, the first ``config.warmup_steps`` of them on theta only.

    ``keeper`` saves the state on the way and brings a killed run back to it.
    """
    keeper, supernet = keeper or Keeper(), objective.supernet.to(device)
    stepper, progress = Stepper(objective, config.theta, config.arch), Progress(config.steps)
    parts = {"supernet": supernet, "theta": stepper.theta, "arch": stepper.arch, "history": history}
    done = keeper.resume(progress, **parts)
    for step in range(done + 1, config.steps + 1):
        train = _to(device, draw_train())
        loss, value = stepper(train, _to(device, draw_validation()) if step > config.warmup_steps else None)
        if step % config.log_every == 0 or step == config.steps:
            must_be_finite(loss.item(), step, config.theta.lr, keeper)
            told = float("nan") if value is None else value.item()
            _record(history, step, loss.item(), told, supernet.arch.table(), progress)
        keeper.keep(step, config.theta.lr)
    if not finite(list(supernet.parameters())):
        raise keeper.diverged("a weight is not finite", config.steps, config.theta.lr)


def weights_of(supernet: nn.Module) -> list[nn.Parameter]:
    """Return theta: every parameter that is not architecture."""
    return [p for name, p in supernet.named_parameters() if not name.startswith("arch.")]


def _adam(parameters: list[nn.Parameter], config: AdamConfig) -> Adam:
    return Adam(parameters, config.lr, (config.beta1, config.beta2), config.weight_decay)


def _to(device: torch.device, batch: Batch) -> Batch:
    return batch[0].to(device, non_blocking=True), batch[1].to(device, non_blocking=True)


def _record(
    history: CsvLog, step: int, train: float, validation: float, table: dict[str, dict[str, float]], progress: Progress
) -> None:
    """Write one row: losses, the entropy of every choice, and all probabilities."""
    entropies = {f"entropy.{name}": entropy(row) for name, row in table.items()}
    flat = {f"{name}.{option}": p for name, row in table.items() for option, p in row.items()}
    seconds = {"seconds": progress.seconds()}
    history.write({"step": step, "loss_train": train, "loss_val": validation} | seconds | entropies | flat)
    mean = sum(entropies.values()) / len(entropies)
    told = f"val {validation:.3f}" if isfinite(validation) else "(warm-up: weights only)"
    progress.show(step, f"train {train:.3f} {told} entropy {mean:.3f}")
