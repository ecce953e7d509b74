"""params.yaml: read and checked, one typed model for each network to make.

Snakemake and ``python -m sr`` both come through :func:`check`, so both give the same messages. Keys and bounds are
declared in :mod:`sr.core.file_sections`, :mod:`sr.core.sections` and ``sr/methods/<method>/schema.py``.
"""

import importlib
import os
from functools import cache
from typing import Any, Literal

from pydantic import Field, create_model

from sr.core import formats, names, repeats, scrutiny_arms
from sr.core.errors import UserError
from sr.core.file_sections import Common, MethodSection, VariantRepeats
from sr.core.files import SHARE
from sr.core.formats import Document
from sr.core.method_folders import method_names
from sr.core.model import Model
from sr.core.relations import contradictions
from sr.core.run_params import frozen
from sr.core.yaml_files import read_yaml

SHARED = ("train", "network", "search", "retrain")  # the sections of a method that a variant may change
PRESETS = SHARE / "workflow" / "presets"


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
    methods = [method for method in method_names() if getattr(file, method)]
    for method in file.methods:
        if method not in methods:
            raise UserError(
                f"{source}: methods: {method!r} has no section. Add the section {method}, or do not list it"
            )
    variants = {method: getattr(file, method).variants for method in methods}
    _check_repeats(raw, methods, source)
    peers = file.data.peers
    taken = scrutiny_arms.applied(raw, methods, source)
    for wrong in (*names.mistakes(variants, peers), *repeats.mistakes(taken, methods)):
        raise UserError(f"{source}: {wrong}")
    resolved = {name: _model(plain, source) for name, plain in _resolve(taken).items()}
    for wrong in names.taken(peers, resolved):
        raise UserError(f"{source}: {wrong}")
    for model in resolved.values():
        for wrong in contradictions(model, resolved, file.data.test):
            raise UserError(f"{source}: {_key(model.name, model.method)}.{wrong}")
    common = {key: getattr(file, key) for key in Common.model_fields}
    return Params(**common, models=resolved, raw=raw)


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
    """Return the declaration of the whole file: the common keys, and a section for each method of the package.

    Methods that the file does not list need no section.
    """
    names = method_names()
    known: Any = Literal[tuple(names)]
    sections: dict[str, Any] = {
        name: (_section_type(name) | None, Field(default=None, description=f"section of the method {name}"))
        for name in names
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
    base = repeats.base_of(name)
    return method if base == method else f"{method}.variants.{base}"


def _resolve(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every model of the listed methods as plain data: a method's sections with a variant's changes."""
    resolved = {}
    for method in raw["methods"]:
        section = raw[method]
        shared = {key: _single(section[key]) for key in SHARED}
        for name, changes in {method: {}, **section["variants"]}.items():
            base = {"seed": raw["seed"], "scales": raw["scales"], "genotype_of": name, "name": name, "method": method}
            resolved[name] = _merge({**base, **shared}, {key: _single(value) for key, value in changes.items()})
        for name, repeated, changes in repeats.repeats(raw, method):
            resolved[name] = {**resolved[repeated], "name": name, **changes}
    return resolved


def _single(section: Any) -> Any:
    """Return a section without its repetitions: a longer list of seeds repeats no search and no training."""
    if not isinstance(section, dict):
        return section
    return {key: value for key, value in section.items() if key not in repeats.KEYS}


def _check_repeats(raw: dict[str, Any], methods: list[str], source: str) -> None:
    """Raise UserError if a variant's seeds are of the wrong type."""
    for method in methods:
        for name, changes in raw[method]["variants"].items():
            for key in ("search", "retrain"):
                given = {each: value for each, value in (changes.get(key) or {}).items() if each in repeats.KEYS}
                formats.check(given, VariantRepeats, source, prefix=f"{method}.variants.{name}.{key}")


def _merge(base: Any, changes: Any) -> Any:
    """Return ``base`` with the keys of ``changes`` in place of its own, section by section."""
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    return {**base, **{key: _merge(base.get(key), value) for key, value in changes.items()}}
