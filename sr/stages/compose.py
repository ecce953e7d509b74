"""Genotypes that no search gives as they are: drawn at random, or with parts that params.yaml replaces."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import torch

from sr.core.config import Model, Params
from sr.core.errors import UserError
from sr.core.file_sections import RandomGenotypes
from sr.core.files import SHARE
from sr.core.genotype_files import given_genotype
from sr.evaluate.complexity import mult_adds, parameters
from sr.methods import registry
from sr.methods.cost_table import read_table
from sr.methods.method import Method
from sr.nas.cost import Costs, Decisions
from sr.nas.derive import decide
from sr.nas.genotype import Genotype, check_genotype, read_genotype, write_genotype
from sr.nas.random_genotype import TRIES, draw

SCALE = 2  # both papers search on x2


def compose(
    params: Params,
    name: str,
    base: Path | None,
    like: Sequence[tuple[str, Path]],
    out: Path,
    cost: Path | None = None,
) -> dict:
    """Write the genotype of a model: that in ``base``, or one drawn at random, with the model's own parts.

    ``like``: the models, and their genotype files, whose mean size a random one must have. ``cost``: the table of
    latencies that measures it, if that is the size.
    """
    model = params.model(name)
    method = registry.find(model.method)
    genotype = read_genotype(base, method.genotype_type) if base else None
    if model.random:
        if base or bool(like) != bool(model.random.like):
            raise UserError(
                f"{name}: drawn at random. Give no --base, and --like exactly if params.yaml has random.like"
            )
        if bool(cost) != (model.random.by == "latency"):
            raise UserError(f"{name}: drawn by {model.random.by}. Give --cost exactly for one drawn by latency")
        costs = read_table(cost, method.name, model.network).costs if cost else None
        others = [(params.model(other), file, read_genotype(file, method.genotype_type)) for other, file in like]
        sizes = [
            costs.of(_kept(file, g)) if costs else _size(other, method, g, model.random.by) for other, file, g in others
        ]
        genotype = _drawn(model, method, model.random, fmean(sizes) if sizes else None, costs)
    elif genotype is None:
        raise UserError(f"{name}: not drawn at random. Give the genotype to change with --base")
    genotype = changed(model, method, genotype)
    size = _size(model, method, genotype, "params")  # fails if the parts do not fit the network
    write_genotype(out, genotype)
    return {"model": name, "genotype": genotype.without_evidence(), "params": size}


def changed(model: Model, method: Method, genotype: Genotype) -> Genotype:
    """Return ``genotype`` with the parts that the model replaces; raise UserError if these are none of it."""
    if not model.genotype:
        return genotype
    source = f"params.yaml: {model.method}.variants.{model.name}"
    return check_genotype({**genotype.without_evidence(), **model.genotype}, method.genotype_type, source)


def stand_in(model: Model) -> Genotype:
    """Return a genotype before any search: the published or fitted one if the network takes it, else any."""
    method = registry.find(model.method)
    try:
        file = SHARE / given_genotype(model.name, model.method)
        genotype = changed(model, method, read_genotype(file, method.genotype_type))
        _size(model, method, genotype, "params")
        return genotype
    except UserError:
        arch = method.supernet(model.network, SCALE).arch
        return method.derive(decide(arch.table(), arch.choices))


def _kept(file: Path, genotype: Genotype) -> Decisions:
    """Return what a search kept of each choice."""
    if genotype.evidence is None:
        raise UserError(f"{file}: does not say what its search kept, so it has no latency. Give the result of a search")
    return {name: decision.kept for name, decision in genotype.evidence.items()}


def _drawn(model: Model, method: Method, how: RandomGenotypes, target: float | None, costs: Costs | None) -> Genotype:
    """Return the model's random genotype, after its changes within the bound around ``target``.

    ``costs`` measure it, or else its parameters or Mult-Adds are counted.
    """

    def accepted(genotype: Genotype, decisions: Decisions) -> bool:
        if target is None:
            return True
        size = costs.of(decisions) if costs else _size(model, method, changed(model, method, genotype), how.by)
        return abs(size - target) <= how.within / 100 * target

    stream = f"{model.method}/{model.seed}"
    genotype = draw(method.derive, method.choices(model.network), stream, accepted)
    if genotype is None:
        size = f"{target:,.1f} ms" if costs else f"{target:,.0f} {how.by}"
        raise UserError(
            f"{model.name}: {TRIES:,} random genotypes, none within {how.within:g} % of {size}. Raise random.within"
        )
    return genotype


def _size(model: Model, method: Method, genotype: Genotype, by: str) -> int:
    """Return the parameters or Mult-Adds of a model's network at x2."""
    with torch.device("meta"):
        network = method.network(genotype, model.network, SCALE)
    return parameters(network) if by == "params" else mult_adds(network, SCALE)
