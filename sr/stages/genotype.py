"""Genotype stage: derive the decisions from a search's probabilities."""

from collections.abc import Mapping
from pathlib import Path

from sr.core.config import Params
from sr.core.errors import UserError
from sr.core.formats import load
from sr.methods import registry
from sr.nas.derive import Table, decide, evidence
from sr.nas.genotype import SearchResult, write_genotype
from sr.nas.relaxation import Choice

AGAIN = "Run the search again"


def derive_genotype(params: Params, name: str, probabilities: Path, out: Path) -> dict:
    """Derive the genotype from a search's probabilities and write it with its evidence."""
    model = params.model(name)
    method = registry.find(model.method)
    choices = method.choices(model.network)
    table = load(probabilities, SearchResult, AGAIN).probabilities
    if not _is_of(choices, table):
        raise UserError(f"{probabilities}: not the probabilities of {name}'s search space. {AGAIN}")
    genotype = method.derive(decide(table, choices))
    write_genotype(out, genotype.replace(evidence=evidence(table, choices)))
    return {"model": name, "genotype": genotype.without_evidence()}


def _is_of(choices: Mapping[str, Choice], table: Table) -> bool:
    """Return whether ``table`` has a probability for each option of each choice, in order, and nothing else."""
    return {name: list(row) for name, row in table.items()} == {n: list(c.options) for n, c in choices.items()}
