"""Trained networks from any file: weights of this project, or a checkpoint that a paper's authors released.

A checkpoint is known by its SHA-256 (data/sources.yaml), because its tensors do not say how the cells are wired.
"""

import os
from pathlib import Path
from typing import Any

import torch

from sr.core.errors import UserError, reason_of
from sr.core.files import read_json
from sr.data import releases
from sr.methods import registry
from sr.methods.method import Layout, Method
from sr.methods.weights import Trained, checked, existing, load_own


def load_weights(path: str | os.PathLike, genotype: str | os.PathLike | None = None) -> Trained:
    """Read weights of this project (.safetensors) or a checkpoint in the layout of a method's authors.

    ``genotype``: a file with the wiring of a checkpoint that data/sources.yaml does not know. Raise UserError if the
    file is neither, or is unknown and no genotype is given.
    """
    path = existing(path)
    name = None if path.suffix == ".safetensors" else releases.of_file(path)
    if genotype is not None and (name or path.suffix == ".safetensors"):
        raise UserError(f"{path}: its genotype is known. Leave out --genotype")
    return load_own(path) if path.suffix == ".safetensors" else _load_checkpoint(path, name, genotype)


def _load_checkpoint(path: Path, name: str | None, genotype: str | os.PathLike | None) -> Trained:
    method, (network, scale, state) = _layout(path)
    if name is not None:
        entry = releases.find(name)
        origin = f"{path} (released by {method.title}'s authors: {entry.row.method} of Table {entry.row.table})"
        return checked(method, entry.genotype, network, scale, state, origin)
    if genotype is None:
        raise UserError(
            f"{path}: {releases.unknown(path)}. Its tensors do not say how the cells are wired: say it with "
            "--genotype, or fetch the file again if it should be one of those"
        )
    origin = f"{path} (layout of {method.title}'s authors, wired by {genotype})"
    return checked(method, read_json(genotype), network, scale, state, origin)


def _layout(path: Path) -> tuple[Method, Layout]:
    """Return the method in whose authors' layout a checkpoint is, and its content."""
    state = _tensors(path)
    for method in map(registry.find, registry.names()):
        if (layout := method.release(state)) is not None:
            return method, layout
    raise UserError(f"{path}: weights of an unknown network. Known releases: {', '.join(releases.known())}")


def _tensors(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a checkpoint by name, none if it holds anything else."""
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load raises many kinds; each means a file not to trust
        reason = reason_of(error)[:120]
        raise UserError(
            f"{path}: cannot be read as weights ({reason}). Use .safetensors or the authors' file"
        ) from None
    state = content.get("state_dict", content) if isinstance(content, dict) else {}
    plain = isinstance(state, dict) and all(
        isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in state.items()
    )
    return state if plain else {}
