"""Fetch stage: obtain a set, pack its HR images and write its manifest, in one pass over the image files."""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sr.core.errors import UserError
from sr.core.files import check_writable
from sr.core.formats import load, write
from sr.data import sources
from sr.data.content_digest import ContentDigest
from sr.data.formats import ArchiveRecord, Manifest, ManifestImage
from sr.data.images import decode_rgb, read_bytes
from sr.data.packed import create_pack
from sr.data.retrieval import ARCHIVE_RECORD, retrieve
from sr.data.sources import Dataset


def fetch(name: str, folder: str | None, root: str, manifest: str, packed: str) -> Manifest:
    """Obtain the set ``name``, pack its HR images to ``packed`` (.npy), and write and return its ``manifest``.

    ``folder`` is the user's own copy, or None; downloads are stored under ``root``. Raise UserError if the set cannot
    be obtained or is not the registered one; then neither file is written.
    """
    dataset = sources.find(name, folder)
    check_writable(manifest, packed)
    result = retrieve(dataset, Path(root), partial(pack_files, dataset, Path(packed)))
    write(manifest, result)
    return result


def pack_files(dataset: Dataset, packed: Path, files: list[Path], remedy: str) -> Manifest:
    """Pack image files to ``packed`` and return their manifest; each file is read and decoded once.

    Raise UserError, ending in ``remedy``, if files or pixels are not those of the set; then nothing is written.
    """
    digest = ContentDigest()
    images = []
    with create_pack(packed, dataset.name) as pack:
        for path in tqdm(files, desc="packing images", unit="image", leave=False, disable=None):
            content = read_bytes(path)
            sha256 = hashlib.sha256(content).hexdigest()
            if dataset.files.get(path.name, sha256) != sha256:
                raise UserError(f"{path}: differs from the registered file. {remedy}")
            pixels = decode_rgb(content, path)
            images.append(_describe(path, content, sha256, pixels))
            digest.update(path.stem, pixels)
            pack.add(path.stem, pixels)
        pack.digest = digest.hexdigest()
        _check_digest(dataset, pack.digest, files[0].parent, remedy)
    record = files[0].parent / ARCHIVE_RECORD
    return Manifest(
        set=dataset.name,
        count=len(images),
        licence=dataset.licence,
        digest=pack.digest,
        archive=load(record, ArchiveRecord) if record.is_file() else None,
        images=images,
    )


def _describe(path: Path, content: bytes, sha256: str, pixels: np.ndarray) -> ManifestImage:
    height, width, _ = pixels.shape
    return ManifestImage(name=path.stem, file=path.name, bytes=len(content), sha256=sha256, height=height, width=width)


def _check_digest(dataset: Dataset, digest: str, folder: Path, remedy: str) -> None:
    if dataset.digest not in (None, digest):
        raise UserError(
            f"{folder}: pixels or file names differ from the published {dataset.name} (digest {digest}, not "
            f"{dataset.digest}); results would not be comparable with published numbers. {remedy}"
        )
