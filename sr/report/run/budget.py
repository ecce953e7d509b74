"""Whether a model was trained as the paper trained it, decided from the model's own sections of params.yaml.

The reference is workflow/presets/paper.yaml. Keys that change no result of the model do not count: the run's other
methods, sets, scales and variants, where it computes, and how often it logs.
"""

from functools import cache
from typing import Any, NamedTuple

from sr.core import config
from sr.core.config import Model, Params
from sr.core.repeats import base_of

PAPER_PRESET = "paper"
# Keys of a model's sections that change no result of it.
FREE = {"log_every", "seeds", "seed_scales", "devices"}
BY_SCALE = ("steps", "hr_patch")
LISTED = 2  # so many differing keys are named


class Budget(NamedTuple):
    """How a model's size and training differ from the paper's, in words; both empty: they do not."""

    size: str
    training: str

    @property
    def full(self) -> bool:
        """Return whether size and training are the paper's."""
        return not self.size and not self.training

    @property
    def note(self) -> str:
        """Return the differences in a phrase."""
        return "; ".join(filter(None, (self.training, self.size))) or "the paper's budget"


def of_model(params: Params, name: str, scale: int) -> Budget:
    """Return how the model's training for ``scale`` differs from the paper's."""
    model = params.model(name)
    reference, theirs = preset().models, _reference(model)
    if theirs is None:
        return Budget("", f"{name} is not a model of the paper")
    size, pixels = _differences(_plain(model.network), _plain(theirs.network), "pixel_range")
    ours, paper = _training(params.models, model, scale), _training(reference, theirs, scale)
    # Steps first, because they say most.
    training = sorted([*_differences(ours, paper)[0], *pixels], key=lambda text: ".steps" not in text)
    steps = [key for key in paper if ".steps" in key and ours.get(key, 0) < paper[key]]
    label = "budget too small to judge" if steps else "not the paper's training"
    return Budget(_listed("different size", size), _listed(label, training))


def all_full(params: Params) -> bool:
    """Return whether every model of the run that the paper has, too, has its size and training at all scales."""
    known = [model for model in params.models.values() if _reference(model) is not None]
    return bool(known) and all(of_model(params, model.name, scale).full for model in known for scale in model.scales)


def _reference(model: Model) -> Model | None:
    return preset().models.get(base_of(model.name))


@cache
def preset() -> Params:
    """Return the parameters with the papers' budgets."""
    return config.load(config.PRESETS / f"{PAPER_PRESET}.yaml")


def _training(models: dict[str, Model], model: Model, scale: int) -> dict[str, Any]:
    """Return what the training of one scale depends on, flat; other scales than 2, its start, do not concern it."""
    retrain = _plain(model.retrain)
    for key in BY_SCALE:
        for other in {"x2", "x3", "x4"} - {"x2", f"x{scale}"}:
            retrain.pop(f"{key}.{other}", None)
    flat = {f"retrain.{key}": value for key, value in retrain.items()}
    if model.retrain.genotype == "searched":
        source = models[model.genotype_of]
        flat |= {f"search.{key}": value for key, value in _plain(source.search).items()}
        flat |= {f"search.network.{key}": value for key, value in _plain(source.network).items()}
    if model.composed:
        flat["genotype"] = "drawn at random" if model.random else "changed"
    return flat | {"train": model.train}


def _plain(section: config.Document) -> dict[str, Any]:
    return _leaves({key: value for key, value in section.model_dump().items() if key not in FREE})


def _leaves(tree: dict[str, Any], path: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _leaves(value, f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": value}
    return flat


def _differences(ours: dict[str, Any], theirs: dict[str, Any], apart: str = "") -> tuple[list[str], list[str]]:
    """Return the keys that differ with both values, those whose name starts with ``apart`` separately."""
    rows = [
        (key, f"{key} {_text(ours.get(key))} instead of {_text(theirs.get(key))}")
        for key in {**theirs, **ours}
        if ours.get(key) != theirs.get(key)
    ]
    separate = [text for key, text in rows if apart and key.startswith(apart)]
    return [text for _, text in rows if text not in separate], separate


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _listed(label: str, differences: list[str]) -> str:
    if not differences:
        return ""
    more = f" and {len(differences) - LISTED} more" if len(differences) > LISTED else ""
    return f"{label}: {', '.join(differences[:LISTED])}{more}"
