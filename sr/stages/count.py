"""Params and Mult-Adds of models, of candidate operations, and of a paper's models at the paper's sizes."""

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import nn

from sr.core.config import Model, Params
from sr.evaluate.complexity import mult_adds, parameters
from sr.evaluate.formats import Counts, ModelCounts, OperationCounts, ReferenceCounts, ReferenceRow, ScaleCounts
from sr.evaluate.network_counts import network_counts
from sr.evaluate.output_size import HR_SIZE
from sr.methods import registry
from sr.nas.genotype import read_genotype

CountsDocument = ModelCounts | OperationCounts | ReferenceCounts
OPERATION_SCALE = 2  # as in DLSR's Table 1


def count_networks(
    params: Params, genotypes: Mapping[str, str], scales: list[int] | None = None, channels: int | None = None
) -> list[ModelCounts]:
    """Return the counts of each model of ``genotypes`` ({model: genotype file}).

    ``scales`` and ``channels`` replace the scales and the width of the models.
    """
    return [count_network(params.model(name), path, scales, channels) for name, path in genotypes.items()]


def count_network(model: Model, path: str, scales: list[int] | None = None, channels: int | None = None) -> ModelCounts:
    """Return the counts of one model with the genotype in the file ``path``."""
    method = registry.find(model.method)
    genotype = read_genotype(path, method.genotype_type)
    config = model.network
    if channels is not None:
        config = method.configure({**dict(config), "channels": channels})
    return ModelCounts(
        model=model.name,
        method=model.method,
        genotype=genotype.without_evidence(),
        hr_size=list(HR_SIZE),
        scales=network_counts(lambda scale: method.network(genotype, config, scale), scales or sorted(model.scales)),
    )


def count_operations(method: str, channels: int) -> OperationCounts:
    """Return Params and x2 Mult-Adds of each candidate operation of ``method`` at ``channels`` (DLSR Table 1)."""
    counts = {name: _count_operation(make, channels) for name, make in registry.find(method).primitives.items()}
    return OperationCounts(method=method, channels=channels, operations=counts)


def _count_operation(make: Callable[[int], nn.Module], channels: int) -> Counts:
    with torch.device("meta"):
        operation = make(channels)
    return Counts(params=parameters(operation), mult_adds=mult_adds(operation, OPERATION_SCALE, channels))


def count_reference(params: Params, method: str, path: str, models: Iterable[str] | None = None) -> ReferenceCounts:
    """Return the counts of the models of ``method`` in ``params``, all with the genotype in the file ``path``.

    ``params`` has the paper's sizes; ``models`` limits the counts to these models of the method.
    """
    registry.find(method)  # rejects an unknown name, which would count nothing
    chosen = [params.model(name) for name in models] if models else list(params.models.values())
    rows = [
        ReferenceRow(model=model.name, scale=int(scale), **counts.model_dump())
        for model in chosen
        if model.method == method
        for scale, counts in count_network(model, path).scales.items()
    ]
    return ReferenceCounts(method=method, genotype=path, rows=rows)


def summary(document: CountsDocument) -> str:
    """Return one line per network or operation: Params and Mult-Adds, for an output of 1280x720."""
    rows: dict[str, Counts]
    match document:
        case ModelCounts():
            rows = {f"{document.model} x{scale}": row for scale, row in document.scales.items()}
        case ReferenceCounts():
            rows = {f"{row.model} x{row.scale}": row for row in document.rows}
        case OperationCounts():
            rows = {f"{name} x{OPERATION_SCALE}": row for name, row in document.operations.items()}
    return "\n".join(_line(label, row) for label, row in rows.items())


def _line(label: str, counts: Counts) -> str:
    sizes = f"{counts.params:,} params, {counts.mult_adds / 1e9:.3f} G Mult-Adds"
    lr = "LR {}x{}, ".format(*counts.lr_size) if isinstance(counts, ScaleCounts) else ""
    return f"{label}: {sizes} (Conv2d weights only, {lr}HR {HR_SIZE[0]}x{HR_SIZE[1]})"
