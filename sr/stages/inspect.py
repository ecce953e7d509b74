"""Inspection of a run's data sets before any training: test images that cannot be measured, or were trained on."""

import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path

from sr.core.config import Params
from sr.core.errors import UserError
from sr.data.formats import Inspection, Lookalike
from sr.data.lookalikes import NEAR, Picture, pictures
from sr.data.packed import Pack, open_pack
from sr.data.peers import PeerNetwork, resolve
from sr.evaluate.benchmark import check_measurable, choose_rules
from sr.methods import registry
from sr.stages.preconditions import check_genotypes, check_patches


def inspect_sets(params: Params, packed: Path) -> Inspection:
    """Compare all training sets of the run with all its test sets, image by image; warn of each lookalike.

    Raise UserError if a test image is too small for a network or a metric, or is trained on, if two test sets have the
    same images, if a network of ``data.peers`` cannot be measured, or if a search or a training lacks what it needs.
    """
    models = params.models.values()
    check_genotypes(models)
    trained = dict.fromkeys(name for model in models for name in model.train)
    selected = [model.retrain.selection_set for model in models]
    tested = dict.fromkeys([*params.data.test, *filter(None, selected)])
    packs = {name: open_pack(packed / name / "hr.npy") for name in [*trained, *tested]}
    check_patches(models, packs)
    peers = [network for networks in resolve(params.data.peers).values() for network in networks.values()]
    _check_sizes(params, [packs[name] for name in params.data.test], peers)
    if peers:
        from sr.stages.peers import check_peers  # only then, because it loads onnxruntime

        check_peers(peers, [packs[name] for name in params.data.test])
    train = [image for name in trained for image in pictures(packs[name])]
    tests = {name: pictures(packs[name]) for name in tested}
    _check_distinct(tests)
    test = [image for images in tests.values() for image in images]
    _check_no_copy(train, test)
    near = list(_lookalikes(train, test))
    for pair in near:
        warnings.warn(f"test image {pair.test} looks like training image {pair.train}", stacklevel=2)
    return Inspection(train=list(trained), test=list(tested), lookalikes=near)


def _check_sizes(params: Params, packs: list[Pack], peers: list[PeerNetwork]) -> None:
    least: dict[int, int] = {network.scale: 1 for network in peers}
    for model in params.models.values():
        for scale in model.scales:
            least[scale] = max(least.get(scale, 1), registry.find(model.method).min_size)
    for pack, scale in itertools.product(packs, least):
        border = choose_rules(params.evaluate, scale, None, None).crop_border
        for image in pack.index.images:
            height, width = image.height // scale, image.width // scale
            check_measurable(image.name, height * scale, width * scale, border)
            if min(height, width) < least[scale]:
                reason = f"{width}x{height} at x{scale} is smaller than the {least[scale]} pixels that a network needs"
                raise UserError(f"test image {image.name}: {reason}. Leave the image out")


def _check_distinct(tests: dict[str, list[Picture]]) -> None:
    for (a, first), (b, second) in itertools.combinations(tests.items(), 2):
        if {image.digest for image in first} == {image.digest for image in second}:
            raise UserError(f"{a}, {b}: these test sets have the same images. Remove one from data.test")


def _check_no_copy(train: list[Picture], test: list[Picture]) -> None:
    trained = {image.digest: image.name for image in train}
    for image in test:
        if name := trained.get(image.digest):
            raise UserError(f"{image.name}: the same picture is trained on, as {name}. Remove it from one of the sets")


def _lookalikes(train: list[Picture], test: list[Picture]) -> Iterator[Lookalike]:
    for a, b in itertools.product(test, train):
        distance = a.distance(b)
        if distance is not None and distance <= NEAR:
            yield Lookalike(test=a.name, train=b.name, distance=distance)
