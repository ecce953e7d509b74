"""Digest of the code that a stage runs: a change of what it computes reruns the step, a change of wording does not.

Snakemake sees the shell line ``python -m sr <verb>`` but not the modules behind it. The digest covers every module of
this package that the verb's module imports, transitively. Two things are left out by construction:

- the rooms ``sr.core`` and ``sr.cli``, which move, check and record values but compute none;
- in all other rooms whatever only speaks to people: comments, docstrings, and the texts of exceptions, warnings and
  printed lines.
"""

import ast
from functools import cache
from pathlib import Path

from sr.core.files import digest

ROOT = Path(__file__).resolve().parents[2]
# Rooms outside every digest. The modules of the command line are still followed to what they import.
OUTSIDE = ("sr.core", "sr.cli")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# Calls whose arguments are text for people.
SPEAKING = {"print", "warn", "UserError", "memory", "diverged"}
# Arguments of any call that are text for people: of a field in a file format, of its loader, of a progress bar.
SPOKEN = {"description", "remedy", "desc"}


def code_digest(*modules: str) -> str:
    """Return 16 hexadecimal digits for the code of ``modules`` and all that they import from this package."""
    return digest({name: _tree(name) for name in sorted(closure(*modules))})[:16]


def closure(*modules: str) -> set[str]:
    """Return the names of ``modules`` and of what they import from this package, without the rooms outside."""
    seen: set[str] = set()
    queue = list(modules)
    while queue:
        name = queue.pop()
        if name not in seen and _room(name) != "sr.core":
            seen.add(name)
            queue += _imports(name)
    return {name for name in seen if _room(name) not in OUTSIDE}


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _file(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    return path if path.is_file() else None


def _imports(module: str) -> list[str]:
    """Return the package's modules that ``module`` imports anywhere, also inside functions."""
    return _read(module)[0]


def _tree(module: str) -> str:
    """Return the syntax tree of ``module`` without what speaks to people only."""
    return _read(module)[1]


@cache
def _read(module: str) -> tuple[list[str], str]:
    """Return the imports and the silent tree of a module, parsed once: most of a dry run is spent here."""
    path = _file(module)
    assert path is not None, module
    tree, names = ast.parse(path.read_text(encoding="utf-8")), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in names if name.startswith("sr.") and _file(name)], ast.dump(_Silent().visit(tree))


class _Silent(ast.NodeTransformer):
    """Remove from a syntax tree all that speaks to people only."""

    def visit(self, node: ast.AST) -> ast.AST:
        """Drop the docstring of a module, class or function, then go on below it."""
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
        return super().visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:  # noqa: N802 - the name that ast looks for
        """Keep which exception is raised, not its text."""
        if isinstance(node.exc, ast.Call):
            node.exc = node.exc.func
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802
        """Keep that something is said, not what."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in SPEAKING:
            node.args, node.keywords = [], []
        node.keywords = [keyword for keyword in node.keywords if keyword.arg not in SPOKEN]
        return self.generic_visit(node)
