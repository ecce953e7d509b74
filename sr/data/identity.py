"""What makes a set the set it is, for Snakemake to compare without opening an image."""

import os
from pathlib import Path
from typing import Any

from sr.data.images import SUFFIXES
from sr.data.sources import wanted_source
from sr.files import read_json


def identity(name: str, folder: str | os.PathLike | None, manifests: Path = Path("data/manifests")) -> dict[str, Any]:
    """Return what decides which images the set ``name`` has, as plain data; where they lie is not part of it.

    A set of the user's own is its files' names and sizes: those in the folder, or, where a clone lacks the folder,
    those of the manifest.
    """
    wanted = wanted_source(name, folder)
    own = wanted.kind == "own"
    files = _listing(Path(folder or ""), manifests / f"{name}.json") if own else dict(wanted.files)
    return {"kind": wanted.kind, "count": wanted.count, "digest": wanted.digest, "files": files}


def _listing(folder: Path, record: Path) -> dict[str, int]:
    """Return {file: bytes} of a folder, or of its manifest if the folder is not here."""
    if folder.expanduser().is_dir():
        images = (path for path in sorted(folder.expanduser().iterdir()) if path.suffix.lower() in SUFFIXES)
        return {path.name: path.stat().st_size for path in images if path.is_file()}
    listed = read_json(record)["images"] if record.is_file() else []
    return {image["file"]: image["bytes"] for image in listed}
