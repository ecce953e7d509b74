"""Genotype files of a run's models, relative to the repository."""

from collections.abc import Mapping

from sr.core import repeats
from sr.core.files import SHARE
from sr.core.model import Model


def given_genotype(name: str, method: str) -> str:
    """Return the genotype file, relative to the repository, of a model that does not retrain a searched one."""
    file = f"data/genotypes/{repeats.base_of(name)}.json"
    return file if (SHARE / file).is_file() else f"data/genotypes/{method}.json"


def genotype_file(models: Mapping[str, Model], name: str) -> str:
    """Return the genotype file, relative to the repository, that the training of a model uses."""
    model = models[name]
    if model.repeats:
        return genotype_file(models, model.repeats)
    return f"results/genotype/{name}.json" if model.composed else base_genotype(model)


def base_genotype(model: Model) -> str:
    """Return the genotype file of a search or of ``data/genotypes``, before what a model changes of it."""
    searched = model.retrain.genotype == "searched"
    return f"results/genotype/{model.genotype_of}.json" if searched else given_genotype(model.name, model.method)


def alike(models: Mapping[str, Model], name: str) -> list[str]:
    """Return the models whose mean size a random genotype must have: one, or all repetitions of its search."""
    how = models[name].random
    return repeats.of(models, how.like) if how and how.like else []


def ranked(models: Mapping[str, Model]) -> dict[str, list[str]]:
    """Return the models whose order a supernet is asked for, by the model whose search made it.

    These are the random draws as large as its genotype, at its own size and budget, and all repetitions of the search.
    """
    groups: dict[str, list[str]] = {}
    for name, model in models.items():
        like = model.random.like if model.random else None
        if like is not None and models[like].searches and same_training(model, models[like]):
            groups.setdefault(like, repeats.of(models, like)).append(name)
    return groups


def same_training(model: Model, other: Model) -> bool:
    """Return whether two models differ in nothing but the genotype and the seed."""
    budget = model.retrain.replace(genotype=other.retrain.genotype)
    return (model.network, model.train, budget) == (other.network, other.train, other.retrain)
