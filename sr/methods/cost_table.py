"""File format of a table of latencies: what each option of a search space costs on one machine."""

import warnings
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import Field

from sr.core.bounds import Scale
from sr.core.errors import UserError
from sr.core.formats import Document, load
from sr.core.provenance import processor
from sr.nas.cost import Costs

Milliseconds = Annotated[float, Field(ge=0)]


class WholeNetwork(Document):
    """One random network of the space: its time by the sum of the table, and as measured."""

    expected: Milliseconds
    measured: Milliseconds


class CostTable(Document):
    """results/search/<model>/cost.json: milliseconds of each option, for one image of ``hr_size`` at ``scale``.

    ``network`` is the section of params.yaml; ``device`` is cpu or the GPU's name; ``warmup`` rounds were not counted.
    ``networks`` check the sum; ``kendall_tau`` and ``mean_error`` (relative, of absolute differences) are over them.
    """

    method: str
    network: dict[str, Any]
    scale: Scale
    hr_size: Annotated[list[int], Field(min_length=2, max_length=2)]
    device: str
    processor: str
    threads: Annotated[int, Field(ge=1)]
    versions: dict[str, str]
    warmup: Annotated[int, Field(ge=0)]
    rounds: Annotated[int, Field(ge=1)]
    costs: Costs
    networks: list[WholeNetwork]
    kendall_tau: Annotated[float, Field(ge=-1, le=1)] | None = None
    mean_error: Annotated[float, Field(ge=0)] | None = None

    def machine(self) -> str:
        """Return on what the times were measured."""
        return self.processor if self.device == "cpu" else self.device

    def facts(self) -> dict[str, Any]:
        """Return what the record of a search says of the table."""
        return self.model_dump(mode="json", exclude={"method", "network", "costs", "networks"}, exclude_none=True)


def read_table(path: Path, method: str, network: Document) -> CostTable:
    """Return the table in ``path``; raise UserError if it is for other networks."""
    remedy = "Measure it: python -m sr cost"
    table = load(path, CostTable, remedy)
    if table.method != method or table.network != network.model_dump():
        raise UserError(f"{path}: of another network than {method}.network describes. {remedy}")
    return table


def warn_elsewhere(path: Path, table: CostTable, device: torch.device) -> None:
    """Warn if the table was measured on another machine than this one."""
    here = processor() if device.type == "cpu" else device_name(device)
    if (table.device == "cpu") != (device.type == "cpu") or table.machine() != here:
        warnings.warn(
            f"{path}: measured on {table.machine()}, but this is {here}. search.cost_target holds there; for this "
            "machine, measure again with python -m sr cost",
            stacklevel=2,
        )


def device_name(device: torch.device) -> str:
    """Return cpu or the GPU's name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
