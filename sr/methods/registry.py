"""Registry of methods: each folder of sr/methods with a network.py, which defines ``METHOD``."""

import importlib
import os

from sr.core.errors import UserError
from sr.core.files import read_json
from sr.core.method_folders import method_names
from sr.methods.method import Method
from sr.nas.genotype import Genotype, check_genotype


def find(name: str) -> Method:
    """Return the method ``name``; raise UserError if there is no such folder."""
    # Checked before the import, because names come from files too, and importing runs code.
    if name not in names():
        raise UserError(f"unknown method {name!r}. Known: {', '.join(names())}")
    return importlib.import_module(f"sr.methods.{name}.network").METHOD


def read_genotype(path: str | os.PathLike) -> Genotype:
    """Return the genotype in ``path`` as its own method's type; raise UserError if it is none."""
    document = read_json(path)
    if not isinstance(document, dict) or not isinstance(document.get("method"), str):
        raise UserError(f"{path}: not a genotype: it names no method. Give the file of a search")
    return check_genotype(document, find(document["method"]).genotype_type, str(path))


def names() -> list[str]:
    """Return the names of all methods in the package."""
    return method_names()
