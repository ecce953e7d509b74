"""Folders of sr/methods: which methods there are, and which optional modules each has.

Needs nothing but the standard library, and imports no method.
"""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "methods"


def method_names() -> list[str]:
    """Return the folders of sr/methods that have a network.py, sorted."""
    return sorted(path.parent.name for path in FOLDER.glob("*/network.py"))


def method_module(method: str, part: str) -> str | None:
    """Return the name of a method's module ``part`` ("tables", "diagram"), or None if its folder has none."""
    return f"sr.methods.{method}.{part}" if (FOLDER / method / f"{part}.py").is_file() else None
