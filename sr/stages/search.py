"""Search: bilevel steps on the x2 supernet, on packed training sets."""

from dataclasses import asdict
from pathlib import Path

from sr.core.checkpointer import Keeper
from sr.core.config import Params
from sr.core.errors import UserError
from sr.core.files import CsvLog, must_be_writable, write_json
from sr.core.memory import memory
from sr.data.gpu_sampler import GpuSampler, sampler_for
from sr.data.packed import Pairs
from sr.data.sampler import PatchSampler, seed_for
from sr.methods import registry
from sr.methods import weights as checkpoint
from sr.nas.bilevel import Objective, search
from sr.train import device
from sr.train.losses import ReconstructionLoss

SCALE = 2  # both papers search on x2


def search_architecture(
    params: Params,
    name: str,
    data: list[str],
    threads: int,
    out: Path,
    history: Path,
    weights: Path,
    keeper: Keeper | None = None,
) -> dict:
    """Search for model ``name`` on packed sets ``data``; write probabilities, history and supernet weights.

    With a ``keeper`` it goes on from the state of a run that was killed.
    """
    model = params.model(name)
    method, config = registry.find(model.method), model.search
    place = device.prepare(params.device, threads, seed_for(model.seed, name, "search"))
    must_be_writable(out, weights)
    pairs, keeper = Pairs(data, SCALE), keeper or Keeper()
    train, validation = split(len(pairs), config.validation_images)
    supernet = method.supernet(method.configure(model.network), SCALE)

    def sampler(images: range, purpose: str) -> PatchSampler | GpuSampler:
        seed = seed_for(model.seed, name, "search", purpose)
        return sampler_for(pairs, images, config.hr_patch, config.batch, seed, place)

    objective = Objective(
        supernet,
        ReconstructionLoss(config.mu_hfen).to(place),
        config.gamma_params,
        config.lambda_train,
        config.lambda_val,
    )
    samplers = {"train": sampler(train, "train"), "val": sampler(validation, "val")}
    facts = {"seed": model.seed, "network": model.network, "search": asdict(config), "data": pairs.digests}
    facts |= {"threads": threads, "device": place.type, "sampler": type(samplers["train"]).__name__}
    # Before the history is opened: it may belong to a run that is still at work.
    keeper.open(("search", name), method.name, facts, **samplers)
    with CsvLog(history) as log, memory("Lower search.batch or search.hr_patch"):
        search(objective, samplers["train"].draw, samplers["val"].draw, config, log, place, keeper)
    write_json(out, {"model": name, "scale": SCALE, "steps": config.steps, "probabilities": supernet.arch.table()})
    checkpoint.save_supernet(weights, supernet)
    facts = {"model": name, "seed": model.seed, "device": str(place)}
    return facts | {"data_digests": pairs.digests, "resumed": keeper.resumed}


def split(images: int, held_out: int) -> tuple[range, range]:
    """Return (training, validation) numbers: the last ``held_out`` images validate (DLSR section 4.2)."""
    if held_out >= images:
        raise UserError(
            f"search.validation_images: {held_out} of {images} training images leaves none to train on. Lower it"
        )
    return range(images - held_out), range(images - held_out, images)
