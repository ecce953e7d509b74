"""Search: bilevel steps on the x2 supernet, on packed training sets."""

from pathlib import Path

from sr import checkpoint, device
from sr.config import Params
from sr.data.sampler import PatchSampler, seed_for
from sr.data.store import Pairs
from sr.errors import UserError
from sr.files import CsvLog, write_json
from sr.methods import base
from sr.nas.bilevel import Objective, search
from sr.train.losses import ReconstructionLoss

SCALE = 2  # both papers search on x2


def search_architecture(
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
