"""What makes a set the set it is, for Snakemake to compare without opening an image."""

import os
from pathlib import Path
from typing import Any

from sr.core.errors import UserError
from sr.core.files import read_json, user_path
from sr.core.schema import first_error
from sr.data.images import SUFFIXES
from sr.data.sources import wanted_source

_FILE = {"file": {"type": "string"}, "bytes": {"type": "integer"}}
LISTING = {
    "type": "object",
    "required": ["images"],
    "properties": {
        "images": {"type": "array", "items": {"type": "object", "required": list(_FILE), "properties": _FILE}}
    },
}


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
    if os.path.isdir(user_path(folder)):
        images = (path for path in sorted(user_path(folder).iterdir()) if path.suffix.lower() in SUFFIXES)
        return {path.name: path.stat().st_size for path in images if path.is_file()}
    listed = read_json(record) if record.is_file() else {"images": []}
    if first_error(listed, LISTING) is not None:
        raise UserError(f"{record}: not a manifest with its images. Delete it, or restore the folder {folder}")
    return {image["file"]: image["bytes"] for image in listed["images"]}
