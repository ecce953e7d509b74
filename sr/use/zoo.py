"""The model zoo: trained networks that come with the project, each a folder with weights and a card.

``results/zoo/<name>/`` holds ``weights.safetensors``, ``genotype.json``, ``card.json`` and ``card.md``; the verb
``card`` makes it. Wherever a verb takes a model, a weights file of one's own will do as well.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sr.core.errors import UserError
from sr.core.files import read_json
from sr.core.schema import ROOT, first_error

FOLDER = ROOT / "results" / "zoo"
PREFERENCE = ("dlsr", "mran")  # whose network is the default; any other method comes after these, by name

CARD = {
    "type": "object",
    "required": ["name", "method", "scale"],
    "properties": {
        **{key: {"type": "string", "minLength": 1} for key in ("name", "method")},
        "scale": {"type": "integer", "enum": [2, 3, 4]},
    },
}


@dataclass(frozen=True)
class Model:
    """Weights to use, and by what name; ``card`` is None and ``scale`` unknown for a file of one's own."""

    name: str
    weights: Path
    method: str | None = None
    scale: int | None = None
    card: dict[str, Any] | None = None


def models() -> list[Model]:
    """Return the zoo's models, the preferred method first, then by scale and name; raise UserError for a bad card."""
    found = [_read(path) for path in sorted(FOLDER.glob("*/card.json"))]
    return sorted(found, key=lambda model: (_rank(model.method), model.scale, model.name))


def names() -> list[str]:
    """Return the names of the zoo's models."""
    return [model.name for model in models()]


def default(scale: int) -> Model:
    """Return the zoo's preferred model for a scale; raise UserError if it has none."""
    known = models()
    fitting = [model for model in known if model.scale == scale]
    if fitting:
        return fitting[0]
    there = f"the zoo has only {', '.join(m.name for m in known)}" if known else "the model zoo (results/zoo) is empty"
    raise UserError(f"no model for x{scale}: {there}. Give --model a weights file, or add a model with the verb card")


def find(wanted: str, scale: int | None = None) -> Model:
    """Return the model that ``wanted`` means: a name of the zoo, a method of the zoo, or a weights file.

    A method's name needs ``scale`` unless the zoo has it at one scale only. Raise UserError, with the known names,
    if there is none, if there are several, or if the model is for another scale.
    """
    known = models()
    named = [model for model in known if model.name == wanted]
    of_method = [model for model in known if model.method == wanted and scale in (None, model.scale)]
    if named:
        return _of_scale(named[0], scale)
    if of_method:
        if scale is None and len({model.scale for model in of_method}) > 1:
            raise UserError(f"{wanted}: stands for {', '.join(m.name for m in of_method)}. Name one of them")
        return of_method[0]
    if Path(wanted).is_file():
        return Model(Path(wanted).name, Path(wanted))
    listed = ", ".join(model.name for model in known) or "none (results/zoo is empty)"
    raise UserError(f"{wanted}: neither a model of the zoo nor a weights file. Models of the zoo: {listed}")


def _of_scale(model: Model, scale: int | None) -> Model:
    if scale in (None, model.scale):
        return model
    raise UserError(f"{model.name}: a model for x{model.scale}, but --scale is {scale}. Leave --scale or --model out")


def _rank(method: str | None) -> tuple[int, str]:
    order = PREFERENCE.index(method) if method in PREFERENCE else len(PREFERENCE)
    return order, method or ""


def _read(path: Path) -> Model:
    card = read_json(path)
    if first_error(card, CARD) is not None:
        raise UserError(f"{path}: not a model's card (no name, method or scale). Make it anew: sr card")
    name, method, scale = card["name"], card["method"], card["scale"]
    weights = path.parent / "weights.safetensors"
    if name != path.parent.name or not weights.is_file():
        wrong = "no weights.safetensors beside it" if name == path.parent.name else f"says {name!r}, not its folder"
        raise UserError(f"{path}: {wrong}. Make it anew: sr card")
    return Model(name, weights, method, scale, card)
