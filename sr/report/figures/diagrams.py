"""Drawing of a genotype, by its method's own ``diagram.py`` or as a list of choices."""

import importlib
import os
from pathlib import Path

from sr.core.method_folders import method_module
from sr.methods.registry import read_genotype
from sr.plot.style import save, style


def write_diagram(genotype: str | os.PathLike, out: str | os.PathLike) -> list[Path]:
    """Draw the genotype in a JSON file to ``out``.png, .svg and .pdf; return the three paths."""
    checked = read_genotype(genotype)
    module = method_module(checked.method, "diagram") or "sr.methods.diagram"
    with style():
        return save(importlib.import_module(module).draw(checked), out)
