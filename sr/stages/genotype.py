"""Genotype stage: derive the decisions from a search's probabilities."""

import csv
from collections.abc import Mapping
from pathlib import Path

from sr.core.config import Params
from sr.core.errors import UserError
from sr.core.formats import load, parse
from sr.methods import registry
from sr.nas.cost import LimitedResult, most_probable
from sr.nas.derive import Table, decide, evidence
from sr.nas.genotype import write_genotype
from sr.nas.relaxation import Choice

AGAIN = "Run the search again"
SCALE = 2  # both papers search on x2


def derive_genotype(params: Params, name: str, source: Path, out: Path, step: int | None = None) -> dict:
    """Derive the genotype from a search's probabilities and write it with its evidence.

    ``source``: the result of the search, or, with ``step``, its history, which must have a row of that step. If the
    search had a limit on the cost, the genotype is the most probable one within it.
    """
    model = params.model(name)
    if step is not None and model.search.cost != "none":
        raise UserError("--history: has no costs, and search.cost limits them. Give --probabilities")
    method = registry.find(model.method)
    choices = method.choices(model.network)
    result = load(source, LimitedResult, AGAIN) if step is None else _at_step(source, step, name)
    table = result.probabilities
    if not _is_of(choices, table):
        raise UserError(f"{source}: not the probabilities of {name}'s search space. {AGAIN}")
    decisions = most_probable(table, choices, result.limit) if result.limit else decide(table, choices)
    if decisions is None:
        raise UserError(f"{source}: no network is within its limit. {AGAIN}")
    genotype = method.derive(decisions)
    write_genotype(out, genotype.replace(evidence=evidence(table, choices, decisions)))
    facts = {"model": name, "genotype": genotype.without_evidence(), "step": result.steps}
    return facts | ({"cost": result.limit.costs.of(decisions)} if result.limit else {})


def _at_step(history: Path, step: int, name: str) -> LimitedResult:
    """Return what a search would have given after ``step`` steps; raise UserError if its history has no such row."""
    rows = _rows(history)
    if step not in rows:
        nearest = ", ".join(map(str, sorted(rows, key=lambda other: abs(other - step))[:3]))
        raise UserError(f"{history}: no row of step {step}. Give --step one of its rows, such as {nearest}")
    table: dict[str, dict[str, float]] = {}
    for column, value in rows[step].items():
        choice, _, option = column.partition(".")
        if option and choice != "entropy":
            table.setdefault(choice, {})[option] = value
    content = {"model": name, "scale": SCALE, "steps": step, "probabilities": table}
    return parse(content, LimitedResult, str(history), AGAIN)


def _rows(history: Path) -> dict[int, dict[str, float]]:
    """Return the rows of a search's history by step."""
    try:
        with open(history, newline="", encoding="utf-8") as stream:
            rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(stream)]
        return {int(row["step"]): row for row in rows}
    except FileNotFoundError:
        raise UserError(f"{history}: no such file. Give the history of a search") from None
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise UserError(f"{history}: not the history of a search ({error}). {AGAIN}") from None


def _is_of(choices: Mapping[str, Choice], table: Table) -> bool:
    """Return whether ``table`` has a probability for each option of each choice, in order, and nothing else."""
    return {name: list(row) for name, row in table.items()} == {n: list(c.options) for n, c in choices.items()}
