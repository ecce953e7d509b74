"""Weights that say what they are: safetensors with method, genotype, sizes and scale in the header.

The authors' own checkpoints are read too (``weights_only``); each method recognises its release.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import save_file
from torch import nn

from sr.core.errors import UserError
from sr.core.files import atomic_path, bounded
from sr.core.formats import parse
from sr.core.schema import refuse
from sr.methods import registry
from sr.methods.method import Method
from sr.nas.genotype import Genotype, check_genotype

# What the header of a weights file says, beside the genotype and sizes, which the method knows.
HEADER = {
    "type": "object",
    "required": ["method", "genotype", "network", "scale"],
    "properties": {"method": {"enum": registry.names()}, "scale": {"type": "integer", "enum": [2, 3, 4]}},
}


@dataclass(frozen=True)
class Trained:
    """A network and what it is; ``origin`` says whose weights these are."""

    method: Method
    genotype: Genotype
    config: Any
    scale: int
    state: dict[str, torch.Tensor]
    origin: str

    def network(self) -> nn.Module:
        """Build the network with these weights; raise UserError if they do not fit it."""
        try:
            network = self.method.network(self.genotype, self.config, self.scale)
        except UserError as error:  # genotype and sizes contradict each other
            raise UserError(f"{self.origin}: {error}") from None
        load_state(network, self.state, self.origin)
        return network


def save(
    path: str | os.PathLike, network: nn.Module, method: Method, genotype: Genotype, config: Any, scale: int
) -> None:
    """Write the network's weights to ``path`` (.safetensors) atomically."""
    core = {key: value for key, value in genotype.items() if key != "evidence"}
    header = {"method": method.name, "genotype": core, "network": config.model_dump(), "scale": scale}
    tensors = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    _write(path, tensors, {"sr": json.dumps(header, sort_keys=True)})


def load(path: str | os.PathLike) -> Trained:
    """Read weights of this project (.safetensors) or an authors' release; raise UserError if they are neither."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such weights file. Check the path, or run the step that makes it")
    return _load_own(path) if path.suffix == ".safetensors" else _load_release(path)


def load_state(network: nn.Module, state: Mapping[str, torch.Tensor], origin: str, skip: str | None = None) -> None:
    """Copy ``state`` into the network, all but what begins with ``skip``; raise UserError if it does not fit."""
    wanted = network.state_dict()
    kept = {key: value for key, value in state.items() if skip is None or not key.startswith(skip)}
    needed = {key for key in wanted if skip is None or not key.startswith(skip)}
    wrong = sorted(needed ^ set(kept)) + sorted(k for k in needed & set(kept) if not _alike(wanted[k], kept[k]))
    if wrong:
        raise UserError(
            f"{origin}: the weights do not fit this network, first at {wrong[0]!r} ({len(wrong)} tensors differ). "
            "Use weights of the same method, genotype and number of channels"
        )
    spoilt = [key for key, value in kept.items() if not value.isfinite().all()]
    if spoilt:
        raise UserError(f"{origin}: not all numbers of {spoilt[0]!r} are finite. Train or fetch the weights again")
    network.load_state_dict(kept, strict=False)


def _alike(wanted: torch.Tensor, given: torch.Tensor) -> bool:
    return wanted.shape == given.shape and wanted.dtype == given.dtype


def _load_own(path: Path) -> Trained:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            header = bounded(json.loads((file.metadata() or {})["sr"]))
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
    except (safetensors.SafetensorError, KeyError, OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: not weights of this project ({error}). Train or fetch them again") from None
    refuse(header, HEADER, f"{path}: header")
    given = header["genotype"], header["network"], header["scale"], state
    return _trained(registry.find(header["method"]), given, path, str(path))


def _trained(method: Method, given: tuple[Any, Any, int, dict[str, torch.Tensor]], path: Path, origin: str) -> Trained:
    """Return what a file says it holds, checked before anything is built of it."""
    genotype, section, scale, state = given
    check_genotype(genotype, method.genotype_schema, str(path))
    return Trained(method, genotype, parse(section, method.config, str(path), prefix="network"), scale, state, origin)


def _load_release(path: Path) -> Trained:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load raises many kinds; each means that the file is not to be trusted
        reason = " ".join(str(error).split())[:120]
        raise UserError(
            f"{path}: cannot be read as weights ({reason}). Use .safetensors or the authors' file"
        ) from None
    state = content.get("state_dict", content) if isinstance(content, dict) else {}
    plain = isinstance(state, dict) and all(
        isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in state.items()
    )
    for method in map(registry.find, registry.names()):
        found = method.release(state) if plain else None
        if found is not None:
            return _trained(method, found, path, f"{path} (release of {method.title}'s authors)")
    raise UserError(f"{path}: weights of an unknown network. Known releases: {', '.join(registry.names())}")


def save_supernet(path: str | os.PathLike, supernet: nn.Module) -> None:
    """Write a supernet's weights and architecture parameters, for inspection, to ``path`` (.safetensors)."""
    tensors = {key: value.detach().cpu().contiguous() for key, value in supernet.state_dict().items()}
    _write(path, tensors)


def _write(path: str | os.PathLike, tensors: dict[str, torch.Tensor], header: dict[str, str] | None = None) -> None:
    try:
        with atomic_path(path) as temporary:
            save_file(tensors, temporary, header)
    except safetensors.SafetensorError as error:  # a full disk comes as this one too
        raise UserError(f"{path}: cannot be written ({error}). Check the folder and disk space") from None
