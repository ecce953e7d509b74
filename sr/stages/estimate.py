"""Estimate stage: hours and memory of every search and training of a parameter set on this machine, in advance.

A few real steps of each distinct job are timed on random images, with the training loops themselves: at the full batch
on a GPU, and on a CPU if a step takes at most a second. Otherwise two smaller batches are timed, and a straight line
through both is extrapolated. For a training on several devices, one device's share of the batch is timed without
communication, so the hours are a lower bound.
"""

import concurrent.futures
import dataclasses
import itertools
import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sr.core.config import Model, Params
from sr.core.sections import Search

SCALE = 2
# Timed steps of a trial.
STEPS = 5
# Longest step of a trial on a CPU (s).
LONGEST = 1.0


@dataclasses.dataclass(frozen=True)
class Job:
    """One search or training of the run: ``kind`` is "search" or "retrain"."""

    kind: str
    model: str
    scale: int
    steps: int

    @property
    def title(self) -> str:
        """Return the job in words."""
        return f"search of {self.model}" if self.kind == "search" else f"retraining of {self.model} ×{self.scale}"


@dataclasses.dataclass(frozen=True)
class Cost:
    """Seconds a step (``warmup`` during the warm-up of a search) and bytes of memory at the full batch."""

    step: float
    warmup: float
    memory: float


def jobs(params: Params) -> list[Job]:
    """Return all searches and trainings of the run, each search before the trainings that need it."""
    result = []
    for model in params.models.values():
        if model.genotype_of == model.name and model.retrain.genotype == "searched":
            result.append(Job("search", model.name, SCALE, model.search.steps))
        scales = sorted({*model.scales})
        result += [Job("retrain", model.name, scale, model.retrain.steps.at(scale)) for scale in scales]
    return result


def estimate(params: Params, threads: int) -> Iterator[tuple[Job, Cost, float]]:
    """Yield each job with its cost and its hours; equal jobs are timed once."""
    known: dict[str, Cost] = {}
    for job in jobs(params):
        key = _key(params.model(job.model), job)
        if key not in known:
            known[key] = _cost(params, job, threads)
        yield job, known[key], hours(params, job, known[key])


def hours(params: Params, job: Job, cost: Cost) -> float:
    """Return a job's hours."""
    warmup = params.model(job.model).search.warmup_steps if job.kind == "search" else 0
    return (warmup * cost.warmup + (job.steps - warmup) * cost.step) / 3600


def critical_path(params: Params, each: dict[Job, float]) -> float:
    """Return the hours of the longest chain: search, training at ×2, then the longest warm start."""
    longest = 0.0
    for model in params.models.values():
        training = {job.scale: h for job, h in each.items() if job.kind == "retrain" and job.model == model.name}
        search = sum(h for job, h in each.items() if job.kind == "search" and job.model == model.genotype_of)
        warm = max((h for scale, h in training.items() if scale != SCALE), default=0.0)
        longest = max(longest, search + training.get(SCALE, 0.0) + warm)
    return longest


def _key(model: Model, job: Job) -> str:
    """Return what a step's cost depends on, as text; steps, seeds and learning rates are left out."""
    section = model.search if job.kind == "search" else model.retrain
    facts = dict(model.network) | {"batch": _share(model, job.kind), "mu": bool(section.mu_hfen)}
    if isinstance(section, Search):
        facts |= {"patch": section.hr_patch, "gamma": bool(section.gamma_params), "train": bool(section.lambda_train)}
    else:
        facts |= {"patch": section.hr_patch.at(job.scale), "scale": job.scale}
    return json.dumps([job.kind, model.method, facts], sort_keys=True)


def _share(model: Model, kind: str) -> int:
    """Return the batch of one device."""
    return model.search.batch if kind == "search" else model.retrain.batch // model.retrain.devices


def _cost(params: Params, job: Job, threads: int) -> Cost:
    """Time a job, each trial in a process of its own with its own peak of memory."""
    batch = _share(params.model(job.model), job.kind)

    def trial(size: int) -> tuple[float, float, float]:
        return _in_process(_trial, params.raw, job, size, threads)

    if _in_process(_has_gpu, params.device):
        return Cost(*trial(batch))
    first = trial(1)
    most = max(1, min(batch, int(LONGEST / first[0])))
    if most == batch:
        return Cost(*trial(batch))
    # Two sizes well apart, for a reliable slope.
    sizes = (1, 2) if most < 3 else (max(1, most // 3), most)
    trials = [first if size == 1 else trial(size) for size in sizes]
    return Cost(*(_line(sizes, list(values), batch) for values in zip(*trials, strict=True)))


def _line(xs: tuple[int, ...], ys: list[float], x: int) -> float:
    """Return the value at ``x`` of the line through the points; a falling line counts as level."""
    slope = max((ys[1] - ys[0]) / (xs[1] - xs[0]), 0.0)
    return max(ys[0] + slope * (x - xs[0]), ys[0])


def _in_process(function: Any, *arguments: Any) -> Any:
    # A fresh interpreter: neither CUDA nor OpenMP survives a fork.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *arguments).result()


def _has_gpu(device: str) -> bool:
    import torch

    return device != "cpu" and torch.cuda.is_available()


class StepTimer:
    """Source of batches that notes when each is drawn: the time between two draws is one step."""

    def __init__(self, batch: Any, wait: Callable[[], None], clock: Callable[[], float]) -> None:
        self.batch, self.wait, self.clock = batch, wait, clock
        self.times: list[float] = []

    def draw(self) -> Any:
        """Return the batch."""
        self.wait()
        self.times.append(self.clock())
        return self.batch

    def seconds(self, first: int, last: int) -> float:
        """Return the median seconds of a step from number ``first`` up to, not including, ``last``."""
        return statistics.median(b - a for a, b in itertools.pairwise(self.times[first : last + 1]))


def _trial(raw: dict, job: Job, batch: int, threads: int) -> tuple[float, float, float]:
    """Run a few steps; return seconds a step, seconds a warm-up step (0 for a training) and bytes."""
    import torch

    from sr.core import config
    from sr.train.device import setup_device

    params = config.check(raw)
    device = setup_device(params.device, threads, params.seed)
    times = time_steps(params.model(job.model), job.kind, job.scale, batch, device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return (*times, torch.cuda.max_memory_allocated() if device.type == "cuda" else peak)


def time_steps(
    model: Model,
    kind: str,
    scale: int,
    batch: int,
    device: Any,
    steps: int = STEPS,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """Return the median seconds of a step on random images, and of a warm-up step of a search (0 for a training)."""
    import torch

    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    patch = model.search.hr_patch if kind == "search" else model.retrain.hr_patch.at(scale)
    size = patch // scale
    images = 255 * torch.rand(batch, 3, size, size), 255 * torch.rand(batch, 3, size * scale, size * scale)
    timer = StepTimer(images, wait, clock)
    with tempfile.TemporaryDirectory() as folder:
        run = _search if kind == "search" else _retrain
        return run(model, scale, timer, device, steps, Path(folder) / "history.csv")


def _search(model: Model, scale: int, timer: StepTimer, device: Any, steps: int, log: Path) -> tuple[float, float]:
    from sr.core.files import CsvLog
    from sr.methods import registry
    from sr.nas.bilevel import Objective, search
    from sr.nas.mixed import set_precision
    from sr.train.losses import ReconstructionLoss

    method, section = registry.find(model.method), model.search
    supernet = method.supernet(model.network, scale)
    set_precision(supernet, section.precision)
    loss = ReconstructionLoss(section.mu_hfen, section.hfen).to(device)
    objective = Objective(supernet, loss, section.gamma_params, section.lambda_train, section.lambda_val)
    images = timer.batch
    # The first step of each kind, which allocates memory, is not timed.
    total = 2 * (steps + 1)
    config = section.replace(warmup_steps=steps + 1, steps=total, log_every=total)
    with CsvLog(log) as history:
        search(objective, timer.draw, lambda: images, config, history, device=device)
    return timer.seconds(steps + 2, total - 1), timer.seconds(1, steps + 1)


def _retrain(model: Model, scale: int, timer: StepTimer, device: Any, steps: int, log: Path) -> tuple[float, float]:
    from sr.core.files import CsvLog
    from sr.methods import registry
    from sr.stages.compose import stand_in
    from sr.train.loop import train
    from sr.train.losses import ReconstructionLoss

    method, section = registry.find(model.method), model.retrain
    network = method.network(stand_in(model), model.network, scale)
    loss_of, config = ReconstructionLoss(section.mu_hfen, section.hfen), section.replace(log_every=steps + 2)
    with CsvLog(log) as history:
        train(network, timer.draw, loss_of, config, steps + 2, device=device, history=history)
    return timer.seconds(1, steps + 1), 0.0
