"""Complexity: Params and Mult-Adds of a genotype's network."""

from dataclasses import replace

from sr.config import Model
from sr.evaluate.complexity import HR_SIZE, complexity
from sr.methods import base
from sr.nas.genotype import read_genotype


def of_genotype(model: Model, path: str, channels: int | None, scales: list[int]) -> dict:
    """Return the complexity document of a genotype file; ``channels`` replaces the model's width."""
    method = base.find(model.method)
    genotype = read_genotype(path, method.genotype_schema)
    config = method.config(**model.network)
    config = config if channels is None else replace(config, channels=channels)
    counts = complexity(lambda scale: method.network(genotype, config, scale), scales)
    core = {key: value for key, value in genotype.items() if key != "evidence"}
    head = {"model": model.name, "method": model.method, "channels": config.channels, "genotype": core}
    return head | {"hr_size": list(HR_SIZE), "scales": counts}


def summary(document: dict) -> str:
    """Return one line a scale: Params, Mult-Adds and the LR size behind 1280x720."""
    return "\n".join(
        f"{document['model']} x{scale}: {row['params']:,} params, {row['mult_adds'] / 1e9:.3f} G Mult-Adds "
        f"(Conv2d weights only, LR {row['lr_size'][0]}x{row['lr_size'][1]}, HR 1280x720)"
        for scale, row in document["scales"].items()
    )
