"""Networks of other authors that a run measures beside its own: files listed in ``data.peers``.

Only that the files exist is known here, because reading them takes a package and seconds: the job ``inspect`` does,
before any training.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sr.core.errors import UserError
from sr.core.files import sha256_file, user_path
from sr.core.peer_sections import Peer, PeerFile


@dataclass(frozen=True)
class PeerNetwork:
    """One network at one scale: the file, and what ``data.peers`` says of its tensors."""

    name: str
    scale: int
    entry: PeerFile

    @property
    def path(self) -> Path:
        """Return the file with ``~`` expanded."""
        return user_path(self.entry.file)

    def facts(self) -> dict[str, object]:
        """Return all that its results depend on: digest of the file, and the entry without its path."""
        return {"sha256": sha256_file(self.path), **self.entry.model_dump(exclude={"file"})}

    def options(self) -> list[str]:
        """Return the options of the verb ``evaluate`` that name it."""
        given = {"pixels": self.entry.pixels, "min-side": self.entry.min_side, "multiple": self.entry.multiple}
        kind = "--onnx" if self.entry.is_onnx else "--spandrel"
        words = [[kind, str(self.path)], *([f"--{key}", str(value)] for key, value in given.items() if value)]
        return [word for pair in words for word in pair]


def resolve(peers: Mapping[str, Peer]) -> dict[str, dict[int, PeerNetwork]]:
    """Return the networks that ``data.peers`` lists, by name and scale; raise UserError if a file does not exist."""
    resolved = {
        name: {scale: PeerNetwork(name, scale, entry) for scale, entry in peer.files.items()}
        for name, peer in peers.items()
    }
    for network in (network for networks in resolved.values() for network in networks.values()):
        where = f"data.peers.{network.name}.x{network.scale}: {network.entry.file}"
        if not os.path.isfile(network.path):  # pathlib's raises an error for a name that is too long
            raise UserError(f"{where}: no such file. Correct the path or remove the entry")
        if not os.access(network.path, os.R_OK):
            raise UserError(f"{where}: cannot be read. Change its permissions")
    return resolved
