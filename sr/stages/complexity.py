"""Complexity: Params and Mult-Adds of a genotype's network, of single operations, and of the papers' models."""

from dataclasses import replace
from pathlib import Path

import torch

from sr.core.config import Model, Params
from sr.core.errors import UserError
from sr.core.files import write_json
from sr.evaluate.complexity import HR_SIZE, complexity, mult_adds, parameters
from sr.methods import registry
from sr.nas.genotype import read_genotype


def of_genotype(model: Model, path: str, channels: int | None, scales: list[int]) -> dict:
    """Return the complexity document of a genotype file; ``channels`` replaces the model's width."""
    method = registry.find(model.method)
    genotype = read_genotype(path, method.genotype_schema)
    config = method.configure(model.network)
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


def of_operations(name: str, channels: int) -> dict:
    """Return Params and x2 Mult-Adds of each candidate operation of a method at ``channels`` (DLSR Table 1)."""
    counts = {}
    for operation, make in registry.find(name).primitives.items():
        with torch.device("meta"):
            module = make(channels)
        counts[operation] = {"params": parameters(module), "mult_adds": mult_adds(module, 2, channels)}
    return {"method": name, "channels": channels, "operations": counts}


def of_models(params: Params, name: str, genotype_path: str, only: list[str] | None = None) -> dict:
    """Return Params and Mult-Adds of every model of method ``name`` in ``params``, or of some, with one genotype."""
    rows = []
    chosen = [params.model(other) for other in only] if only else params.models.values()
    for model in chosen:
        if model.method == name:
            counts = of_genotype(model, genotype_path, None, sorted(model.scales))["scales"]
            rows += [{"model": model.name, "scale": int(scale), **row} for scale, row in counts.items()]
    return {"method": name, "genotype": str(genotype_path), "rows": rows}


def count_models(params: Params, name: str, genotypes: list[str], folder: str) -> dict:
    """Write ``folder``/<model>.json for every MODEL=FILE in ``genotypes``; raise UserError for another method's."""
    for pair in genotypes:
        model_name, _, path = pair.partition("=")
        model = params.model(model_name)
        if model.method != name or not path:
            raise UserError(f"--genotypes {pair}: not MODEL=FILE with a model of {name}")
        write_json(Path(folder) / f"{model_name}.json", of_genotype(model, path, None, sorted(model.scales)))
    return {"method": name, "models": len(genotypes)}
