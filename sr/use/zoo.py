"""Model zoo: trained networks that come with the project, each a folder with weights and a card.

``results/zoo/<name>/`` holds ``weights.safetensors``, ``genotype.json``, ``card.json`` and ``card.md``; the verb
``card`` makes it. Every verb that takes a model also accepts a weights file of your own.
"""

import json
from dataclasses import dataclass
from math import inf
from pathlib import Path

import safetensors

from sr.core.errors import UserError
from sr.core.files import SHARE, read_json
from sr.core.formats import parse
from sr.use.formats import Card, TestMetrics

FOLDER = SHARE / "results" / "zoo"
_REMEDY = "Recreate it with: python -m sr card"


@dataclass(frozen=True)
class ZooModel:
    """Weights and their name; a user's own file has no card."""

    name: str
    weights: Path
    card: Card | None = None

    @property
    def scale(self) -> int | None:
        """Return the scale that the card or else the weights file states; None if neither does."""
        return self.card.scale if self.card else _scale_of(self.weights)

    @property
    def method(self) -> str | None:
        """Return the method that the card states."""
        return self.card.method if self.card else None


def models() -> list[ZooModel]:
    """Return the zoo's models by method, scale and name; raise UserError for a bad card."""
    entries = [_read(path) for path in sorted(FOLDER.glob("*/card.json"))]
    return sorted(entries, key=lambda model: (model.method or "", model.scale, model.name))


def names() -> list[str]:
    """Return the names of the zoo's models."""
    return [model.name for model in models()]


def default(scale: int) -> ZooModel:
    """Return the zoo's best model for a scale; raise UserError if it has none.

    The best has the highest PSNR, the mean over the test sets that are in the cards of all models for this scale.
    """
    entries = models()
    results = [(model.card.test_sets, model) for model in entries if model.card and model.scale == scale]
    if results:
        shared = set.intersection(*(set(test_sets) for test_sets, _ in results))
        return max(results, key=lambda result: sum(_psnr(result[0][name]) for name in shared))[1]
    state = f"the zoo has only {_listed(entries)}" if entries else "the model zoo (results/zoo) is empty"
    raise UserError(f"no model for x{scale}: {state}. Give --model a weights file, or add a model with the verb card")


def find(text: str, scale: int | None = None) -> ZooModel:
    """Return the model that ``text`` names: a name of the zoo, a method of the zoo, or a weights file.

    A method's name needs ``scale`` unless the zoo has it at one scale only. Raise UserError, with the known names,
    if there is none, if there are several, or if the model is for another scale.
    """
    entries = models()
    for model in entries:
        if model.name == text:
            return _of_scale(model, scale)
    of_method = [model for model in entries if model.method == text and scale in (None, model.scale)]
    if of_method:
        if scale is None and len({model.scale for model in of_method}) > 1:
            raise UserError(f"{text}: could be {_listed(of_method)}. Name one of them")
        return of_method[0]
    if Path(text).is_file():
        model = ZooModel(Path(text).name, Path(text))
        if None not in (scale, model.scale) and scale != model.scale:
            raise UserError(f"{text}: weights for x{model.scale}, but --scale is {scale}. Make them agree")
        return model
    listed = _listed(entries) or "none (results/zoo is empty)"
    raise UserError(f"{text}: neither a model of the zoo nor a weights file. Models of the zoo: {listed}")


def _scale_of(weights: Path) -> int | None:
    """Return the scale in the header of a weights file, read without torch; None for any other file."""
    try:
        with safetensors.safe_open(weights, framework="np") as file:
            scale = json.loads(file.metadata()["sr"])["scale"]
    except (safetensors.SafetensorError, OSError, KeyError, TypeError, ValueError, RecursionError):
        return None  # whoever loads the weights reports what is wrong with them
    return scale if scale in (2, 3, 4) else None


def _listed(entries: list[ZooModel]) -> str:
    return ", ".join(model.name for model in entries)


def _of_scale(model: ZooModel, scale: int | None) -> ZooModel:
    if scale in (None, model.scale):
        return model
    raise UserError(f"{model.name}: a model for x{model.scale}, but --scale is {scale}. Leave --scale or --model out")


def _psnr(test_set: TestMetrics) -> float:
    psnr = test_set.network.get("psnr", 0.0)
    return inf if psnr is None else psnr


def _read(path: Path) -> ZooModel:
    card = parse(read_json(path), Card, f"{path}: invalid model card", _REMEDY)
    weights = path.with_name("weights.safetensors")
    if card.name != path.parent.name:
        raise UserError(f"{path}: invalid model card: name {card.name!r} is not its folder's. {_REMEDY}")
    if not weights.is_file():
        raise UserError(f"{path}: the folder has no weights.safetensors. {_REMEDY}")
    return ZooModel(card.name, weights, card)
