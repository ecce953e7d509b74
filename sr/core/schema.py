"""The closed schema of params.yaml, and violations of any schema put into one line for the user."""

import copy
import difflib
import math
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from sr.core.errors import UserError
from sr.core.files import bounded
from sr.core.method_folders import method_names

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "workflow" / "schemas"


def first_error(value: Any, schema: Mapping[str, Any]) -> jsonschema.ValidationError | None:
    """Return what is most clearly wrong with ``value`` by ``schema``, or None.

    Stricter than JSON Schema in what Python would take for the same: 2.0 and true are no integers, nan and inf no
    numbers, and ``$`` in a pattern is the end, not a last line break.
    """
    return jsonschema.exceptions.best_match(_Validator(schema).iter_errors(value))


def refuse(value: Any, schema: dict[str, Any], source: str, prefix: str = "") -> None:
    """Raise UserError if ``value`` does not fit ``schema``, naming ``source`` and the key below ``prefix``."""
    error = first_error(value, schema)
    if error is not None:
        raise UserError(f"{source}: {_explain(error, prefix)}")


def read_yaml(path: str | os.PathLike) -> Any:
    """Return a YAML file's content; raise UserError if it is missing, no YAML, or has a key twice."""
    try:
        return parse_yaml(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such parameter file. Copy one from workflow/presets/") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions") from None
    except ValueError as error:
        raise UserError(f"{path}: not valid YAML: {error}") from None


def parse_yaml(text: str) -> Any:
    """Return the content of a YAML text; raise ValueError if it is none, has a key twice, or is absurdly large."""
    try:
        return bounded(yaml.load(text, _UniqueKeyLoader))
    except RecursionError:
        raise ValueError("too many levels of nesting") from None
    except (yaml.YAMLError, ValueError, KeyError, AttributeError) as error:
        # A tag or a date that does not fit its text comes as one of the others: `!!bool x`, 2001-99-99.
        raise ValueError(" ".join(str(error).split())) from None


@cache
def params_schema() -> dict[str, Any]:
    """Return the schema of params.yaml: the common one, with a section for each method of the package.

    A method's ``network`` is closed and bounded by schemas/methods/<name>.schema.yaml. Without that file, the
    method's own dataclass still refuses unknown and missing keys, but only when a network is built.
    """
    schema = yaml.safe_load((SCHEMAS / "params.schema.yaml").read_text(encoding="utf-8"))
    for name in method_names():
        file = SCHEMAS / "methods" / f"{name}.schema.yaml"
        section = copy.deepcopy(schema["$defs"]["method"])
        network = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {"type": "object"}
        section["properties"]["network"] = network
        schema["properties"][name] = section | {"$defs": schema["$defs"]}
    schema["properties"]["methods"]["items"] = {"enum": method_names()}
    schema["properties"]["data"]["properties"]["releases"]["propertyNames"] = {"enum": method_names()}
    schema["required"] += method_names()
    return schema


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML takes the last of two equal keys in silence; a parameter file must not."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Refuse a key that stands twice."""
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _is_integer(_: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(_: Any, value: Any) -> bool:
    return _is_integer(_, value) or (isinstance(value, float) and math.isfinite(value))


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield jsonschema.ValidationError(f"{value!r} does not match {pattern!r}")


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    {"pattern": _pattern},
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_integer, "number": _is_finite}
    ),
)


def _explain(error: jsonschema.ValidationError, prefix: str) -> str:
    """Put a schema violation into one line: key, what is wrong, what is allowed."""
    where = ".".join([prefix] * bool(prefix) + [str(part) for part in error.absolute_path]) or "(top level)"
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
