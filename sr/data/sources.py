"""Data sets by name: where their high-resolution images come from, and the proof that they are the right ones.

``data/sources.yaml`` registers the sets. A set is a folder of the user's own, part of an installed package, or an
archive that is downloaded to ROOT/downloads and unpacked to ROOT/raw/NAME.
"""

import difflib
import hashlib
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from filelock import FileLock
from tqdm import tqdm

from sr.core.errors import UserError
from sr.core.files import read_json, sha256_file, user_path, write_json
from sr.core.schema import ROOT, SCHEMAS, first_error, parse_yaml
from sr.data.fetch import Download, download, unpack
from sr.data.images import image_files, read_rgb

REGISTRY = ROOT / "data" / "sources.yaml"
# Lies in an unpacked folder only if nobody published the archive's checksum: what was fetched instead.
ARCHIVE_RECORD = "unpublished_archive.json"


@dataclass(frozen=True)
class Source:
    """One set of data/sources.yaml; the schema describes the keys, and which of them go with which kind."""

    name: str
    kind: str
    home: str
    licence: str
    count: int | None
    digest: str | None = None
    pitfall: str = "some files are missing, or others lie among them"
    suffixes: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()
    package: str = ""
    requirement: str = ""
    files: tuple[tuple[str, str], ...] = ()
    instructions: str = ""


def names() -> list[str]:
    """Return the names of all registered sets."""
    return list(_registry(REGISTRY))


def source(name: str) -> Source:
    """Return the set called ``name``; raise UserError with the known names if there is none."""
    known = _registry(REGISTRY)
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise UserError(
            f"{name}: unknown data set{hint} Known sets: {', '.join(known)}. Give the folder of a set of your own in "
            "data.folders"
        )
    return known[name]


def wanted_source(name: str, folder: str | os.PathLike | None) -> Source:
    """Return the registered set, or the user's own one: a name that nobody registered, with a folder."""
    if folder is None or name in names():
        return source(name)
    return Source(name=name, kind="own", home="-", licence="the user's own images", count=None)


@cache
def _registry(path: Path) -> dict[str, Source]:
    """Read and check a registry of sets."""
    try:
        entries = parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: no readable list of data sets ({error}). Restore the file") from None
    wrong = first_error(entries, parse_yaml((SCHEMAS / "sources.schema.yaml").read_text(encoding="utf-8")))
    if wrong is not None:
        where = ".".join(str(part) for part in wrong.absolute_path) or "(top level)"
        raise UserError(f"{path}: {where}: {wrong.message}. Compare with {SCHEMAS.name}/sources.schema.yaml")
    return {name: _source(name, entry) for name, entry in entries.items()}


def _source(name: str, entry: dict[str, Any]) -> Source:
    plain = {key: value for key, value in entry.items() if key not in ("suffixes", "folder", "downloads", "files")}
    return Source(
        name=name,
        suffixes=tuple(entry.get("suffixes", ())),
        downloads=tuple(_download(item, entry["folder"]) for item in entry.get("downloads", ())),
        files=tuple(entry.get("files", {}).items()),
        **plain,
    )


def _download(item: dict[str, Any], folder: str) -> Download:
    checksum = None if item["checksum"] == "unpublished" else item["checksum"]
    return Download(item["url"], item.get("folder", folder), checksum, item.get("bytes"))


def ensure(name: str, folder: str | os.PathLike | None, root: Path = Path("data")) -> list[Path]:
    """Return the set's HR image files in order, checked; fetch them under ``root`` if need be.

    ``folder`` is the user's own copy, read in place. Raise UserError if the set cannot be had, or if its count,
    images or pixels are not those of the set.
    """
    wanted = wanted_source(name, folder)
    if wanted.kind == "package":
        return _packaged(wanted, folder)
    if folder is not None:
        remedy = f"Complete the folder, or point data.folders.{name} to another"
        return _checked(wanted, user_path(folder), remedy)
    if wanted.kind == "manual":
        raise UserError(f"{name}: no program may download it. {wanted.instructions}. {_own_copy(wanted)}")
    try:
        return _fetched(wanted, Path(root))
    except OSError as error:
        raise UserError(f"{name}: {error}. Free space or change rights under {root}. {_own_copy(wanted)}") from None


def _own_copy(wanted: Source) -> str:
    return f"Set data.folders.{wanted.name} to your folder of its {wanted.count} HR images (home page: {wanted.home})"


def _packaged(wanted: Source, folder: str | os.PathLike | None) -> list[Path]:
    """Return the set's files inside an installed package, each with its registered SHA-256."""
    if folder is not None:
        raise UserError(f"{wanted.name}: is part of {wanted.requirement}. Remove data.folders.{wanted.name}")
    try:
        home = resources.files(wanted.package)
    except ModuleNotFoundError:
        raise UserError(f"{wanted.name}: {wanted.package} is missing. Install {wanted.requirement}") from None
    files = [Path(str(home / file)) for file, _ in wanted.files]
    for path, (_, expected) in zip(files, wanted.files, strict=True):
        if not path.is_file() or sha256_file(path) != expected:
            raise UserError(f"{path}: missing or not the one of {wanted.requirement}. Install that release")
    return files


def _fetched(wanted: Source, root: Path) -> list[Path]:
    """Return the files of an archive's set under ``root``, from the first download that gives the right images."""
    target = root / "raw" / wanted.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(f".{wanted.name}.lock")):
        if target.is_dir():
            return _checked(wanted, target, f"Delete {target} to fetch it again")
        problems = []
        for item in wanted.downloads:
            try:
                return _fetch(wanted, item, root, target)
            except UserError as error:
                problems.append(str(error))
    raise UserError(f"{wanted.name}: cannot be fetched: {'; '.join(problems)}. {_own_copy(wanted)}")


def _fetch(wanted: Source, item: Download, root: Path, target: Path) -> list[Path]:
    """Download, unpack and check one archive; leave nothing behind that would be taken for good later."""
    archive = download(item, root / "downloads")
    try:
        _unpack_whole(wanted, item, archive, target)
        return _checked(wanted, target, f"It came from {item.url}")
    except UserError:
        shutil.rmtree(target, ignore_errors=True)
        if item.checksum is None:
            archive.unlink(missing_ok=True)
        raise


def _unpack_whole(wanted: Source, item: Download, archive: Path, target: Path) -> None:
    """Unpack into a hidden sibling and rename: what bears the final name is complete, even after a kill."""
    partial = target.with_name(f".{target.name}.partial")
    # Left by a run that was killed: the lock is ours, so nobody writes there.
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        unpack(archive, item.folder, wanted.suffixes, partial)
        if item.checksum is None:
            write_json(partial / ARCHIVE_RECORD, {"url": item.url, "sha256": sha256_file(archive)})
        os.replace(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _checked(wanted: Source, folder: Path, remedy: str) -> list[Path]:
    """Return the folder's images if their count, names and pixels are those of the set; open every one."""
    files = image_files(folder)
    if wanted.count not in (None, len(files)):
        reason = f"found {len(files)} images, expected {wanted.count} ({wanted.pitfall})"
        raise UserError(f"{folder}: not {wanted.name}: {reason}. {remedy}")
    twice = [stem for stem, n in Counter(path.stem for path in files).items() if n > 1]
    if twice:
        raise UserError(f"{folder}: two images are called {twice[0]!r} but for their ending. {remedy}")
    found = content_digest(files)
    if wanted.digest not in (None, found):
        reason = f"pixels or file names differ from the published {wanted.name} (digest {found}, not {wanted.digest})"
        raise UserError(f"{folder}: {reason}; results would not be comparable with published numbers. {remedy}")
    return files


def content_digest(files: list[Path]) -> str:
    """Return 32 hex digits that name the images of a set, whatever their container.

    SHA-256 over, file by file: STEM.png, a zero byte, the shape as "(H, W, 3)", SHA-256 of the RGB bytes.
    """
    total = hashlib.sha256()
    for path in tqdm(files, desc="checking images", unit="image", leave=False, disable=None):
        height, width, pixels = _facts(path, path.stat().st_mtime_ns)
        total.update(f"{path.stem}.png\0({height}, {width}, 3)".encode() + pixels)
    return total.hexdigest()[:32]


@cache
def _facts(path: Path, changed_ns: int) -> tuple[int, int, bytes]:
    """Return height, width and SHA-256 of the RGB bytes; kept, because decoding is what a check costs."""
    image = read_rgb(path)
    return image.shape[0], image.shape[1], hashlib.sha256(image.tobytes()).digest()


def manifest(name: str, files: list[Path], folder: str | os.PathLike | None = None) -> dict[str, Any]:
    """Return what identifies the set ``name`` as it lies in ``files``: no path, no time, the same on every machine.

    ``archive`` is there only if the images came from an archive whose checksum nobody published.
    """
    images = [_image(path) for path in files]
    facts = {
        "set": name,
        "count": len(files),
        "licence": wanted_source(name, folder).licence,
        "digest": content_digest(files),
    }
    record = files[0].parent / ARCHIVE_RECORD
    archive = {"archive": read_json(record)} if record.is_file() else {}
    return {**facts, **archive, "images": images}


def _image(path: Path) -> dict[str, Any]:
    height, width, _ = _facts(path, path.stat().st_mtime_ns)
    facts = {"name": path.stem, "file": path.name, "bytes": path.stat().st_size, "sha256": sha256_file(path)}
    return facts | {"height": height, "width": width}
