"""Weights that say what they are: safetensors with method, genotype, sizes and scale in the header.

The authors' own checkpoints are read too (``weights_only``); each method recognises its release.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import save_file
from torch import nn

from sr.errors import UserError
from sr.files import atomic_path
from sr.methods import base
from sr.methods.base import Method
from sr.nas.genotype import Genotype, check_genotype


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
        network = self.method.network(self.genotype, self.config, self.scale)
        load_state(network, self.state, self.origin)
        return network


def save(
    path: str | os.PathLike, network: nn.Module, method: Method, genotype: Genotype, config: Any, scale: int
) -> None:
    """Write the network's weights to ``path`` (.safetensors) atomically."""
    core = {key: value for key, value in genotype.items() if key != "evidence"}
    header = {"method": method.name, "genotype": core, "network": asdict(config), "scale": scale}
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
    wrong = sorted(needed ^ set(kept)) + sorted(k for k in needed & set(kept) if wanted[k].shape != kept[k].shape)
    if wrong:
        raise UserError(
            f"{origin}: the weights do not fit this network, first at {wrong[0]!r} ({len(wrong)} tensors differ). "
            "Use weights of the same method, genotype and number of channels"
        )
    network.load_state_dict(kept, strict=False)


def _load_own(path: Path) -> Trained:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["sr"])
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        method = base.find(header["method"])
        genotype = check_genotype(header["genotype"], method.genotype_schema, str(path))
        return Trained(method, genotype, method.configure(header["network"]), header["scale"], state, str(path))
    except (safetensors.SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise UserError(f"{path}: not weights of this project ({error}). Train or fetch them again") from None


def _load_release(path: Path) -> Trained:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load raises many kinds; each means that the file is not to be trusted
        reason = " ".join(str(error).split())[:120]
        raise UserError(
            f"{path}: cannot be read as weights ({reason}). Use .safetensors or the authors' file"
        ) from None
    state = content.get("state_dict", content) if isinstance(content, dict) else {}
    for name in base.names():
        method = base.find(name)
        found = method.release(state)
        if found is not None:
            genotype, section, scale, tensors = found
            config = method.configure(section)
            return Trained(method, genotype, config, scale, tensors, f"{path} (release of {method.title}'s authors)")
    raise UserError(f"{path}: weights of an unknown network. Known releases: {', '.join(base.names())}")


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
