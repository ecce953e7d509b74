"""Which code a verb runs, as one digest: a change of it reruns the step, a comment does not.

Snakemake sees the shell line ``python -m sr <verb>`` but not the modules behind it. The digest covers the
verb's module and, transitively, every module of this package that it imports, as syntax trees without
docstrings. Plumbing that moves values without computing any is left out, or every new parameter would
retrain everything.
"""

import ast
from functools import cache
from pathlib import Path

from sr.files import digest

ROOT = Path(__file__).resolve().parents[1]
PLUMBING = {
    "sr.config",
    "sr.energy",
    "sr.errors",
    "sr.files",
    "sr.provenance",
    "sr.schema",
    "sr.train.launch",
    "sr.train.progress",
    "sr.train.signals",
    "sr.train.state",
}


def code_digest(*modules: str) -> str:
    """Return 16 hexadecimal digits for the code of ``modules`` and all that they import from this package."""
    return digest({name: _tree(name) for name in sorted(closure(*modules))})[:16]


def closure(*modules: str) -> set[str]:
    """Return the names of ``modules`` and of what they import from this package, without plumbing."""
    found: set[str] = set()
    queue = list(modules)
    while queue:
        name = queue.pop()
        if name not in found and name not in PLUMBING:
            found.add(name)
            queue += _imports(name)
    return found


def _file(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    return path if path.is_file() else None


@cache
def _parse(module: str) -> ast.Module:
    path = _file(module)
    assert path is not None, module
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _imports(module: str) -> list[str]:
    """Return the package's modules that ``module`` imports anywhere, also inside functions."""
    names = []
    for node in ast.walk(_parse(module)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if name.startswith("sr.") and _file(name)]


@cache
def _tree(module: str) -> str:
    tree = ast.parse(ast.unparse(_parse(module)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
