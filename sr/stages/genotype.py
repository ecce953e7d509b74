"""Genotype: read the decisions off a search's probabilities."""

from pathlib import Path

from sr.config import Params
from sr.errors import UserError
from sr.files import read_json, write_json
from sr.methods import base
from sr.nas.derive import decide, evidence


def derive_genotype(params: Params, name: str, probabilities: Path, out: Path) -> dict:
    """Derive the genotype from a search's probabilities and write it with its evidence."""
    model = params.model(name)
    method = base.find(model.method)
    choices = method.choices(method.configure(model.network))
    table = read_json(probabilities).get("probabilities", {})
    if {k: list(v) for k, v in table.items()} != {k: list(c.options) for k, c in choices.items()}:
        raise UserError(f"{probabilities}: not the probabilities of {name}'s search space. Run the search again")
    genotype = method.genotype(decide(table, choices))
    write_json(out, genotype | {"evidence": evidence(table, choices)})
    return {"model": name, "genotype": genotype}
