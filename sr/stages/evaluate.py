"""Evaluation of a network, or of bicubic enlargement, on one test set at one scale."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from sr.core.errors import UserError
from sr.core.files import sha256_file
from sr.core.memory import memory
from sr.core.settings import Device
from sr.data import degrade
from sr.data.content_digest import ContentDigest
from sr.data.packed import open_pack
from sr.evaluate import metrics
from sr.evaluate.benchmark import MIN_TILE, Rules, Sample, Upscaler, folder_samples, means, measure, packed_samples
from sr.evaluate.formats import Metrics
from sr.evaluate.other_network import OtherNetwork

REMEDY = f"Set evaluate.tile (--tile) to a smaller side, at least {MIN_TILE}, instead of whole images"


@dataclass(frozen=True)
class TestSet:
    """Images to measure on; ``data_digest`` returns the content digest of the HR images, once all were yielded."""

    name: str
    data_digest: Callable[[], str]
    degradation: str
    samples: Iterator[Sample]


def evaluate(
    settings: Device,
    weights: str | None,
    source: dict[str, str | None],
    rules: Rules,
    threads: int,
    model: str | None = None,
    genotype: str | None = None,
    other: OtherNetwork | None = None,
) -> Metrics:
    """Return the metrics of one test set at the scale of ``rules``.

    ``weights``: a weights file, or None for bicubic enlargement. ``source``: {"data": packed folder} or
    {"hr": folder, "lr": folder or None}. ``model``: the name to report, None for the method's.
    ``genotype``: a file with the wiring of an authors' checkpoint that is not known. ``other``: measure this instead.
    """
    scale = rules.scale
    with memory(REMEDY if weights else "Use a machine with more, or leave out the largest images"):
        upscale, facts = _bicubic(scale)
        if weights:
            upscale, facts = network_upscaler(settings, weights, scale, rules.tile, threads, genotype)
        elif other:
            upscale, facts = other, _facts_of(other)
        test_set = _test_set(source, scale)
        images = measure(upscale, test_set.samples, rules)
    return Metrics(
        **facts | ({"model": model} if model else {}),
        scale=scale,
        test_set=test_set.name,
        data_digest=test_set.data_digest(),
        protocol=rules.protocol(test_set.degradation),
        mean=metrics.mean([image.values for image in images]),
        crops=means(images),
        images=images,
    )


def summary(result: Metrics) -> str:
    """Return one line: origin of the weights, test set, protocol and the mean of each metric."""
    return (
        f"{result.origin or 'bicubic'}: {result.test_set} x{result.scale} ({len(result.images)} images, Y, "
        f"crop {result.protocol.crop_border}): {metrics.text(result.mean)}"
    )


def _bicubic(scale: int) -> tuple[Upscaler, dict]:
    return partial(degrade.upscale, scale=scale), {"model": "bicubic"}


def network_upscaler(
    settings: Device, weights: str, scale: int, tile: int, threads: int, genotype: str | None = None
) -> tuple[Upscaler, dict]:
    """Return a function that enlarges an image with the network of a weights file, and facts about the weights."""
    # Imported here, because bicubic needs no torch, whose import takes longer than the rest of the job.
    from sr.evaluate.inference import ready, super_resolve
    from sr.methods.releases import load_weights
    from sr.train.device import setup_device

    trained = load_weights(weights, genotype)
    if trained.scale != scale:
        raise UserError(f"{weights}: weights for x{trained.scale}, but --scale is {scale}. Use the weights of x{scale}")
    device = setup_device(settings.device, threads, settings.seed)
    network = ready(trained.network(), device)

    def upscale(image: np.ndarray) -> np.ndarray:
        return super_resolve(network, image, scale, tile, trained.method.min_size)

    facts = {"model": trained.method.name, "origin": trained.origin, "weights_sha256": sha256_file(weights)}
    return upscale, facts


def _facts_of(other: OtherNetwork) -> dict:
    digest = sha256_file(other.path)
    return {"model": other.path.stem, "origin": str(other.path), "weights_sha256": digest, "peer": True}


def _test_set(source: dict[str, str | None], scale: int) -> TestSet:
    if data := source.get("data"):
        folder = Path(data)
        pack = open_pack(folder / "hr.npy")
        return TestSet(
            folder.name, lambda: pack.digest, "bicubic, MATLAB imresize on 8 bits", packed_samples(folder, scale)
        )
    assert source["hr"] is not None, "neither data nor hr"
    hr = Path(source["hr"])
    degradation = "LR images as given" if source["lr"] else "bicubic, MATLAB imresize on 8 bits"
    # Benchmarks keep their images in <set>/HR: the set's name is the folder above.
    name = hr.resolve().parent.name if hr.name == "HR" else hr.name
    digest = ContentDigest()
    return TestSet(name, digest.hexdigest, degradation, folder_samples(hr, source["lr"], scale, digest))
