"""YAML files, read strictly: no key twice, and nothing that YAML 1.1 and 1.2 read differently.

PyYAML reads by YAML 1.1, in which 010 is 8 and 1:30 is 90; DVC reads the same params.yaml by YAML 1.2.
"""

import os
import re
from pathlib import Path
from typing import Any

import yaml

from sr.core.errors import UserError
from sr.core.files import bounded

# What a plain scalar must look like if YAML 1.1 takes it for one of these types; a date never has such a form.
FORMS = {
    "tag:yaml.org,2002:int": r"[-+]?(0|[1-9][0-9]*)",
    "tag:yaml.org,2002:float": r"[-+]?((0|[1-9][0-9]*)?\.[0-9]*([eE][-+]?[0-9]+)?|\.(inf|Inf|INF)|\.(nan|NaN|NAN))",
    "tag:yaml.org,2002:bool": r"true|True|TRUE|false|False|FALSE",
    "tag:yaml.org,2002:timestamp": r"(?!)",
    # 0o10 is text in YAML 1.1 and 8 in YAML 1.2.
    "tag:yaml.org,2002:str": r"(?!0o[0-7]+$).*",
}


def read_yaml(path: str | os.PathLike, missing: str = "no such file. Check the path") -> Any:
    """Return a YAML file's content; raise UserError if it is missing, not YAML, ambiguous, or has a key twice."""
    try:
        return parse_yaml(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: {missing}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions") from None
    except ValueError as error:
        raise UserError(f"{path}: not valid YAML: {error}") from None


def parse_yaml(text: str) -> Any:
    """Return the content of a YAML text; raise ValueError if it is not YAML, ambiguous, or absurdly large."""
    try:
        return bounded(yaml.load(text, _StrictLoader))
    except RecursionError:
        raise ValueError("too many levels of nesting") from None
    except (yaml.YAMLError, ValueError, KeyError, AttributeError) as error:
        # A tag or a date that does not fit its text raises one of the others: `!!bool x`, 2001-99-99.
        raise ValueError(" ".join(str(error).split())) from None


class _StrictLoader(yaml.SafeLoader):
    """Refuse a key that occurs twice, of which YAML itself silently takes the last, and ambiguous scalars."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """Return the mapping of ``node``."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, dict | list | set):  # which the base class refuses
                if key in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"key {key!r} occurs twice", node.start_mark)
                seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        """Return the text of ``node``."""
        plain = isinstance(node, yaml.ScalarNode) and not node.style
        if plain and not re.fullmatch(FORMS.get(node.tag, ".*"), node.value, re.DOTALL):
            reason = f"{node.value} means different things in YAML 1.1 and 1.2; write a plain decimal number, true or "
            raise yaml.constructor.ConstructorError(None, None, f"{reason}false, or quote the text", node.start_mark)
        return super().construct_scalar(node)
