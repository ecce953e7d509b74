"""The search and genotype verbs' work."""

from pathlib import Path

from sr import checkpoint, device
from sr.config import Params
from sr.data.sampler import PatchSampler, seed_for
from sr.data.store import Pairs
from sr.errors import UserError
from sr.files import CsvLog, read_json, write_json
from sr.methods import base
from sr.nas.bilevel import Objective, search
from sr.nas.derive import decide, evidence
from sr.train.losses import ReconstructionLoss

SCALE = 2  # both papers search on x2


def run_search(
    params: Params, name: str, data: list[str], threads: int, out: Path, history: Path, weights: Path
) -> dict:
    """Search with method ``name`` on packed sets ``data``; write probabilities, history and supernet weights."""
    method, config = base.find(name), params.method(name)
    place = device.prepare(params.device, threads, seed_for(params.seed, name, "search"))
    pairs = Pairs(data, SCALE)
    train, validation = split(len(pairs), config.search.validation_images)
    supernet = method.supernet(config.network, SCALE)

    def sampler(images: range, purpose: str) -> PatchSampler:
        seed = seed_for(params.seed, name, "search", purpose)
        return PatchSampler(pairs, images, config.search.hr_patch, config.search.batch, seed)

    objective = Objective(
        supernet,
        ReconstructionLoss(config.search.mu_hfen).to(place),
        config.search.gamma_params,
        config.search.lambda_val,
    )
    draws = sampler(train, "train").draw, sampler(validation, "val").draw
    with CsvLog(history) as log:
        search(objective, *draws, config.search, log, place)
    write_json(
        out, {"method": name, "scale": SCALE, "steps": config.search.steps, "probabilities": supernet.arch.table()}
    )
    checkpoint.save_supernet(weights, supernet)
    return {"model": name, "device": str(place), "data_digests": pairs.digests}


def split(images: int, held_out: int) -> tuple[range, range]:
    """Return (training, validation) numbers: the last ``held_out`` images validate (DLSR section 4.2)."""
    if held_out >= images:
        raise UserError(
            f"search.validation_images: {held_out} of {images} training images leaves none to train on. Lower it"
        )
    return range(images - held_out), range(images - held_out, images)


def run_genotype(params: Params, name: str, probabilities: Path, out: Path) -> dict:
    """Derive the genotype from a search's probabilities and write it with its evidence."""
    method = base.find(name)
    choices = method.choices(params.method(name).network)
    table = read_json(probabilities).get("probabilities", {})
    if {k: list(v) for k, v in table.items()} != {k: list(c.options) for k, c in choices.items()}:
        raise UserError(f"{probabilities}: not the probabilities of {name}'s search space. Run the search again")
    genotype = method.genotype(decide(table, choices))
    write_json(out, genotype | {"evidence": evidence(table, choices)})
    return {"model": name, "genotype": genotype}
