"""Drawings of genotypes: Figure 4 of DLSR, the blocks of MRAN; the genotype says which."""

import os
from pathlib import Path
from typing import Any

from sr.core.errors import UserError
from sr.core.files import read_json
from sr.methods.dlsr import diagram as diagram_dlsr
from sr.methods.mran import diagram as diagram_mran
from sr.plot.style import save, style
from sr.report.run import formats as documents

METHODS = {"dlsr": diagram_dlsr, "mran": diagram_mran}


def write_diagram(genotype: str | os.PathLike, out: str | os.PathLike) -> list[Path]:
    """Draw the genotype in a JSON file to ``out``.png, .svg and .pdf; return the three paths."""
    found = _checked(read_json(genotype), genotype)
    with style():
        return save(METHODS[found["method"]].draw(found), out)


def _checked(genotype: Any, path: str | os.PathLike) -> dict[str, Any]:
    """Return ``genotype`` if it can be drawn; raise UserError that says which part cannot."""
    if not isinstance(genotype, dict) or not {"format", "method"} <= genotype.keys():
        raise UserError(f"{path}: not a genotype (keys format, method). Give the file of a search")
    if genotype["format"] != 1 or genotype["method"] not in list(METHODS):
        kind = f"format {genotype['format']!r}, method {genotype['method']!r}"
        raise UserError(f"{path}: no drawing for {kind}. Known: format 1, method {', '.join(METHODS)}")
    documents.check(genotype, documents.GENOTYPE, path)
    documents.evidence(genotype, path)
    METHODS[genotype["method"]].check(genotype, path)
    return genotype
