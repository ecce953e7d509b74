"""Interface of a method: what its ``METHOD`` gives to the pipeline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from sr.core.formats import Document, parse
from sr.core.sections import Init
from sr.nas.genotype import Genotype
from sr.nas.relaxation import Choice, Relaxation, Weights

# Section network as plain data, scale, state in this project's names.
Layout = tuple[dict[str, Any], int, dict[str, torch.Tensor]]


class Supernet(Protocol):
    """The network of the search: holds every candidate, and ``arch``, the architecture parameters."""

    arch: Relaxation

    def __call__(self, x: torch.Tensor, weights: Weights | None = None) -> torch.Tensor:
        """Map LR (N, 3, h, w) in 0..255 to SR; ``weights`` replaces the probabilities of ``arch``."""
        ...

    def parameter_loss(self) -> torch.Tensor:
        """Return the expected size of the network, the term that favours light operations."""
        ...


@dataclass(frozen=True)
class Method:
    """One method: its search space, its supernet and the networks derived from that.

    ``config`` is the type of the section ``network`` of params.yaml; ``network`` and the others take one.
    ``genotype_type`` is the type of its genotypes, which ``derive(decisions)`` makes of the kept options of every
    choice. ``network(genotype, config, scale)`` maps LR (N, 3, h, w) in 0..255 to SR (N, 3, h * scale,
    w * scale); its parameters outside ``upsampler.`` do not depend on the scale. ``min_size`` is the smallest
    LR side. ``inherit(supernet, genotype)`` is the derived network's share of the supernet's weights, and
    ``searched(config)`` the configuration of that network, if it is not the supernet's own.
    ``interpolate(network, scale)`` changes the weights of an untrained network, or supernet, such that it enlarges
    bilinearly. ``release`` turns the tensors of a checkpoint in the authors' layout into a ``Layout``, or gives None if
    they are not in it.
    """

    name: str
    title: str
    config: type[Document]
    primitives: Mapping[str, Callable[[int], torch.nn.Module]]
    min_size: int
    genotype_type: type[Genotype]
    choices: Callable[[Any], dict[str, Choice]]
    supernet: Callable[[Any, int], Any]
    network: Callable[[Any, Any, int], torch.nn.Module]
    derive: Callable[[Mapping[str, list[str]]], Genotype]
    inherit: Callable[[Any, Any], dict[str, torch.Tensor]]
    release: Callable[[Mapping[str, torch.Tensor]], Layout | None]
    interpolate: Callable[[Any, int], None]
    searched: Callable[[Any], Any] = lambda config: config

    def initialise(self, network: torch.nn.Module, scale: int, init: Init) -> None:
        """Give an untrained network or supernet the initial weights that the key ``init`` asks for."""
        if init == "interpolation":
            self.interpolate(network, scale)

    def configure(self, section: Mapping[str, Any]) -> Any:
        """Return ``section`` as the method's own type; raise UserError if a key is unknown or missing."""
        return parse(dict(section), self.config, f"{self.name}.network")
