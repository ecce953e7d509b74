"""Names and phrases that the project has replaced: none may come back."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.repository import REPO

CODE = [path for folder in ("sr", "workflow", "benchmarks") for path in sorted((REPO / folder).rglob("*.py"))]
SUFFIXES = {".py", ".smk", ".md", ".yaml", ".csv", ".sh", ".html", ".j2", ".css", ".js", ""}
TEXTS = [
    *(path for folder in ("sr", "workflow", "docs") for path in sorted((REPO / folder).rglob("*")) if path.is_file()),
    *(REPO / name for name in ("README.md", "Makefile", "Snakefile", "params.yaml", "dvc.yaml", "data/published.csv")),
]

# A participle or an adverb says nothing about the value: name the thing.
VARIABLES = {"told", "said", "found", "there", "own", "wanted", "made"}
CLASSES = {"Keeper", "Seat", "Peers", "Meter", "Watch", "Mean", "Pair", "Sheet"}
FUNCTIONS = {"refuse", "must_be_finite", "_refuse_dead"}
# Steps of a pass over an image in tiles (sr.ops.context).
PASSES = {"look", "whole", "gather", "conclude", "serve", "settle", "enter"}
MODULES = {
    *("checkpoint", "costs", "documents", "evidence", "facing", "identity", "inputs", "jobs", "labels", "noise"),
    *("notes", "resident", "shapes", "sheet", "state", "store", "uncertainty"),
}
VERBS = {"calibrate", "collect", "compare", "complexity", "draw", "figure", "operations", "pack", "summary"}
PHRASES = [
    "anew",
    "as a question between two steps",
    "depends on which images they are",
    "either complete or absent",
    "is there already",
    "lies? beside",
    "lies? in this folder",
    "lost in the text at hand",
    "Names beside dots",
    "nobody",
    "not a model's card",
    "of no use",
    "so far to trust it",
    "stands? in",
    "the honest part",
    "the reason stands",
    "the set it is",
    "told",
    "weights for constants",
    "which is the user's to mend",
]


def names(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield (line, kind, name) of every variable, function and class that a module defines; fields are no variables."""
    fields: list[ast.expr] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            fields += [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
            yield node.lineno, "class", node.name
        elif isinstance(node, ast.FunctionDef):
            yield node.lineno, "function", node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, "variable", node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node not in fields:
            yield node.lineno, "variable", node.id


@pytest.mark.parametrize(("kind", "replaced"), [("variable", VARIABLES), ("class", CLASSES), ("function", FUNCTIONS)])
def test_no_definition_has_a_replaced_name(kind: str, replaced: set[str]) -> None:
    uses = [(path, line, name) for path in CODE for line, of, name in names(path) if of == kind and name in replaced]
    assert [f"{path.relative_to(REPO)}:{line}: {name}" for path, line, name in uses] == []


def test_a_device_is_called_device() -> None:
    pattern = re.compile(r"\bplace: (torch\.)?device\b|\bdevice\.prepare\b")
    assert [str(path.relative_to(REPO)) for path in CODE if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_passes_over_an_image_have_the_fields_names() -> None:
    assert [name for _, kind, name in names(REPO / "sr/ops/context.py") if kind == "function" and name in PASSES] == []


def test_no_module_has_a_replaced_name() -> None:
    assert [str(path) for path in (REPO / "sr").rglob("*.py") if path.stem in MODULES] == []


def test_no_verb_has_a_replaced_name() -> None:
    assert {path.stem for path in (REPO / "sr" / "cli").glob("*.py")} & VERBS == set()
    call = re.compile(rf"(python -m sr|rule) ({'|'.join(sorted(VERBS))})\b")
    assert [str(path.relative_to(REPO)) for path in texts() if call.search(path.read_text(encoding="utf-8"))] == []


def texts() -> list[Path]:
    """Return the text files of code, workflow and documentation."""
    return [path for path in TEXTS if path.suffix in SUFFIXES and "__pycache__" not in path.parts]


def test_no_text_has_a_replaced_phrase() -> None:
    pattern = re.compile(rf"\b({'|'.join(PHRASES)})\b", re.I)
    rows = [(path, *row) for path in texts() for row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)]
    uses = [f"{path.relative_to(REPO)}:{number}: {line.strip()}" for path, number, line in rows if pattern.search(line)]
    assert uses == []
