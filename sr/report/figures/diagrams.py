"""Diagram of a genotype, by its method's own ``diagram.py`` or as a list of choices."""

import importlib
import os
from pathlib import Path

from sr.core.method_folders import method_module
from sr.methods import diagram
from sr.plot.style import save, style


def write_diagram(genotype: str | os.PathLike, out: str | os.PathLike) -> list[Path]:
    """Draw the genotype in a JSON file to ``out``.png, .svg and .pdf; return the three paths."""
    # Imported here, because a genotype's type is declared with its network, and importing torch takes seconds.
    from sr.methods.registry import read_genotype

    checked = read_genotype(genotype)
    module = method_module(checked.method, "diagram")
    draw = importlib.import_module(module).draw if module else diagram.draw
    with style():
        return save(draw(checked), out)
