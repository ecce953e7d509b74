"""Evaluation: choose data and upscaler, measure, and say by which protocol."""

from functools import partial
from pathlib import Path

import numpy as np

from sr.core.config import Params
from sr.core.errors import UserError
from sr.core.files import sha256_file
from sr.core.memory import memory
from sr.data import degrade
from sr.data.packed import open_pack
from sr.evaluate.benchmark import MIN_TILE, Protocol, Upscaler, folder_samples, measure, packed_samples

REMEDY = f"Set evaluate.tile (--tile) to a smaller side from {MIN_TILE} on, in place of whole images"


def evaluate(
    params: Params,
    weights: str | None,
    source: dict[str, str | None],
    scale: int,
    rules: Protocol,
    threads: int,
) -> dict:
    """Return the metrics document of one test set at one scale.

    ``weights``: a weights file, or None for bicubic enlargement. ``source``: {"data": packed folder} or
    {"hr": folder, "lr": folder or None}.
    """
    with memory(REMEDY if weights else "Use a machine with more, or leave the largest images out"):
        upscale, who = network_upscaler(params, weights, scale, rules.tile, threads) if weights else _bicubic(scale)
        samples, what = _samples(source, scale)
        numbers = measure(upscale, samples, rules.crop_border)
    document = {**who, "scale": scale, "test_set": what["test_set"], "data_digest": what["data_digest"]}
    return document | {"protocol": rules.describe(what["degradation"]), **numbers}


def summary(result: dict) -> str:
    """Return one line: whose weights, on what, by which protocol, PSNR and SSIM."""
    mean = result["mean"]
    return (
        f"{result.get('origin', 'bicubic')}: {result['test_set']} x{result['scale']} "
        f"({len(result['images'])} images, Y, crop {result['protocol']['crop_border']}): "
        f"{mean['psnr']:.2f} dB / {mean['ssim']:.4f}"
    )


def _bicubic(scale: int) -> tuple[Upscaler, dict]:
    return partial(degrade.upscale, scale=scale), {"model": "bicubic", "weights_sha256": None}


def network_upscaler(params: Params, weights: str, scale: int, tile: int, threads: int) -> tuple[Upscaler, dict]:
    """Return a function that enlarges an image with the network of a weights file, and whose weights they are."""
    # Here, because bicubic needs no torch, and importing it takes longer than the rest of the job.

    from sr.evaluate.inference import ready, super_resolve
    from sr.methods import weights as checkpoint
    from sr.train import device

    trained = checkpoint.load(weights)
    if trained.scale != scale:
        raise UserError(f"{weights}: weights for x{trained.scale}, but --scale is {scale}. Use the weights of x{scale}")
    place = device.prepare(params.device, threads, params.seed)
    network = ready(trained.network(), place)

    def upscale(image: np.ndarray) -> np.ndarray:
        return super_resolve(network, image, scale, tile, trained.method.min_size)

    who = {"model": trained.method.name, "origin": trained.origin, "weights_sha256": sha256_file(weights)}
    return upscale, who


def _samples(source: dict[str, str | None], scale: int) -> tuple:
    if data := source.get("data"):
        folder = Path(data)
        digest = open_pack(folder / "hr.npy").digest
        what = {"test_set": folder.name, "data_digest": digest, "degradation": "bicubic, MATLAB imresize on 8 bits"}
        return packed_samples(folder, scale), what
    assert source["hr"] is not None, "neither data nor hr"
    hr = Path(source["hr"])
    given = "LR images as given" if source["lr"] else "bicubic, MATLAB imresize on 8 bits"
    # Benchmarks keep their images in <set>/HR: the set's name is the folder above.
    name = hr.resolve().parent.name if hr.name == "HR" else hr.name
    return folder_samples(hr, source["lr"], scale), {"test_set": name, "data_digest": None, "degradation": given}
