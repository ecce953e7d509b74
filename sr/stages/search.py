"""Search stage: bilevel steps on the x2 supernet, on packed training sets."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sr.core.checkpointer import Checkpointer
from sr.core.config import Params
from sr.core.errors import UserError
from sr.core.files import CsvLog, check_writable
from sr.core.formats import write
from sr.core.memory import memory
from sr.core.model import Model
from sr.data.gpu_sampler import GpuSampler, sampler_for
from sr.data.packed import Pairs
from sr.data.sampler import PatchSampler, seed_for
from sr.methods import registry
from sr.methods.cost import limit_of
from sr.methods.cost_table import CostTable, read_table, warn_elsewhere
from sr.methods.weights import save_supernet
from sr.nas.bilevel import Objective, search
from sr.nas.cost import LimitedResult
from sr.nas.mixed import set_precision
from sr.train.device import setup_device
from sr.train.losses import ReconstructionLoss

SCALE = 2  # both papers search on x2


@dataclass(frozen=True)
class SearchJob:
    """What one search reads (packed sets ``data``) and writes: probabilities, history, the supernet's weights.

    ``cost``: the table of latencies, for a search that limits them.
    """

    model: str
    data: list[str]
    out: Path
    history: Path
    weights: Path
    threads: int = 1
    cost: Path | None = None


def search_architecture(params: Params, job: SearchJob, checkpointer: Checkpointer | None = None) -> dict[str, Any]:
    """Carry out a search, or resume one that was killed, and write its files; return facts for the record."""
    model = params.model(job.model)
    method, config = registry.find(model.method), model.search
    table = _table(model, job.cost)
    limit = limit_of(method, model.network, config, table.costs if table else None)
    device = setup_device(params.device, job.threads, seed_for(model.seed, model.name, "search"))
    check_writable(job.out, job.weights)
    if table and job.cost:
        warn_elsewhere(job.cost, table, device)
    pairs, checkpointer = Pairs(job.data, SCALE), checkpointer or Checkpointer()
    train, validation = split(len(pairs), config.validation_images)
    supernet = method.supernet(model.network, SCALE)
    method.initialise(supernet, SCALE, config.init)
    set_precision(supernet, config.precision)

    def sampler(images: range, purpose: str) -> PatchSampler | GpuSampler:
        seed = seed_for(model.seed, model.name, "search", purpose)
        return sampler_for(pairs, images, config.hr_patch, config.batch, seed, device)

    objective = Objective(
        supernet,
        ReconstructionLoss(config.mu_hfen, config.hfen).to(device),
        config.gamma_params,
        config.lambda_train,
        config.lambda_val,
        config.params_loss,
    )
    samplers = {"train": sampler(train, "train"), "val": sampler(validation, "val")}
    sections = {"network": model.network.model_dump(), "search": config.model_dump()}
    facts = {"seed": model.seed, **sections, "data": pairs.digests}
    facts |= {"limit": limit.model_dump(), "table": table.facts() if table else None} if limit else {}
    facts |= {"threads": job.threads, "device": device.type, "sampler": type(samplers["train"]).__name__}
    # Takes the lock before the history is opened, because that may belong to a run in progress.
    checkpointer.open(("search", model.name), method.name, facts, **samplers)
    draws = (samplers["train"].draw, samplers["val"].draw)
    with CsvLog(job.history) as log, memory("Lower search.batch or search.hr_patch"):
        search(objective, *draws, config, log, device=device, checkpointer=checkpointer, limit=limit)
    result = {"model": model.name, "scale": SCALE, "steps": config.steps, "probabilities": supernet.arch.table()}
    write(job.out, LimitedResult(**result, limit=limit))
    save_supernet(job.weights, supernet)
    record = {"model": model.name, "seed": model.seed, "device": str(device)}
    record |= {"cost_table": table.facts()} if table else {}
    return record | {"data_digests": pairs.digests, "resumed": checkpointer.resumed}


def _table(model: Model, file: Path | None) -> CostTable | None:
    """Return the table of latencies that a search needs; raise UserError if it is missing or has no effect."""
    if (model.search.cost == "latency") == (file is None):
        remedy = "Measure it: python -m sr cost" if file is None else "Leave it out"
        needs = "needs a table of latencies" if file is None else "takes no table"
        raise UserError(f"--cost: search.cost {model.search.cost} {needs}. {remedy}")
    return read_table(file, model.method, model.network) if file else None


def split(images: int, held_out: int) -> tuple[range, range]:
    """Return (training, validation) numbers: the last ``held_out`` images validate (DLSR section 4.2)."""
    if held_out >= images:
        raise UserError(
            f"search.validation_images: {held_out} of {images} training images leaves none to train on. Lower it"
        )
    return range(images - held_out), range(images - held_out, images)
