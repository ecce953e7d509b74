"""Genotype: read the decisions off a search's probabilities."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sr.core.config import Params
from sr.core.errors import UserError
from sr.core.files import read_json, write_json
from sr.methods import registry
from sr.nas.derive import decide, evidence
from sr.nas.relaxation import Choice


def derive_genotype(params: Params, name: str, probabilities: Path, out: Path) -> dict:
    """Derive the genotype from a search's probabilities and write it with its evidence."""
    model = params.model(name)
    method = registry.find(model.method)
    choices = method.choices(model.network)
    document = read_json(probabilities)
    table: Any = document.get("probabilities") if isinstance(document, dict) else None
    if not _fits(table, choices):
        raise UserError(f"{probabilities}: not the probabilities of {name}'s search space. Run the search again")
    genotype = method.genotype(decide(table, choices))
    write_json(out, genotype | {"evidence": evidence(table, choices)})
    return {"model": name, "genotype": genotype}


def _fits(table: Any, choices: Mapping[str, Choice]) -> bool:
    """Return whether ``table`` has a probability for each option of each choice, and nothing else."""
    if not (isinstance(table, dict) and all(isinstance(chances, dict) for chances in table.values())):
        return False
    if {k: list(v) for k, v in table.items()} != {k: list(c.options) for k, c in choices.items()}:
        return False
    return all(isinstance(p, int | float) and 0 <= p <= 1 for chances in table.values() for p in chances.values())
