"""Search: bilevel steps on the x2 supernet, on packed training sets."""

from pathlib import Path

from sr import checkpoint, device
from sr.config import Params
from sr.data.resident import sampler_for
from sr.data.sampler import seed_for
from sr.data.store import Pairs
from sr.errors import UserError
from sr.files import CsvLog, write_json
from sr.methods import base
from sr.nas.bilevel import Objective, search
from sr.train.loop import Draw
from sr.train.losses import ReconstructionLoss

SCALE = 2  # both papers search on x2


def search_architecture(
    params: Params, name: str, data: list[str], threads: int, out: Path, history: Path, weights: Path
) -> dict:
    """Search for model ``name`` on packed sets ``data``; write probabilities, history and supernet weights."""
    model = params.model(name)
    method, config = base.find(model.method), model.search
    place = device.prepare(params.device, threads, seed_for(model.seed, name, "search"))
    pairs = Pairs(data, SCALE)
    train, validation = split(len(pairs), config.validation_images)
    supernet = method.supernet(method.configure(model.network), SCALE)

    def draw(images: range, purpose: str) -> Draw:
        seed = seed_for(model.seed, name, "search", purpose)
        return sampler_for(pairs, images, config.hr_patch, config.batch, seed, place).draw

    objective = Objective(
        supernet,
        ReconstructionLoss(config.mu_hfen).to(place),
        config.gamma_params,
        config.lambda_train,
        config.lambda_val,
    )
    draws = draw(train, "train"), draw(validation, "val")
    with CsvLog(history) as log:
        search(objective, *draws, config, log, place)
    write_json(out, {"model": name, "scale": SCALE, "steps": config.steps, "probabilities": supernet.arch.table()})
    checkpoint.save_supernet(weights, supernet)
    return {"model": name, "device": str(place), "data_digests": pairs.digests}


def split(images: int, held_out: int) -> tuple[range, range]:
    """Return (training, validation) numbers: the last ``held_out`` images validate (DLSR section 4.2)."""
    if held_out >= images:
        raise UserError(
            f"search.validation_images: {held_out} of {images} training images leaves none to train on. Lower it"
        )
    return range(images - held_out), range(images - held_out, images)
