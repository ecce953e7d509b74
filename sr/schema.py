"""The closed schema of params.yaml, and violations of any schema put into one line for the user."""

import copy
import difflib
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from sr.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = ROOT / "workflow" / "schemas"


def refuse(value: Any, schema: dict[str, Any], source: str, prefix: str = "") -> None:
    """Raise UserError if ``value`` does not fit ``schema``, naming ``source`` and the key below ``prefix``."""
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(value))
    if error is not None:
        raise UserError(f"{source}: {_explain(error, prefix)}")


def read_yaml(path: str | os.PathLike) -> Any:
    """Return a YAML file's content; raise UserError if it is missing, no YAML, or has a key twice."""
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), _UniqueKeyLoader)
    except FileNotFoundError:
        raise UserError(f"{path}: no such parameter file. Copy one from workflow/presets/") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None


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


def method_names() -> list[str]:
    """Return the modules of sr/methods that define a METHOD, found without importing them (and torch)."""
    files = (ROOT / "sr" / "methods").glob("*.py")
    return sorted(path.stem for path in files if re.search(r"^METHOD\b", path.read_text(encoding="utf-8"), re.M))


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML takes the last of two equal keys in silence; a parameter file must not."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Refuse a key that stands twice."""
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


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
