"""params.yaml: read, check against the closed schema, and hand out as frozen dataclasses.

``workflow/schemas/params.schema.yaml`` describes and bounds every key; nothing here has a default.
Snakemake and ``python -m sr`` both come through :func:`check`, so both give the same messages.
"""

import dataclasses
import os
import typing
from dataclasses import dataclass
from typing import Any

from sr.core import seeds
from sr.core.errors import UserError
from sr.core.files import user_path
from sr.core.method_folders import method_names
from sr.core.schema import params_schema, read_yaml, refuse

SHARED = ("train", "network", "search", "retrain")  # the sections of a method that a variant may change
RELEASED = "_released"  # after a method's name: the model whose weights its authors released


@dataclass(frozen=True)
class Data:
    """Which sets test, and where the user's own copies of any set and the authors' weights lie."""

    test: list[str]
    folders: dict[str, str]
    releases: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Evaluate:
    """Benchmark protocol: ``crop_border`` pixels per side (or "scale"), tile side in LR pixels (0: whole)."""

    crop_border: int | str
    tile: int


@dataclass(frozen=True)
class Adam:
    """Adam's four numbers."""

    lr: float
    beta1: float
    beta2: float
    weight_decay: float


@dataclass(frozen=True)
class Schedule:
    """Learning rate over time: halved ``every`` so many steps, or one cosine from lr to 0."""

    kind: str
    every: int | None = None


@dataclass(frozen=True)
class Search:
    """Bilevel search on x2 (DLSR section 3.2, appendix A; MRAN section 4.1), done once: other seeds, other models."""

    validation_images: int
    steps: int
    warmup_steps: int
    batch: int
    hr_patch: int
    theta: Adam
    arch: Adam
    lambda_train: float
    lambda_val: float
    mu_hfen: float
    gamma_params: float
    log_every: int


@dataclass(frozen=True)
class Retrain:
    """Retraining of the derived network, one entry a scale where the paper has one."""

    genotype: str
    leave_out: int
    steps: dict[str, int]
    batch: int
    devices: int
    hr_patch: dict[str, int]
    lr: float
    beta1: float
    beta2: float
    weight_decay: float
    lr_schedule: Schedule
    mu_hfen: float
    log_every: int


@dataclass(frozen=True)
class Model:
    """One network to make: a method's own, called like the method, one of its variants, or its search by another seed.

    ``network`` is checked plain data; the method turns it into its own type. ``genotype_of`` is the model
    whose search gives the genotype, mostly itself.
    """

    name: str
    method: str
    seed: int
    scales: list[int]
    genotype_of: str
    train: list[str]
    network: dict[str, Any]
    search: Search
    retrain: Retrain


@dataclass(frozen=True)
class Params:
    """The whole of params.yaml; ``raw`` is the same as plain dicts, for digests and records."""

    preset: str
    seed: int
    device: str
    methods: list[str]
    scales: list[int]
    data: Data
    evaluate: Evaluate
    models: dict[str, Model]
    raw: dict[str, Any] = dataclasses.field(repr=False, compare=False)

    def model(self, name: str) -> Model:
        """Return the model ``name``; raise UserError if no listed method has it."""
        if name not in self.models:
            raise UserError(f"unknown model {name!r}. Models of params.yaml: {', '.join(self.models)}")
        return self.models[name]


def load(path: str | os.PathLike) -> Params:
    """Read and check a parameter file; raise UserError with one line that names the key."""
    return check(read_yaml(path), str(path))


def check(raw: Any, source: str = "params.yaml") -> Params:
    """Check plain parameters against the schema and each other; return them as dataclasses."""
    refuse(raw, params_schema(), source)
    _refuse_releases(raw, source)
    for wrong in seeds.mistakes(raw, method_names()):
        raise UserError(f"{source}: {wrong}")
    resolved = models(raw)
    for model in resolved.values():
        # Another seed changes nothing that is checked here.
        if seeds.is_repeat(model["name"], model["method"]):
            continue
        section = {key: model[key] for key in SHARED}
        often = {key: raw[model["method"]]["search"][key] for key in seeds.KEYS}
        section["search"] = {**model["search"], **often}
        prefix = model["method"] if model["name"] == model["method"] else f"{model['method']}.variants.{model['name']}"
        refuse(section | {"variants": {}}, params_schema()["properties"][model["method"]], source, prefix)
        for wrong in _contradictions(model, resolved, raw):
            raise UserError(f"{source}: {prefix}.{wrong}")
    top = {field.name: raw.get(field.name) for field in dataclasses.fields(Params)}
    return _build(Params, {**top, "models": resolved, "raw": raw})


def models(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every model of the listed methods as plain data: a method's sections with a variant's changes."""
    found = {}
    for method in raw["methods"]:
        section = raw[method]
        own = {key: section[key] for key in SHARED}
        # How many searches there are concerns none of them: another list of seeds repeats no search.
        own["search"] = {key: value for key, value in own["search"].items() if key not in seeds.KEYS}
        for name, changes in {method: {}, **section["variants"], **seeds.repeats(raw, method)}.items():
            base = {"seed": raw["seed"], "scales": raw["scales"], "genotype_of": name}
            found[name] = {"name": name, "method": method, **_merge({**base, **own}, changes)}
    return found


def releases(raw: dict[str, Any]) -> dict[str, dict[int, str]]:
    """Return the authors' weights of the listed methods as {"<method>_released": {scale: file}}."""
    given = raw["data"]["releases"]
    return {
        method + RELEASED: {int(scale[1:]): str(user_path(file)) for scale, file in sorted(files.items())}
        for method, files in given.items()
        if method in raw["methods"]
    }


def _refuse_releases(raw: dict[str, Any], source: str) -> None:
    """Raise UserError for a release that is not there, and for a variant that has the name of one."""
    for method, files in raw["data"]["releases"].items():
        for scale, file in files.items():
            if not os.path.isfile(user_path(file)):
                where = f"data.releases.{method}.{scale}"
                raise UserError(f"{source}: {where}: {file}: no such file. Correct the path or take the entry out")
    for method in method_names():
        for name in raw[method]["variants"]:
            if name in [known + RELEASED for known in method_names()]:
                where = f"{method}.variants.{name}"
                raise UserError(f"{source}: {where}: this name is for the authors' weights. Choose another")


def _merge(base: Any, changes: Any) -> Any:
    """Return ``base`` with the keys of ``changes`` in place of its own, section by section."""
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    return {**base, **{key: _merge(base.get(key), value) for key, value in changes.items()}}


def _contradictions(
    model: dict[str, Any], resolved: dict[str, dict[str, Any]], raw: dict[str, Any]
) -> typing.Iterator[str]:
    """Yield what the schema cannot say about one model: relations between keys."""
    search, source = model["search"], model["genotype_of"]
    if search["warmup_steps"] >= search["steps"]:
        yield f"search.warmup_steps: {search['warmup_steps']} must be below steps ({search['steps']})"
    if source not in resolved or resolved[source]["method"] != model["method"]:
        yield f"genotype_of: {source!r} is no model of {model['method']}"
    elif resolved[source]["genotype_of"] != source:
        yield f"genotype_of: {source!r} has no search of its own. Name {resolved[source]['genotype_of']!r}"
    batch, devices = model["retrain"]["batch"], model["retrain"]["devices"]
    if batch % devices:
        yield f"retrain.devices: {devices} does not divide retrain.batch ({batch}). Give each the same share of patches"
    shared = sorted(set(model["train"]) & set(raw["data"]["test"]))
    if shared:
        yield f"train: {shared[0]} is a test set too. Test on images that were not trained on"


def _build(kind: Any, value: Any) -> Any:
    """Turn checked plain data into the dataclass tree ``kind``."""
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        return float(value) if kind is float else value
    hints = typing.get_type_hints(kind)
    if "models" in value:
        value = {**value, "models": {name: _build(Model, model) for name, model in value["models"].items()}}
    return kind(**{key: _build(hints[key], item) for key, item in value.items()})
