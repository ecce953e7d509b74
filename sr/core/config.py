"""params.yaml: read and checked, one typed model for each network to make.

Snakemake and ``python -m sr`` both come through :func:`check`, so both give the same messages. Keys and bounds are
declared in :mod:`sr.core.sections` and in ``sr/methods/<method>/schema.py``.
"""

import importlib
import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal

from pydantic import Field, create_model

from sr.core import formats, names, seeds
from sr.core.errors import UserError
from sr.core.files import SHARE, read_json
from sr.core.formats import Document
from sr.core.method_folders import method_names
from sr.core.run_params import frozen
from sr.core.sections import Common, MethodSection, Retrain, Search
from sr.core.yaml_files import read_yaml

SHARED = ("train", "network", "search", "retrain")  # the sections of a method that a variant may change
PRESETS = SHARE / "workflow" / "presets"


class Model(Document):
    """One network to make: a method's own, called like the method, one of its variants, or its search by another seed.

    ``genotype_of`` is the model whose search gives the genotype, mostly itself.
    """

    name: str
    method: str
    seed: int
    scales: list[int]
    genotype_of: str
    train: list[str]
    network: Document
    search: Search
    retrain: Retrain


class Params(Common):
    """The whole of params.yaml: ``models`` of the listed methods by name.

    ``raw`` has the file's values as plain dicts, for digests and records.
    """

    models: dict[str, Model]
    raw: dict[str, Any] = Field(repr=False)

    def model(self, name: str) -> Model:
        """Return the model ``name``; raise UserError if no listed method has it."""
        if name not in self.models:
            raise UserError(f"unknown model {name!r}. Models of params.yaml: {', '.join(self.models)}")
        return self.models[name]


def load(path: str | os.PathLike) -> Params:
    """Read and check a parameter file; raise UserError with one line that names the key.

    A job of a run reads params.yaml as it was when the run started.
    """
    return check(read_yaml(frozen(path), "no such parameter file. Copy one from workflow/presets/"), str(path))


def check(raw: Any, source: str = "params.yaml") -> Params:
    """Check plain parameters key by key and against each other; return them typed."""
    file = formats.check(raw, file_type(), source)
    variants = {method: getattr(file, method).variants for method in method_names()}
    for wrong in (*names.mistakes(variants), *seeds.mistakes(raw, method_names())):
        raise UserError(f"{source}: {wrong}")
    resolved = {name: _model(plain, source) for name, plain in _resolve(raw).items()}
    for model in resolved.values():
        # Repetitions differ from the method's own model only in what is checked above.
        if not seeds.is_repeat(model.name, model.method):
            for wrong in _contradictions(model, resolved, file.data.test):
                raise UserError(f"{source}: {_key(model.name, model.method)}.{wrong}")
    common = {key: getattr(file, key) for key in Common.model_fields}
    return Params(**common, models=resolved, raw=raw)


def given_genotype(name: str, method: str) -> str:
    """Return the genotype file, relative to the repository, of a model that does not retrain a searched one."""
    file = f"data/genotypes/{name}.json"
    return file if (SHARE / file).is_file() else f"data/genotypes/{method}.json"


def release_name(method: str) -> str:
    """Return the name in data/sources.yaml of the main network that a method's authors released."""
    return f"{method}{names.RELEASED}"


def network_type(method: str) -> type[Document]:
    """Return what a method declares as its section ``network``; raise UserError if it declares nothing."""
    file = f"sr/methods/{method}/schema.py"
    module = importlib.import_module(f"sr.methods.{method}.schema") if (SHARE / file).is_file() else None
    if module is None or not hasattr(module, "Network"):
        remedy = f"Declare the keys of {method}.network there, as sr/methods/dlsr/schema.py does"
        raise UserError(f"{file}: no class Network. {remedy}")
    return module.Network


@cache
def file_type() -> type[Common]:
    """Return the declaration of the whole file: the common keys, and a section for each method of the package."""
    names = method_names()
    known: Any = Literal[tuple(names)]
    sections: dict[str, Any] = {
        name: (_section_type(name), Field(description=f"section of the method {name}")) for name in names
    }
    return create_model(
        "Parameters",
        __base__=Common,
        __doc__="Parameters of the pipeline: params.yaml and every preset.",
        methods=(list[known], Common.model_fields["methods"]),
        **sections,
    )


def _section_type(method: str) -> type[MethodSection]:
    network = (network_type(method), MethodSection.model_fields["network"])
    return create_model(f"{method.upper()}Section", __base__=MethodSection, network=network)


@cache
def _model_type(method: str) -> type[Model]:
    return create_model(f"{method.upper()}Model", __base__=Model, network=(network_type(method), ...))


def _model(plain: dict[str, Any], source: str) -> Model:
    """Return a resolved model with its own type of network; raise UserError that names the key as in the file."""
    return formats.check(plain, _model_type(plain["method"]), source, prefix=_key(plain["name"], plain["method"]))


def _key(name: str, method: str) -> str:
    """Return where params.yaml describes a model."""
    return method if name == method or seeds.is_repeat(name, method) else f"{method}.variants.{name}"


def _resolve(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every model of the listed methods as plain data: a method's sections with a variant's changes."""
    resolved = {}
    for method in raw["methods"]:
        section = raw[method]
        shared = {key: section[key] for key in SHARED}
        # The number of searches is no property of any one of them: a longer list of seeds repeats no search.
        shared["search"] = {key: value for key, value in shared["search"].items() if key not in seeds.KEYS}
        for name, changes in {method: {}, **section["variants"], **seeds.repeats(raw, method)}.items():
            base = {"seed": raw["seed"], "scales": raw["scales"], "genotype_of": name}
            resolved[name] = {"name": name, "method": method, **_merge({**base, **shared}, changes)}
    return resolved


def _merge(base: Any, changes: Any) -> Any:
    """Return ``base`` with the keys of ``changes`` in place of its own, section by section."""
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    return {**base, **{key: _merge(base.get(key), value) for key, value in changes.items()}}


def _contradictions(model: Model, resolved: Mapping[str, Model], tested: list[str]) -> Iterator[str]:
    """Yield what no type says about one model: relations between keys."""
    search, source = model.search, resolved.get(model.genotype_of)
    if search.warmup_steps >= search.steps:
        yield f"search.warmup_steps: {search.warmup_steps} must be below steps ({search.steps})"
    if source is None or source.method != model.method:
        yield f"genotype_of: {model.genotype_of!r} is not a model of {model.method}"
    elif source.genotype_of != source.name:
        yield f"genotype_of: {source.name!r} has no search of its own. Name {source.genotype_of!r}"
    elif source is not model and model.retrain.genotype == "searched":
        yield from _other_sizes(model, source)
    batch, devices = model.retrain.batch, model.retrain.devices
    if batch % devices:
        yield f"retrain.devices: {devices} does not divide retrain.batch ({batch}). Give each the same share of patches"
    if model.retrain.genotype != "searched":
        yield from _unfit(model)
    selected = model.retrain.selection_set
    both = sorted(set(model.train) & {*tested, *([selected] if selected else [])})
    if both:
        yield f"train: {both[0]} is also a test set. Test on images that were not trained on"


def _other_sizes(model: Model, source: Model) -> Iterator[str]:
    """Yield the sizes by which a model does not fit the genotype that it has from another's search."""
    sizes = getattr(model.network, "genotype_sizes", None)
    for key in sizes() if sizes else ():
        size, searched = getattr(model.network, key), getattr(source.network, key)
        if size != searched:
            reason = f"{size}, but the search of {source.name}, whose genotype it takes, has {searched}"
            yield f"network.{key}: {reason}. Give both the same, or let it search for itself"


def _unfit(model: Model) -> Iterator[str]:
    """Yield that a given genotype is missing, is not what the key says, or is for a network of other sizes."""
    file = given_genotype(model.name, model.method)
    if not (SHARE / file).is_file():
        yield f"retrain.genotype: {file}: no such file. Add it, or set the key to searched"
        return
    genotype = read_json(SHARE / file)
    origin = genotype.get("origin")
    # One without an origin may be either.
    known = {None: model.retrain.genotype, "fitted": "fitted"}.get(origin, "published")
    if known != model.retrain.genotype:
        yield f"retrain.genotype: {file} is {origin}, not {model.retrain.genotype}. Set the key to {known}"
    mismatch = getattr(model.network, "mismatch", None)
    if mismatch and (reason := mismatch(genotype)):
        remedy = f"Add data/genotypes/{model.name}.json, or set the key to searched"
        yield f"retrain.genotype: {file} {reason}. {remedy}"
