"""Retraining: x2 from scratch, x3 and x4 from the weights of x2."""

from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from sr.core.checkpointer import Keeper
from sr.core.config import Model, Params
from sr.core.errors import UserError
from sr.core.files import CsvLog, must_be_writable, sha256_file
from sr.core.memory import memory
from sr.data.gpu_sampler import sampler_for
from sr.data.packed import Pairs
from sr.data.sampler import seed_for
from sr.methods import registry
from sr.methods import weights as checkpoint
from sr.methods.method import Method
from sr.nas.genotype import Genotype, read_genotype
from sr.train import device
from sr.train.launch import Seat
from sr.train.loop import train
from sr.train.losses import ReconstructionLoss
from sr.train.parallel import Group

UPSAMPLER = "upsampler."  # what a warm start leaves out: the only part whose shape depends on the scale


def retrain(
    params: Params,
    name: str,
    genotype_path: Path,
    scale: int,
    data: list[str],
    warm_start: Path | None,
    threads: int,
    out: Path,
    history: Path,
    keeper: Keeper | None = None,
    seat: Seat | None = None,
) -> dict:
    """Train the network of a genotype at one scale; write its weights and the loss curve.

    With a ``keeper`` it goes on from the state of a run that was killed. ``seat``: this process's place among those of
    retrain.devices, of which only the first writes.
    """
    model, seat = params.model(name), seat or Seat()
    method, config = registry.find(model.method), model.retrain
    assert seat.size == config.devices
    genotype = read_genotype(genotype_path, method.genotype_schema)
    purpose = (name, "retrain", scale)
    place = device.prepare(params.device, threads, seed_for(model.seed, *purpose), seat.local, seat.here)
    network = _begin(model, method, genotype, scale, warm_start)
    if seat.first:
        must_be_writable(out)
    pairs, keeper = Pairs(data, scale), keeper or Keeper()
    images, patch, steps = kept(len(pairs), config.leave_out), config.hr_patch[f"x{scale}"], config.steps[f"x{scale}"]
    with Group(seat, place) as group, memory(f"Lower retrain.batch or retrain.hr_patch.x{scale}"):
        seed, part = seed_for(model.seed, *purpose, "patches"), group.part(config.batch)
        sampler = sampler_for(pairs, images, patch, config.batch, seed, place, part, group.all)
        facts = _depends(model, scale) | {"genotype": genotype, "data": pairs.digests}
        facts |= {"warm_start": warm_start and sha256_file(warm_start), "threads": threads, "device": place.type}
        facts["sampler"] = type(sampler).__name__
        # Before the history is opened: it may belong to a run that is still at work.
        keeper.open(("retrain", name, f"x{scale}"), method.name, facts, patches=sampler)
        with CsvLog(history) if seat.first else nullcontext() as log:
            loss_of = ReconstructionLoss(config.mu_hfen)
            loss = train(network, sampler.draw, loss_of, config, steps, log, place, keeper, group)
    if not seat.first:
        return {}
    checkpoint.save(out, network, method, genotype, method.configure(model.network), scale)
    told = {"model": name, "seed": model.seed, "scale": scale, "steps": steps, "loss": loss}
    told |= {"device": place.type, "devices": seat.size, "warm_start": str(warm_start) if warm_start else None}
    return told | {"data_digests": pairs.digests, "resumed": keeper.resumed}


def _begin(model: Model, method: Method, genotype: Genotype, scale: int, warm_start: Path | None) -> nn.Module:
    """Return the genotype's network with fresh weights, or those of ``warm_start``."""
    network = method.network(genotype, method.configure(model.network), scale)
    if warm_start is not None:
        warm(network, warm_start)
    return network


def _depends(model: Model, scale: int) -> dict[str, Any]:
    """Return the parameters that a training depends on; other scales' steps and patch do not concern it."""
    steps, patch = model.retrain.steps[f"x{scale}"], model.retrain.hr_patch[f"x{scale}"]
    changed = asdict(model.retrain) | {"steps": steps, "hr_patch": patch}
    return {"seed": model.seed, "network": model.network, "retrain": changed}


def kept(images: int, leave_out: int) -> range:
    """Return the numbers of the images that retraining uses: all but the last ``leave_out``."""
    if leave_out >= images:
        raise UserError(f"retrain.leave_out: {leave_out} of {images} training images leaves none. Lower it")
    return range(images - leave_out)


def warm(network: nn.Module, path: Path) -> None:
    """Copy all weights but the upsampler's from ``path``; raise UserError if they do not fit."""
    trained = checkpoint.load(path)
    checkpoint.load_state(network, trained.state, trained.origin, skip=UPSAMPLER)
