"""What a run's trainings need, checked before the first: images of sufficient size and number, and usable genotypes."""

from collections.abc import Iterable, Iterator, Mapping

import torch

from sr.core.config import Model
from sr.core.errors import UserError
from sr.data.packed import Pack
from sr.methods import registry
from sr.nas.random_genotype import draw
from sr.stages.compose import changed
from sr.stages.retrain import kept
from sr.stages.search import SCALE, split


def check_genotypes(models: Iterable[Model]) -> None:
    """Raise UserError if the parts of a genotype that params.yaml gives are not what their network takes."""
    for model in models:
        if model.genotype:
            method = registry.find(model.method)
            # Whichever genotype the other parts are of.
            genotype = draw(method.derive, method.choices(model.network), model.name, lambda *_: True)
            assert genotype is not None
            with torch.device("meta"):
                method.network(changed(model, method, genotype), model.network, SCALE)


def check_patches(models: Iterable[Model], packs: Mapping[str, Pack]) -> None:
    """Raise UserError if a search or a training has too few images, or one that is smaller than its patch."""
    # Many models train on the same images.
    for names, searched, (patch, scale, number) in dict.fromkeys(job for model in models for job in _patches(model)):
        images = [image for name in names for image in packs[name].index.images]
        used = range(len(images)) if searched else kept(len(images), number)
        if searched:
            split(len(images), number)
        for image in (images[index] for index in used):
            height, width = image.height // scale, image.width // scale
            if min(height, width) < patch // scale:
                reason = f"{width}x{height} at x{scale} is smaller than the patch of {patch // scale}"
                raise UserError(f"training image {image.name}: {reason}. Leave the image out or lower hr_patch")


def _patches(model: Model) -> Iterator[tuple[tuple[str, ...], bool, tuple[int, int, int]]]:
    """Yield the sets of a search (True) and of each training (False), HR patch, scale, and images held or left out."""
    names, retrain = tuple(model.train), model.retrain
    if model.searches:
        yield names, True, (model.search.hr_patch, SCALE, model.search.validation_images)
    for scale in model.scales:
        yield names, False, (retrain.hr_patch.at(scale), scale, retrain.leave_out)
