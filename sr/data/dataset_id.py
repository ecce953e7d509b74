"""Identity of a data set, for Snakemake's rerun check: cheap, because no image is opened."""

import os
from pathlib import Path
from typing import Any

from sr.core.formats import load
from sr.data import sources
from sr.data.formats import Manifest
from sr.data.images import is_image


def dataset_id(name: str, folder: str | os.PathLike | None, manifests: Path = Path("data/manifests")) -> dict[str, Any]:
    """Return what identifies the images of the set ``name``, as plain data, wherever they are stored.

    A set of the user's own is identified by the names and sizes of its files: those in the folder or, where a clone
    lacks the folder, those of the manifest.
    """
    dataset = sources.find(name, folder)
    from_user = dataset.kind == "own"
    files = _listing(dataset.folder or Path(), manifests / f"{name}.json") if from_user else dataset.files
    return {"kind": dataset.kind, "count": dataset.count, "digest": dataset.digest, "files": files}


def _listing(folder: Path, manifest: Path) -> dict[str, int]:
    """Return {file: bytes} of a folder, or of its manifest if the folder is missing."""
    if os.path.isdir(folder):
        return {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if is_image(path)}
    if not manifest.is_file():
        return {}
    images = load(manifest, Manifest, remedy=f"Delete it, or restore the folder {folder}").images
    return {image.file: image.bytes for image in images}
