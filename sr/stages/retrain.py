"""Retraining stage: x2 from scratch, x3 and x4 from the weights of x2."""

import importlib
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from sr.core.checkpointer import Checkpointer
from sr.core.config import Model, Params
from sr.core.errors import UserError
from sr.core.files import CsvLog, check_writable, sha256_file
from sr.core.memory import memory
from sr.core.sections import Retrain
from sr.data.gpu_sampler import sampler_for
from sr.data.packed import Pairs, open_pack
from sr.data.sampler import seed_for
from sr.methods import registry
from sr.methods.method import Method
from sr.methods.weights import load_own, load_state, save_weights
from sr.nas.genotype import read_genotype
from sr.train.device import setup_device
from sr.train.launch import World
from sr.train.loop import train
from sr.train.losses import ReconstructionLoss
from sr.train.parallel import Group
from sr.train.selection import BestWeights

SELECTION = "sr.stages.selection"
UPSAMPLER = "upsampler."  # what a warm start leaves out: the only part whose shape depends on the scale


@dataclass(frozen=True)
class RetrainJob:
    """What one training reads (packed sets ``data``, weights of x2 to start from) and writes: weights, loss curve.

    ``select_on``: the packed test set that the key ``keep`` names, if it names one.
    """

    model: str
    scale: int
    genotype: Path
    data: list[str]
    out: Path
    history: Path
    warm_start: Path | None = None
    threads: int = 1
    select_on: str | None = None


def retrain(
    params: Params, job: RetrainJob, checkpointer: Checkpointer | None = None, world: World | None = None
) -> dict[str, Any]:
    """Train the network of a genotype at one scale, or resume a training that was killed; return facts for the record.

    ``world``: this process's rank among those of retrain.devices, of which only the main one writes.
    """
    model, world = params.model(job.model), world or World()
    method, config = registry.find(model.method), model.retrain
    assert world.size == config.devices
    best = _selection(job, config, method) if world.is_main else None
    genotype = read_genotype(job.genotype, method.genotype_type)
    purpose = (model.name, "retrain", job.scale)
    seed = seed_for(model.seed, *purpose)
    device = setup_device(params.device, job.threads, seed, world.local_rank, world.local_size)
    network = _initialised(method.network(genotype, model.network, job.scale), method, config, job)
    if world.is_main:
        check_writable(job.out)
    pairs, checkpointer = Pairs(job.data, job.scale), checkpointer or Checkpointer()
    images = kept(len(pairs), config.leave_out)
    patch, steps = config.hr_patch.at(job.scale), config.steps.at(job.scale)
    with Group(world, device) as group, memory(f"Lower retrain.batch or retrain.hr_patch.x{job.scale}"):
        seed, part = seed_for(model.seed, *purpose, "patches"), group.part(config.batch)
        sampler = sampler_for(pairs, images, patch, config.batch, seed, device, part, group.all)
        facts = _dependencies(model, job) | {"genotype": genotype.without_evidence(), "data": pairs.digests}
        facts |= {"device": device.type, "sampler": type(sampler).__name__}
        # Takes the lock before the history is opened, because that may belong to a run in progress.
        checkpointer.open(("retrain", model.name, f"x{job.scale}"), method.name, facts, patches=sampler)
        with CsvLog(job.history) if world.is_main else nullcontext() as log:
            loss = train(
                network,
                sampler.draw,
                ReconstructionLoss(config.mu_hfen, config.hfen),
                config,
                steps,
                device=device,
                history=log,
                checkpointer=checkpointer,
                group=group,
                best=best,
            )
    if not world.is_main:
        return {}
    save_weights(job.out, network, method, genotype, model.network, job.scale)
    record = {"model": model.name, "seed": model.seed, "scale": job.scale, "steps": steps, "loss": loss}
    record |= {"device": device.type, "devices": world.size} | ({"kept_step": best.step} if best else {})
    record |= {"warm_start": None if job.warm_start is None else str(job.warm_start)}
    return record | {"data_digests": pairs.digests, "resumed": checkpointer.resumed}


def _initialised(network: nn.Module, method: Method, config: Retrain, job: RetrainJob) -> nn.Module:
    """Return the network with the weights from which the training starts."""
    method.initialise(network, job.scale, config.init)
    if job.warm_start is not None:
        warm(network, job.warm_start)
    return network


def _selection(job: RetrainJob, config: Retrain, method: Method) -> BestWeights | None:
    """Return what keeps the best weights, None for those of the last step; raise UserError without the named set."""
    selected = Path(job.select_on).name if job.select_on else None
    if selected != config.selection_set:
        raise UserError(f"--select-on: {selected}, but retrain.keep is {config.keep}. Give that packed set, or none")
    if not job.select_on:
        return None
    # By name, so that a change of the metrics reruns only trainings that select by them.
    scored = importlib.import_module(SELECTION).scored
    return BestWeights(scored(job.select_on, job.scale, method.min_size))


def _dependencies(model: Model, job: RetrainJob) -> dict[str, Any]:
    """Return the parameters and files that a training depends on, without other scales' steps and patch."""
    steps, patch = model.retrain.steps.at(job.scale), model.retrain.hr_patch.at(job.scale)
    section = model.retrain.model_dump() | {"steps": steps, "hr_patch": patch}
    start = None if job.warm_start is None else sha256_file(job.warm_start)
    facts = {"seed": model.seed, "network": model.network.model_dump(), "retrain": section}
    facts |= {"select_on": open_pack(Path(job.select_on) / "hr.npy").digest} if job.select_on else {}
    return facts | {"warm_start": start, "threads": job.threads}


def kept(images: int, leave_out: int) -> range:
    """Return the numbers of the images that retraining uses: all but the last ``leave_out``."""
    if leave_out >= images:
        raise UserError(f"retrain.leave_out: {leave_out} of {images} training images leaves none. Lower it")
    return range(images - leave_out)


def warm(network: nn.Module, path: Path) -> None:
    """Copy all weights but the upsampler's from ``path``; raise UserError if they do not fit."""
    trained = load_own(path)
    load_state(network, trained.state, trained.origin, skip=UPSAMPLER)
