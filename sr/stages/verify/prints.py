"""What the papers' texts say about printed numbers, recomputed from those numbers."""

import importlib

from sr.core.config import Params
from sr.core.method_folders import method_module
from sr.evaluate.verify_formats import Prints
from sr.methods import published

FILE = "data/published.csv"


def check(params: Params) -> Prints:
    """Compare the printed numbers of every paper of the run with each other."""
    frame = published.read(FILE)
    modules = [module for method in params.methods if (module := method_module(method, "statements"))]
    rows = [item for module in modules for item in importlib.import_module(module).statements(frame)]
    return Prints(statements=rows, absent=[])


def lines(document: Prints) -> list[str]:
    """Return a line for each statement."""
    return [
        f"{item.paper}, {item.where}: “{item.statement}”: {item.verdict} "
        f"({sum(part.holds for part in item.comparisons)} of {len(item.comparisons)} comparisons)"
        for item in document.statements
    ]
