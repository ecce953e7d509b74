"""Bilevel search by MiLeNAS steps (He et al., CVPR 2020), as DLSR uses them (section 3.2, eq. 4-6).

One step: theta descends L_tr; then A = (alpha, beta) descends lambda_train * L_tr + lambda_val * L_val:
(1, lambda) is MiLeNAS, (0, 1) is first-order DARTS, as MRAN uses it. During the warm-up only theta moves.
The step on theta computes no gradients of A, nor the step on A any of theta.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import nn

from sr.core.checkpointer import Checkpointer, finite
from sr.core.files import CsvLog
from sr.core.progress import Progress
from sr.core.sections import Adam as AdamConfig
from sr.core.sections import Search
from sr.nas.constraint import Constraint
from sr.nas.cost import Limit
from sr.nas.derive import entropy
from sr.train.loop import Batch, Draw, adam, check_finite

LossOf = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Objective:
    """What the search minimises: reconstruction + gamma * expected parameters (eq. 10).

    ``params_loss``: printed, or released, where the last term is a constant, as in the release of DLSR's authors.
    """

    supernet: Any
    loss_of: LossOf
    gamma: float
    lambda_train: float
    lambda_val: float
    params_loss: str = "printed"

    def size(self) -> torch.Tensor:
        """Return gamma * L_P."""
        loss = self.gamma * self.supernet.parameter_loss()
        return loss if self.params_loss == "printed" else loss.detach()

    def train(self, batch: Batch) -> torch.Tensor:
        """Return L on one batch (LR, HR)."""
        lr, hr = batch
        loss = self.loss_of(self.supernet(lr), hr)
        return loss + self.size() if self.gamma else loss

    def architecture(self, train: Batch, validation: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (lambda_train L_tr + lambda_val L_val, L_val); a term of weight 0 costs nothing."""
        if not self.lambda_train:
            value = self.train(validation)
            return self.lambda_val * value, value
        # One pass over both batches: half the overhead of two, and the same sums.
        images = self.supernet(torch.cat([train[0], validation[0]])).split([len(train[0]), len(validation[0])])
        first, second = (self.loss_of(sr, hr) for sr, hr in zip(images, (train[1], validation[1]), strict=True))
        size = self.size() if self.gamma else 0.0
        value = second + size
        return self.lambda_train * (first + size) + self.lambda_val * value, value


class SearchStep:
    """One step of the search: theta first, then A with the new theta."""

    def __init__(
        self, objective: Objective, theta: AdamConfig, arch: AdamConfig, *, constraint: Constraint | None = None
    ) -> None:
        """Start with zero moments; the supernet stays on its device, its weights in channels_last order."""
        self.objective, self.constraint = objective, constraint
        supernet = objective.supernet.to(memory_format=torch.channels_last).train()
        self.weights, self.choices = weights_of(supernet), list(supernet.arch.parameters())
        self.theta, self.arch = adam(self.weights, theta), adam(self.choices, arch)

    def __call__(self, train: Batch, validation: Batch | None) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return (L_tr, L_val) before their steps; without ``validation`` only theta moves and L_val is None."""
        with frozen(self.choices):
            loss = self.objective.train(train)
            _descend(self.theta, loss)
        if validation is None:
            return loss.detach(), None
        with frozen(self.weights):
            total, value = self.objective.architecture(train, validation)
            _descend(self.arch, total, self.constraint)
        return loss.detach(), value.detach()


def _descend(optimizer: torch.optim.Adam, loss: torch.Tensor, constraint: Constraint | None = None) -> None:
    optimizer.zero_grad()
    loss.backward()
    if constraint:
        constraint.add_gradient()
    optimizer.step()


@contextmanager
def frozen(parameters: list[nn.Parameter]) -> Iterator[None]:
    """Treat the parameters as constants: what only their gradients need is neither kept nor computed."""
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)


def search(
    objective: Objective,
    draw_train: Draw,
    draw_validation: Draw,
    config: Search,
    history: CsvLog,
    *,
    device: torch.device,
    checkpointer: Checkpointer | None = None,
    limit: Limit | None = None,
) -> None:
    """Search in place: ``config.steps`` steps, the first ``config.warmup_steps`` of them on theta only.

    ``checkpointer`` saves the state on the way and restores that of a killed run. ``limit``: on the derived network.
    """
    checkpointer, supernet = checkpointer or Checkpointer(), objective.supernet.to(device)
    constraint = Constraint(limit, supernet.arch, config.steps - config.warmup_steps) if limit else None
    take_step, progress = (
        SearchStep(objective, config.theta, config.arch, constraint=constraint),
        Progress(config.steps),
    )
    parts = {"supernet": supernet, "theta": take_step.theta, "arch": take_step.arch, "history": history}
    parts |= {"constraint": constraint} if constraint else {}
    done = checkpointer.resume(progress, **parts)
    for step in range(done + 1, config.steps + 1):
        train = _to(device, draw_train())
        validation = _to(device, draw_validation()) if step > config.warmup_steps else None
        loss, value = take_step(train, validation)
        if step % config.log_every == 0 or step == config.steps:
            check_finite(loss.item(), step, config.theta.lr, checkpointer)
            losses = {"loss_train": loss.item(), "loss_val": float("nan") if value is None else value.item()}
            losses |= constraint.row() if constraint else {}
            _record(history, step, losses, supernet.arch.table(), progress)
        checkpointer.save_if_due(step, config.theta.lr)
    if not finite(list(supernet.parameters())):
        raise checkpointer.diverged("a weight is not finite", config.steps, config.theta.lr)


def weights_of(supernet: nn.Module) -> list[nn.Parameter]:
    """Return theta: every parameter that is not architecture."""
    return [p for name, p in supernet.named_parameters() if not name.startswith("arch.")]


def _to(device: torch.device, batch: Batch) -> Batch:
    return batch[0].to(device, non_blocking=True), batch[1].to(device, non_blocking=True)


def _record(
    history: CsvLog, step: int, losses: dict[str, float], table: dict[str, dict[str, float]], progress: Progress
) -> None:
    """Write one row: losses, the entropy of every choice, and all probabilities."""
    entropies = {f"entropy.{name}": entropy(row) for name, row in table.items()}
    flat = {f"{name}.{option}": p for name, row in table.items() for option, p in row.items()}
    history.write({"step": step, **losses, "seconds": progress.seconds(), **entropies, **flat})
    mean = sum(entropies.values()) / len(entropies)
    validation = f"val {losses['loss_val']:.3f}" if isfinite(losses["loss_val"]) else "(warm-up: weights only)"
    progress.show(step, f"train {losses['loss_train']:.3f} {validation} entropy {mean:.3f}")
