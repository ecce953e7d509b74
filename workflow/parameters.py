"""Generated descriptions of the parameters: `make parameters` writes them, `--check` only reports what is out of date.

- docs/parameters.md: every key with its bounds, its meaning, its place in the paper, and its value in each preset
- the comments above the keys of params.yaml and of every preset; a remark behind a value is the preset's own and stays
- workflow/schemas/*.schema.json: JSON Schemas of params.yaml and data/sources.yaml, for editors

The sources are the declarations in sr/core/*sections.py, sr/methods/*/schema.py and sr/data/formats.py. The place in
the paper is the remark behind the value in workflow/presets/paper.yaml.
"""

import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sr.core.config import PRESETS, file_type  # noqa: E402
from sr.core.files import write_text  # noqa: E402
from sr.core.method_folders import method_names  # noqa: E402
from sr.data.formats import Registry  # noqa: E402

WIDTH = 120
NAMES = ("paper", "study", "compare", "lite", "demo", "smoke")
KEY = re.compile(r"^( *)([A-Za-z_]\w*):(.*?)(?:  # (.*))?$")
Node = dict[str, Any]
KeyPath = tuple[str, ...]

PAGE = """# Parameters

Every key of `params.yaml` and of the presets in `workflow/presets/`. Made by `make parameters` from the declarations in
`sr/core/file_sections.py`, `sr/core/sections.py` and `sr/methods/*/schema.py`, which also check the file; change the
text there.

"Paper" is the place in the method's paper (DLSR: "A" is its appendix A) that gives the value of the preset `paper`.
"–": the preset has no such key. A variant changes keys of its method; its keys are at the end, and so are those of
another network.

For completion and hints while editing, point your editor at the JSON Schemas. In VS Code with the YAML extension:
`"yaml.schemas": {"workflow/schemas/params.schema.json": ["params.yaml", "workflow/presets/*.yaml"],
"workflow/schemas/sources.schema.json": "data/sources.yaml"}`.
"""


def main() -> int:
    """Write what is out of date; with --check, name it and return 1."""
    stale = {path: text for path, text in generated().items() if not path.is_file() or path.read_text() != text}
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(ROOT)}: out of date. Run: make parameters", file=sys.stderr)
        return bool(stale)
    for path, text in stale.items():
        write_text(path, text)
    return 0


def generated() -> dict[Path, str]:
    """Return the text of every generated file."""
    schema = file_type().model_json_schema()
    root = resolve(schema, schema)
    presets = [PRESETS / f"{name}.yaml" for name in NAMES]
    commented = {path: annotate(path.read_text(), root) for path in [ROOT / "params.yaml", *presets]}
    schemas = {"params": schema, "sources": Registry.model_json_schema()}
    files = {ROOT / "workflow" / "schemas" / f"{name}.schema.json": as_json(value) for name, value in schemas.items()}
    return commented | files | {ROOT / "docs" / "parameters.md": page(root)}


def as_json(value: Any) -> str:
    """Return indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def resolve(node: Any, schema: Node) -> Any:
    """Return a schema with every reference replaced by its target; keys next to the reference win."""
    if isinstance(node, list):
        return [resolve(item, schema) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        return resolve({**target, **{key: value for key, value in node.items() if key != "$ref"}}, schema)
    return {key: resolve(value, schema) for key, value in node.items() if key != "$defs"}


def keys(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node]]:
    """Yield every key of a schema with its node, sections before what they contain, in the order of declaration."""
    for name, below in node.get("properties", {}).items():
        # A section that may be left out is one of two: itself, or nothing.
        section = next((part for part in below.get("anyOf", ()) if "properties" in part), {})
        given = {**section, "description": below["description"]} if section else below
        yield (*path, name), given
        yield from keys(given, (*path, name))


def annotate(text: str, root: Node) -> str:
    """Return a preset with the description of each key as a comment above it; its first lines stay as they are."""
    described = dict(keys(root))
    head, body = text.split("\n\n", 1)
    lines = [line for line in body.splitlines() if not line.lstrip().startswith("#")]
    out: list[str] = []
    for line, path in zip(lines, paths(lines), strict=True):
        if path in described and (comment := describe(described[path])):
            out += wrap(comment, len(line) - len(line.lstrip()))
        out.append(line)
    return head + "\n\n" + "\n".join(out) + "\n"


def paths(lines: list[str]) -> Iterator[KeyPath]:
    """Yield for each line of a preset the path of its key; () for a line without one."""
    above: list[tuple[int, str]] = []
    for line in lines:
        match = KEY.match(line)
        if match:
            above = [(indent, name) for indent, name in above if indent < len(match[1])] + [(len(match[1]), match[2])]
        yield tuple(name for _, name in above) if match else ()


def describe(node: Node) -> str:
    """Return a key's comment: its description, the words that it may be, and the keys of its entries."""
    text = node.get("description", "")
    text = text[:1].upper() + text[1:] + "." * (not text.endswith("."))
    choices = [value for value in node.get("enum", []) if isinstance(value, str) and value not in text]
    if choices:
        text += f" One of {', '.join(node['enum'])}."
    return text


def wrap(comment: str, indent: int) -> list[str]:
    """Return a comment as lines of at most ``WIDTH`` characters."""
    prefix = " " * indent + "# "
    return textwrap.wrap(comment, WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_long_words=False)


def bounds(node: Node) -> str:
    """Return type and bounds of a key in words."""
    if "anyOf" in node:
        return " or ".join(bounds(part) for part in node["anyOf"] if part.get("type") != "null")
    if "enum" in node or "const" in node:
        return ", ".join(f"`{as_value(value)}`" for value in node.get("enum", [node.get("const")]))
    if node.get("type") == "array":
        return f"list: {bounds(node['items'])}"
    if node.get("type") == "object":
        plain = entry(node).get("type") not in (None, "object")
        return f"mapping: {bounds(entry(node))}" if plain else "mapping"
    limits = [("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<")]
    words = [f"{sign} {as_value(node[key])}" for key, sign in limits if key in node]
    words += [f"multiple of {node['multipleOf']}"] if "multipleOf" in node else []
    kind = {"boolean": "`true`, `false`", "string": "text"}.get(node.get("type", ""), node.get("type", "anything"))
    return ", ".join([kind, *words])


def entry(node: Node) -> Any:
    """Return the schema of a mapping's values, whatever the names of its keys may be."""
    others = node.get("additionalProperties")
    return next(iter(node.get("patternProperties", {}).values()), others if isinstance(others, dict) else {})


def section_of(node: Node) -> Node:
    """Return the section among the alternatives that a key may be."""
    if "properties" in node:
        return node
    return next((below for part in node.get("anyOf", ()) if (below := section_of(part))), {})


def page(root: Node) -> str:
    """Return docs/parameters.md."""
    values = {name: yaml.safe_load((PRESETS / f"{name}.yaml").read_text()) for name in NAMES}
    stated = remarks((PRESETS / "paper.yaml").read_text())
    methods = {name: section_of(root["properties"][name]) for name in method_names()}
    common = {name: node for name, node in root["properties"].items() if name not in methods}
    parts = [PAGE, "## Common", table({"properties": common}, (), values, stated)]
    for name, node in methods.items():
        parts += [f"## {name}", table({"properties": node["properties"]}, (name,), values, stated)]
    variant = entry(next(iter(methods.values()))["properties"]["variants"])
    network = entry(root["properties"]["data"]["properties"]["peers"])
    parts += ["## Keys of another network in data.peers", table(network, (), None, {})]
    parts += ["## Keys of its file", table(section_of(network["properties"]["x2"]), (), None, {})]
    parts += ["## Keys of a variant", table(variant, (), None, {}), "## Variants", variants(values, list(methods))]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def table(node: Node, above: KeyPath, values: dict[str, Any] | None, stated: dict[KeyPath, str]) -> str:
    """Return the keys below ``above`` as a table; without ``values``, only their meaning."""
    head = ["Key", "Type and bounds", "Meaning"] + (["Paper", *NAMES] if values else [])
    rows = [head, ["---"] * len(head)]
    for path, below in keys(node, above):
        section = "properties" in below
        row = [
            f"`{'.'.join(path)}`",
            "section" if section else bounds(below),
            below.get("description", "").replace("<", "&lt;"),
        ]
        if values:
            shown = [value_of(values[name], path) for name in NAMES]
            row += ["", *[""] * len(NAMES)] if section else [place(stated, path), *shown]
        rows.append(row)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def remarks(text: str) -> dict[KeyPath, str]:
    """Return the remarks behind the values of a preset."""
    lines = text.splitlines()
    matches = ((path, KEY.match(line)) for line, path in zip(lines, paths(lines), strict=True))
    return {path: match[4] for path, match in matches if match and match[4]}


def place(stated: dict[KeyPath, str], path: KeyPath) -> str:
    """Return the place in the paper of a key, or of the section that it belongs to."""
    for end in range(len(path), 0, -1):
        if path[:end] in stated:
            return stated[path[:end]]
    return "not stated"


def value_of(preset: Any, path: KeyPath) -> str:
    """Return a preset's value of a key; variants are only counted."""
    for name in path:
        if name not in preset:
            return "–"
        preset = preset[name]
    return f"{len(preset)} variants" if path[-1] == "variants" else f"`{as_value(preset)}`"


def as_value(value: Any) -> str:
    """Return a value as YAML on one line, numbers in few characters."""
    if isinstance(value, float):
        return f"{value:g}"
    return yaml.safe_dump(value, default_flow_style=True, width=10**6).removesuffix("\n...\n").strip()


def variants(values: dict[str, Any], methods: list[str]) -> str:
    """Return every variant of every preset with what it changes."""
    rows = ["| Variant | Preset | Changes | Remark |", "| --- | --- | --- | --- |"]
    for name in NAMES:
        notes = remarks((PRESETS / f"{name}.yaml").read_text())
        for method in methods:
            for variant, changes in values[name].get(method, {}).get("variants", {}).items():
                note = notes.get((method, "variants", variant), "")
                rows.append(f"| `{variant}` | {name} | `{as_value(changes)}` | {note} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
