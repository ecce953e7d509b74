"""File formats: closed typed models that the writer builds and the reader loads.

Each format is declared once, as a subclass of :class:`Document` in the room that writes it. :func:`load` gives a model
or a one-line UserError; :func:`write` is its counterpart. This module is the only place that knows how pydantic
reports a violation.
"""

import difflib
import json
import os
import re
import typing
from collections.abc import Callable, Iterator
from typing import Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, RootModel, ValidationError

from sr.core.errors import UserError
from sr.core.files import read_json, write_json


class Document(BaseModel):
    """Base of every file format: no unknown keys, no conversions (2.0 is no integer), finite numbers, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, protected_namespaces=())

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed; they are not checked."""
        assert set(changes) <= set(type(self).model_fields), changes
        return self.model_copy(update=changes)


def _check_whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("input should be a valid integer")
    return value


# Beside Literal[1, 255] and the like, which by itself accepts True for 1 and 255.0 for 255.
WHOLE = BeforeValidator(_check_whole)
D = TypeVar("D", bound=BaseModel)


def load(path: str | os.PathLike, kind: type[D], remedy: str = "Recreate the file") -> D:
    """Return the JSON file ``path`` as a ``kind``; raise UserError, which ends in ``remedy``, if it is none."""
    return parse(read_json(path), kind, str(path), remedy)


def write(path: str | os.PathLike, document: BaseModel) -> None:
    """Write ``document`` as JSON, atomically; keys that are None are left out."""
    write_json(path, document.model_dump(mode="json", exclude_none=True))


def parse(value: Any, kind: type[D], source: str, remedy: str = "", prefix: str = "") -> D:
    """Return the content of a JSON file as a ``kind``; raise UserError naming ``source`` and the key below ``prefix``.

    Strict mode accepts a list for a tuple and text for a numeric key only in JSON text.
    """
    text = json.dumps(value, default=str)
    return _refuse(lambda: kind.model_validate_json(text), kind, source, remedy, prefix)


def check(value: Any, kind: type[D], source: str, remedy: str = "", prefix: str = "") -> D:
    """Return Python data, such as YAML gives, as a ``kind``; raise UserError like :func:`parse`."""
    return _refuse(lambda: kind.model_validate(value), kind, source, remedy, prefix)


def _refuse(validate: Callable[[], D], kind: type[D], source: str, remedy: str, prefix: str) -> D:
    try:
        return validate()
    except ValidationError as error:
        reason = explain(error, kind, prefix)
        raise UserError(f"{source}: {reason}" + (f". {remedy}" if remedy else "")) from None


def explain(error: ValidationError, kind: type[BaseModel], prefix: str = "") -> str:
    """Return the first violation as one line: key, what is wrong, what is allowed."""
    # A misspelt key usually explains a missing one, so it is reported first.
    first = min(error.errors(include_url=False), key=lambda item: item["type"] != "extra_forbidden")
    # Pydantic marks a wrong key of a mapping by "[key]" after it; the key is the wrong value then.
    location = [part for part in first["loc"] if part != "[key]"] or ["(top level)"]
    *parents, key = location
    models, keys = _follow(kind, parents)
    if first["type"] == "extra_forbidden":
        known = [name for model in models for name in model.model_fields]
        return f"{_dotted(prefix, keys)}: unknown key {str(key)!r}; {_hint(str(key), known)}"
    if first["type"] == "missing":
        return f"{_dotted(prefix, keys)}: key {str(key)!r} is missing"
    _, keys = _follow(kind, location)
    return f"{_dotted(prefix, keys)}: {_message(first)}{_description(kind, location)}"


def _dotted(prefix: str, parts: list[Any]) -> str:
    return ".".join([prefix] * bool(prefix) + [str(part) for part in parts]) or "(top level)"


def _message(item: Any) -> str:
    """Return what is wrong with a value, the value first."""
    value, text = item["input"], item["msg"]
    message = text.removeprefix("Value error, ")
    text = message if message != text else text[0].lower() + text[1:]
    text = re.sub("a valid dictionary( or instance of .*)?$", "a mapping of keys to values", text)
    text = text.removesuffix(" after validation, not 0")
    if isinstance(value, str) and "number" in text and _is_number(value):
        text += "; YAML reads a number only with a dot and a sign in the exponent: write 1.0e-4, not 1e-4"
    return text if isinstance(value, dict | list) else f"{json.dumps(value, default=str)}: {text}"


def _hint(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, 1)
    return f"did you mean {near[0]!r}?" if near else "known keys: " + ", ".join(known)


def _description(kind: type[BaseModel], location: list[Any]) -> str:
    """Return the description of the innermost field on the way to ``location``, such as that of a list's item."""
    for end in range(len(location), 0, -1):
        models, _ = _follow(kind, location[: end - 1])
        key = str(location[end - 1])
        fields = [model.model_fields[key] for model in models if key in model.model_fields]
        if fields:
            return f" ({fields[0].description})" if fields[0].description else ""
    return ""


def _follow(kind: type[BaseModel], location: list[Any]) -> tuple[list[type[BaseModel]], list[Any]]:
    """Return the models that describe a ``location`` inside a ``kind``, and its keys as they appear in the file.

    The two differ where a key selects one of several models: pydantic adds its value to the location.
    """
    models = list(_inside([kind]))
    keys = []
    for part in location:
        selected = [model for model in models if _selects(model, part)]
        annotations = [model.model_fields[str(part)].annotation for model in models if str(part) in model.model_fields]
        models = selected or list(_inside(annotations)) or models
        if not selected:
            keys.append(part)
    return models, keys


def _selects(model: type[BaseModel], value: Any) -> bool:
    return any(typing.get_args(field.annotation) == (value,) for field in model.model_fields.values())


def _inside(annotations: list[Any]) -> Iterator[type[BaseModel]]:
    """Yield the models in (nested) annotations such as ``dict[str, Model] | None``."""
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, RootModel):
            yield from _inside([annotation.model_fields["root"].annotation])
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        else:
            yield from _inside(list(typing.get_args(annotation)))


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models in an annotation such as ``dict[str, Model] | None``."""
    return list(_inside([annotation]))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
