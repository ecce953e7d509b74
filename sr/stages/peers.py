"""Networks of ``data.peers``: checked before any training, and counted."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from sr.core.errors import UserError
from sr.data.packed import Pack
from sr.data.peers import PeerNetwork
from sr.evaluate.formats import ChallengeCounts, ModelCounts, ScaleCounts
from sr.evaluate.onnx_network import OnnxNetwork
from sr.evaluate.other_network import OtherNetwork
from sr.evaluate.output_size import CHALLENGE_SIZE, HR_SIZE, lr_size


@contextmanager
def named(network: PeerNetwork) -> Iterator[None]:
    """Put the network's key in front of what is wrong with it."""
    try:
        yield
    except UserError as error:
        raise UserError(f"data.peers.{network.name}.x{network.scale}: {error}") from None


def open_network(network: PeerNetwork, threads: int = 1) -> OtherNetwork:
    """Return the network, loaded for so many CPU threads.

    Raise UserError, which names its key, if the file is none at its scale.
    """
    entry = network.entry
    with named(network):
        if entry.is_onnx:
            return OnnxNetwork(network.path, network.scale, entry.pixels, entry.min_side, entry.multiple, threads)
        from sr.evaluate.spandrel_network import SpandrelNetwork  # loads torch, which ONNX files do not need

        return SpandrelNetwork(network.path, network.scale, entry.min_side, entry.multiple, threads)


def check_peers(networks: Iterable[PeerNetwork], packs: Iterable[Pack]) -> None:
    """Raise UserError if a network cannot be loaded and run, or if a test image is too small for it."""
    packs = list(packs)
    for network in networks:
        opened = open_network(network)
        least = opened.convention.min_side
        # At another size than that of the check while loading: a graph can have sizes in it.
        with named(network):
            opened(np.zeros((least + 9, least + 7, 3), np.uint8))
        for image in (image for pack in packs for image in pack.index.images):
            height, width = image.height // network.scale, image.width // network.scale
            if min(height, width) < least:
                reason = f"{width}x{height} at x{network.scale} is smaller than the {least} pixels that {network.name}"
                raise UserError(f"test image {image.name}: {reason} needs. Leave the image out, or the network")


def count_peer(name: str, networks: Mapping[int, PeerNetwork]) -> ModelCounts:
    """Return parameters and Mult-Adds of a network at its scales, counted in its graphs or layers."""
    opened = {str(scale): open_network(network) for scale, network in networks.items()}
    return ModelCounts(
        model=name,
        sha256={str(scale): str(network.facts()["sha256"]) for scale, network in networks.items()},
        hr_size=list(HR_SIZE),
        scales={scale: _counts(network, int(scale)) for scale, network in opened.items()},
    )


def _counts(network: OtherNetwork, scale: int) -> ScaleCounts:
    mult_adds, activations = network.convolutions(lr_size(scale))
    challenge = network.convolutions(CHALLENGE_SIZE)
    return ScaleCounts(
        params=network.parameters(),
        mult_adds=mult_adds,
        activations=activations,
        challenge=ChallengeCounts(mult_adds=challenge[0], activations=challenge[1]),
        lr_size=list(lr_size(scale)),
    )
