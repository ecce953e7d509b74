"""Retrieval of a set's image files: the user's folder, part of an installed package, or a downloaded archive.

Archives are downloaded to ROOT/downloads and unpacked to ROOT/raw/NAME.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from sr.core.errors import UserError
from sr.core.files import sha256_file
from sr.core.formats import write
from sr.data.archives import download, unpack
from sr.data.formats import Archive, ArchiveRecord, Download, FolderEntry, Manual, Package
from sr.data.images import image_files
from sr.data.sources import Dataset

# File in an unpacked folder that records the downloaded archive, if its checksum is unpublished.
ARCHIVE_RECORD = "unpublished_archive.json"

T = TypeVar("T")
# Reads the image files of a set; raises UserError, ending in the remedy, if their content is not that of the set.
Reader = Callable[[list[Path], str], T]


def retrieve(dataset: Dataset, root: Path, read: Reader[T]) -> T:
    """Return what ``read`` makes of the set's HR image files, in order; download them under ``root`` if necessary.

    The user's folder is read in place. Of several downloads, the first that ``read`` accepts is kept. Raise UserError
    if the set cannot be obtained, or if the number or names of the images are not those of the set.
    """
    entry = dataset.entry
    if isinstance(entry, Package):
        return read(_packaged(dataset, entry), f"Install {entry.requirement}")
    if dataset.folder is not None:
        remedy = f"Complete the folder, or set data.folders.{dataset.name} to another"
        return read(_checked(dataset, dataset.folder, remedy), remedy)
    assert entry is not None, "a set of the user's own has a folder"
    if isinstance(entry, Manual):
        raise UserError(f"{dataset.name}: must be obtained by hand. {entry.instructions}. {_own_copy(dataset, entry)}")
    try:
        return _fetched(dataset, entry, root, read)
    except OSError as error:
        remedy = f"Free some space or check the permissions of {root}"
        raise UserError(f"{dataset.name}: {error}. {remedy}. {_own_copy(dataset, entry)}") from None


def _own_copy(dataset: Dataset, entry: FolderEntry) -> str:
    return f"Set data.folders.{dataset.name} to your folder of its {entry.count} HR images (home page: {entry.home})"


def _packaged(dataset: Dataset, entry: Package) -> list[Path]:
    """Return the set's files inside an installed package."""
    if dataset.folder is not None:
        raise UserError(f"{dataset.name}: is part of {entry.requirement}. Remove data.folders.{dataset.name}")
    try:
        home = resources.files(entry.package)
    except ModuleNotFoundError:
        raise UserError(f"{dataset.name}: {entry.package} is missing. Install {entry.requirement}") from None
    files = [Path(str(home / file)) for file in entry.files]
    for path in files:
        if not path.is_file():
            raise UserError(f"{path}: missing. Install {entry.requirement}")
    return files


def _fetched(dataset: Dataset, entry: Archive, root: Path, read: Reader[T]) -> T:
    """Read the set's unpacked folder under ``root``, or else the first download with the right images."""
    target = root / "raw" / dataset.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(f".{dataset.name}.lock")):
        if target.is_dir():
            remedy = f"Delete {target} to download it again"
            return read(_checked(dataset, target, remedy), remedy)
        problems = []
        for item in entry.downloads:
            try:
                return _fetch(dataset, item, root, target, read)
            except UserError as error:
                problems.append(str(error))
    raise UserError(f"{dataset.name}: cannot be downloaded: {'; '.join(problems)}. {_own_copy(dataset, entry)}")


def _fetch(dataset: Dataset, item: Download, root: Path, target: Path, read: Reader[T]) -> T:
    """Download, unpack and read one archive; if it is wrong, remove what could later be mistaken for the set."""
    archive = download(item, root / "downloads")
    try:
        unpack_atomically(dataset, item, archive, target)
        remedy = f"It came from {item.url}"
        return read(_checked(dataset, target, remedy), remedy)
    except UserError:
        shutil.rmtree(target, ignore_errors=True)
        if item.published is None:
            archive.unlink(missing_ok=True)
        raise


def unpack_atomically(dataset: Dataset, item: Download, archive: Path, target: Path) -> None:
    """Unpack into a hidden sibling of ``target`` and rename it, so that ``target`` is complete, even after a kill."""
    assert isinstance(dataset.entry, Archive)
    partial = target.with_name(f".{target.name}.partial")
    # A leftover of a killed run: the caller holds the lock.
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        unpack(archive, item.folder or dataset.entry.folder, dataset.entry.suffixes, partial)
        if item.published is None:
            write(partial / ARCHIVE_RECORD, ArchiveRecord(url=item.url, sha256=sha256_file(archive)))
        os.replace(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _checked(dataset: Dataset, folder: Path, remedy: str) -> list[Path]:
    """Return the folder's images if their number and names are those of the set."""
    files = image_files(folder)
    entry = dataset.entry
    if isinstance(entry, FolderEntry) and entry.count != len(files):
        raise UserError(
            f"{folder}: not {dataset.name}: contains {len(files)} images, not {entry.count} ({entry.pitfall}). {remedy}"
        )
    for path in files:
        if not path.name.isprintable():
            raise UserError(f"{path}: file name contains unprintable characters. Rename the file")
    duplicates = [stem for stem, number in Counter(path.stem for path in files).items() if number > 1]
    if duplicates:
        raise UserError(f"{folder}: two images have the name {duplicates[0]!r}, with different suffixes. {remedy}")
    return files
