"""Registry of methods: each folder of sr/methods with a network.py, which defines ``METHOD``."""

import importlib

from sr.core.errors import UserError
from sr.core.method_folders import method_names
from sr.methods.method import Method


def find(name: str) -> Method:
    """Return the method ``name``; raise UserError if there is no such folder."""
    # Checked before the import, because names come from files too, and importing runs code.
    if name not in names():
        raise UserError(f"unknown method {name!r}. Known: {', '.join(names())}")
    return importlib.import_module(f"sr.methods.{name}.network").METHOD


def names() -> list[str]:
    """Return the names of all methods in the package."""
    return method_names()
