"""Small networks, genotypes and weights files of each method."""

from pathlib import Path
from typing import Any

import torch

from sr.core import config
from sr.core.yaml_files import read_yaml
from sr.methods import registry
from sr.methods.dlsr import network as dlsr
from sr.methods.method import Method
from sr.methods.mran import network as mran
from sr.methods.weights import save_weights
from sr.nas.derive import decide
from sr.nas.genotype import Genotype, read_genotype
from tests.helpers.repository import REPO

# Whatever methods the preset lists: the sections of all are there.
SMOKE = config.check(read_yaml(REPO / "workflow" / "presets" / "smoke.yaml") | {"methods": registry.names()})
SMALL = {
    "dlsr": (dlsr.METHOD, dlsr.Network(channels=8, cells=6, network_level=True, pixel_range=1)),
    "mran": (
        mran.METHOD,
        mran.Network(
            channels=16,
            sampling=4,
            search_blocks=2,
            blocks=2,
            osb_nodes=4,
            asb_nodes=4,
            csrm=True,
            block="mrab",
            pixel_range=1,
        ),
    ),
}
CHAIN = dlsr.Genotype(cell=["conv_3x3", "conv_1x1", "conv_3x3"], inputs=[])


def tiny(path: Path, scale: int = 2, cells: int = 3) -> Path:
    """Save a small network with random weights whose output spreads over 0..255; return the file."""
    torch.manual_seed(scale)
    config = dlsr.Network(channels=8, cells=cells, network_level=False, pixel_range=1)
    network = dlsr.METHOD.network(CHAIN, config, scale)
    with torch.no_grad():
        spread = network(torch.rand(1, 3, 40, 40) * 255).std().item()
        network.upsampler[0].weight *= 60 / spread
        network.upsampler[0].bias.fill_(128 / 255)
    save_weights(path, network, dlsr.METHOD, CHAIN, config, scale)
    return path


def save_small(path: Path, name: str, scale: int, genotype: Genotype | None = None) -> Path:
    """Save the small network ``name`` with random weights, by default of the published genotype."""
    method, config = SMALL[name]
    genotype = genotype or read_genotype(REPO / "data" / "genotypes" / f"{name}.json", method.genotype_type)
    torch.manual_seed(0)
    save_weights(path, method.network(genotype, config, scale), method, genotype, config, scale)
    return path


def small(method: Method) -> Any:
    """Return the method's smallest sensible configuration: the smoke preset's, at 16 channels."""
    return SMOKE.models[method.name].network.replace(channels=16)


def random_table(method: Method, seed: int) -> dict[str, dict[str, float]]:
    """Return random numbers in [0, 1) for each option of each of the method's choices."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: dict(zip(choice.options, torch.rand(len(choice.options), generator=generator).tolist(), strict=True))
        for name, choice in method.choices(small(method)).items()
    }


def random_genotype(method: Method, seed: int) -> Genotype:
    """Return the genotype derived from a random table."""
    return method.derive(decide(random_table(method, seed), method.choices(small(method))))
