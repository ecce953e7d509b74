"""Retraining: x2 from scratch, x3 and x4 from the weights of x2."""

from pathlib import Path

from torch import nn

from sr import checkpoint, device
from sr.config import Params
from sr.data.sampler import PatchSampler, seed_for
from sr.data.store import Pairs
from sr.files import CsvLog
from sr.methods import base
from sr.nas.genotype import read_genotype
from sr.train.loop import train
from sr.train.losses import ReconstructionLoss

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
) -> dict:
    """Train the network of a genotype at one scale; write its weights and the loss curve."""
    method, config = base.find(name), params.method(name)
    genotype = read_genotype(genotype_path, method.genotype_schema)
    purpose = (name, "retrain", scale)
    place = device.prepare(params.device, threads, seed_for(params.seed, *purpose))
    network = method.network(genotype, config.network, scale)
    if warm_start is not None:
        warm(network, warm_start)
    pairs = Pairs(data, scale)
    patch, steps = config.retrain.hr_patch[f"x{scale}"], config.retrain.steps[f"x{scale}"]
    seed = seed_for(params.seed, *purpose, "patches")
    sampler = PatchSampler(pairs, range(len(pairs)), patch, config.retrain.batch, seed)
    loss_of = ReconstructionLoss(config.retrain.mu_hfen)
    with CsvLog(history) as log:
        loss = train(network, sampler.draw, loss_of, config.retrain, steps, log, place)
    checkpoint.save(out, network, method, genotype, config.network, scale)
    facts = {"model": name, "scale": scale, "device": str(place), "steps": steps, "loss": loss}
    return facts | {"warm_start": str(warm_start) if warm_start else None, "data_digests": pairs.digests}


def warm(network: nn.Module, path: Path) -> None:
    """Copy all weights but the upsampler's from ``path``; raise UserError if they do not fit."""
    trained = checkpoint.load(path)
    checkpoint.load_state(network, trained.state, trained.origin, skip=UPSAMPLER)
