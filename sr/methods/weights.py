"""Weights files of this project: safetensors with method, genotype, sizes and scale in the header.

Checkpoints of the papers' authors are read by sr/methods/releases.py.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import safetensors
import torch
from pydantic import Field, field_validator
from safetensors.torch import load_file, save_file
from torch import nn

from sr.core.errors import UserError
from sr.core.files import atomic_path, bounded
from sr.core.formats import Document, parse
from sr.methods import registry
from sr.methods.method import Method
from sr.nas.genotype import Genotype, check_genotype

HEADER = "sr"  # the key of the header in the metadata of a safetensors file


class Header(Document):
    """Header of a weights file: the network that the weights belong to."""

    method: str = Field(description="name of the method")
    genotype: dict[str, Any] = Field(description="the method's genotype")
    network: dict[str, Any] = Field(description="the method's section network of params.yaml")
    scale: Literal[2, 3, 4] = Field(description="upscaling factor")

    @field_validator("method")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in registry.names():
            raise ValueError(f"unknown method. Known: {', '.join(registry.names())}")
        return name


@dataclass(frozen=True)
class Trained:
    """A trained network: weights, and what is needed to build it; ``origin`` names the source of the weights."""

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


def save_weights(
    path: str | os.PathLike, network: nn.Module, method: Method, genotype: Genotype, config: Any, scale: int
) -> None:
    """Write the network's weights to ``path`` (.safetensors) atomically."""
    core, sizes = genotype.without_evidence(), config.model_dump()
    header = {"method": method.name, "genotype": core, "network": sizes, "scale": scale}
    valid = parse(header, Header, f"{path}: header")
    _write(path, network, {HEADER: json.dumps(valid.model_dump(), sort_keys=True)})


def load_state(network: nn.Module, state: Mapping[str, torch.Tensor], origin: str, skip: str | None = None) -> None:
    """Copy ``state`` into the network, all but what begins with ``skip``; raise UserError if it does not fit."""
    target = {key: value for key, value in network.state_dict().items() if skip is None or not key.startswith(skip)}
    source = {key: value for key, value in state.items() if skip is None or not key.startswith(skip)}
    unequal = [key for key in target.keys() & source.keys() if not _same_kind(target[key], source[key])]
    wrong = sorted(target.keys() ^ source.keys()) + sorted(unequal)
    if wrong:
        raise UserError(
            f"{origin}: the weights do not fit this network, first at {wrong[0]!r} ({len(wrong)} tensors differ). "
            "Use weights of the same method, genotype and number of channels"
        )
    for key, value in source.items():
        if not value.isfinite().all():
            raise UserError(f"{origin}: {key!r} has numbers that are not finite. Train or fetch the weights again")
    network.load_state_dict(source, strict=False)


def _same_kind(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype


def load_own(path: str | os.PathLike) -> Trained:
    """Read weights of this project; raise UserError if the file has none."""
    path = existing(path)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            content = bounded(json.loads((file.metadata() or {})[HEADER]))
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
    except (safetensors.SafetensorError, KeyError, OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: not weights of this project ({error}). Train or fetch them again") from None
    header = parse(content, Header, f"{path}: header")
    return checked(registry.find(header.method), header.genotype, header.network, header.scale, state, str(path))


def existing(path: str | os.PathLike) -> Path:
    """Return ``path``; raise UserError if there is no such file."""
    if not Path(path).is_file():
        raise UserError(f"{path}: no such weights file. Check the path, or run the step that makes it")
    return Path(path)


def checked(
    method: Method, genotype: Any, network: Any, scale: int, state: dict[str, torch.Tensor], origin: str
) -> Trained:
    """Return a file's content, its genotype and sizes checked before anything is built from them."""
    valid = check_genotype(genotype, method.genotype_type, origin)
    return Trained(method, valid, parse(network, method.config, origin, prefix="network"), scale, state, origin)


def save_supernet(path: str | os.PathLike, supernet: nn.Module) -> None:
    """Write a supernet's weights and architecture parameters, for inspection, to ``path`` (.safetensors)."""
    _write(path, supernet)


def load_supernet(path: str | os.PathLike, supernet: nn.Module) -> None:
    """Read a supernet's weights into ``supernet``; raise UserError if the file is none or does not fit."""
    try:
        state = load_file(existing(path))
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise UserError(f"{path}: not weights of a supernet ({error}). Run the search again") from None
    load_state(supernet, state, str(path))


def _write(path: str | os.PathLike, network: nn.Module, metadata: dict[str, str] | None = None) -> None:
    tensors = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    try:
        with atomic_path(path) as temporary:
            save_file(tensors, temporary, metadata)
    except safetensors.SafetensorError as error:  # a full disk, too, is reported by it
        raise UserError(f"{path}: cannot be written ({error}). Check the folder and disk space") from None
