"""Test images among the training images: copies are refused, lookalikes are listed."""

import itertools
import warnings
from pathlib import Path

from sr.core.config import Params
from sr.core.errors import UserError
from sr.data.formats import Lookalike, Overlap
from sr.data.lookalikes import NEAR, Picture, pictures
from sr.data.packed import Pack, open_pack


def check_overlap(params: Params, packed: Path) -> Overlap:
    """Compare all training sets of the run with all its test sets, image by image; warn of each lookalike.

    Raise UserError if an image is in both, or if two test sets have the same images.
    """
    models = params.models.values()
    trained = dict.fromkeys(name for model in models for name in model.train)
    selected = [model.retrain.selection_set for model in models]
    tested = dict.fromkeys([*params.data.test, *filter(None, selected)])
    packs = {name: open_pack(packed / name / "hr.npy") for name in [*trained, *tested]}
    _check_distinct({name: packs[name] for name in tested})
    train = [image for name in trained for image in pictures(packs[name])]
    test = [image for name in tested for image in pictures(packs[name])]
    _check_no_copy(train, test)
    near = [
        Lookalike(test=a.name, train=b.name, distance=distance)
        for a, b in itertools.product(test, train)
        if (distance := a.distance(b)) is not None and distance <= NEAR
    ]
    for found in near:
        warnings.warn(f"test image {found.test} looks like training image {found.train}", stacklevel=2)
    return Overlap(train=list(trained), test=list(tested), lookalikes=near)


def _check_distinct(tests: dict[str, Pack]) -> None:
    for (a, first), (b, second) in itertools.combinations(tests.items(), 2):
        if {image.digest for image in pictures(first)} == {image.digest for image in pictures(second)}:
            raise UserError(f"{a}, {b}: these test sets have the same images. Remove one from data.test")


def _check_no_copy(train: list[Picture], test: list[Picture]) -> None:
    trained = {image.digest: image.name for image in train}
    for image in test:
        if name := trained.get(image.digest):
            raise UserError(f"{image.name}: the same picture is trained on, as {name}. Remove it from one of the sets")
