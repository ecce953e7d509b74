"""The closed schema of params.yaml, and violations of any schema put into one line for the user."""

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

from sr.core.errors import UserError
from sr.core.files import ROOT, parse_yaml, read_yaml  # noqa: F401 - for modules that still import them from here

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
