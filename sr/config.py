"""params.yaml: read, check against the closed schema, and hand out as frozen dataclasses.

``workflow/schemas/params.schema.yaml`` describes and bounds every key; nothing here has a default.
Snakemake and ``python -m sr`` both come through :func:`check`, so both give the same messages.
"""

import dataclasses
import difflib
import typing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from sr.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = ROOT / "workflow" / "schemas"


@dataclass(frozen=True)
class Data:
    """Which sets train and test, and where the user's own copies lie (None: fetch)."""

    train: list[str]
    test: list[str]
    folders: dict[str, str]


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
class Network:
    """Width, depth and the range in which the network sees pixels (255 or 1)."""

    channels: int
    cells: int
    pixel_range: int


@dataclass(frozen=True)
class Search:
    """Bilevel search on x2 (DLSR section 3.2, appendix A)."""

    validation_images: int
    steps: int
    warmup_steps: int
    batch: int
    hr_patch: int
    theta: Adam
    arch: Adam
    lambda_val: float
    mu_hfen: float
    gamma_params: float
    log_every: int


@dataclass(frozen=True)
class Retrain:
    """Retraining of the derived network, one entry a scale where the paper has one."""

    genotype: str
    steps: dict[str, int]
    batch: int
    hr_patch: dict[str, int]
    lr: float
    beta1: float
    beta2: float
    weight_decay: float
    lr_schedule: Schedule
    mu_hfen: float
    log_every: int


@dataclass(frozen=True)
class MethodParams:
    """Everything that one method needs."""

    network: Network
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
    dlsr: MethodParams
    raw: dict[str, Any] = dataclasses.field(repr=False, compare=False)

    def method(self, name: str) -> MethodParams:
        """Return the section of method ``name``; raise UserError if there is none."""
        section = getattr(self, name, None)
        if not isinstance(section, MethodParams):
            raise UserError(f"unknown method {name!r}: params.yaml has no section of that name")
        return section


def load(path: str | Path) -> Params:
    """Read and check a parameter file; raise UserError with one line that names the key."""
    try:
        raw = yaml.load(Path(path).read_text(encoding="utf-8"), _UniqueKeyLoader)
    except FileNotFoundError:
        raise UserError(f"{path}: no such parameter file. Copy one from workflow/presets/") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    return check(raw, str(path))


def check(raw: Any, source: str = "params.yaml") -> Params:
    """Check plain parameters against the schema and each other; return them as dataclasses."""
    error = jsonschema.exceptions.best_match(_validator().iter_errors(raw))
    if error is not None:
        raise UserError(f"{source}: {_explain(error)}")
    for wrong in _contradictions(raw):
        raise UserError(f"{source}: {wrong}")
    return _build(Params, {**raw, "raw": raw})


@cache
def _validator() -> jsonschema.Draft202012Validator:
    schema = yaml.safe_load((SCHEMAS / "params.schema.yaml").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML takes the last of two equal keys in silence; a parameter file must not."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _explain(error: jsonschema.ValidationError) -> str:
    """Put a schema violation into one line: key, what is wrong, what is allowed."""
    where = ".".join(str(part) for part in error.absolute_path) or "(top level)"
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        unknown = next(key for key in error.instance if key not in known)
        near = difflib.get_close_matches(str(unknown), known, 1)
        hint = f"did you mean {near[0]!r}?" if near else "known keys: " + ", ".join(known)
        return f"{where}: unknown key {unknown!r}; {hint}"
    message = error.message
    if error.validator == "type" and isinstance(error.instance, str) and _is_number(error.instance):
        message += "; YAML reads a number only with a dot and a sign in the exponent: write 1.0e-4, not 1e-4"
    description = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    return f"{where}: {message}" + (f" ({description})" if description else "")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _contradictions(raw: dict[str, Any]) -> typing.Iterator[str]:
    """Yield what the schema cannot say: relations between keys."""
    for name in raw["methods"]:
        search, retrain = raw[name]["search"], raw[name]["retrain"]
        if search["warmup_steps"] >= search["steps"]:
            yield f"{name}.search.warmup_steps: {search['warmup_steps']} must be below steps ({search['steps']})"
        if search["hr_patch"] % 2:
            yield f"{name}.search.hr_patch: {search['hr_patch']} is not a multiple of the search scale 2"
        for scale in raw["scales"]:
            patch = retrain["hr_patch"][f"x{scale}"]
            if patch % scale:
                yield f"{name}.retrain.hr_patch.x{scale}: {patch} is not a multiple of {scale}"
    shared = set(raw["data"]["train"]) & set(raw["data"]["test"])
    if shared:
        yield f"data.test: {sorted(shared)[0]} is a training set too. Test on images that were not trained on"


def _build(kind: Any, value: Any) -> Any:
    """Turn checked plain data into the dataclass tree ``kind``."""
    if not dataclasses.is_dataclass(kind):
        return float(value) if kind is float else value
    hints = typing.get_type_hints(kind)
    return kind(**{key: _build(hints[key], item) for key, item in value.items()})
