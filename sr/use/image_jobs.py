"""Pairs of input and output image files: one file, or a folder with or without its subfolders."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from sr.core.errors import UserError
from sr.data.images import SUFFIXES
from sr.use.pictures import READABLE, check_target


@dataclass(frozen=True)
class ImageJobs:
    """``pairs`` of (source, target) in order; ``foreign``: files of the folder that are not images."""

    pairs: list[tuple[Path, Path]]
    foreign: list[Path] = field(default_factory=list)


def plan(source: str | os.PathLike, target: str | os.PathLike, recursive: bool = False) -> ImageJobs:
    """Return the outputs of a file or folder ``source`` at ``target``, before the first is written.

    Images of a folder keep their names, except that a GIF becomes a PNG; with ``recursive``, subfolders are mirrored.
    Hidden files are skipped, and so is ``target`` inside ``source``. Raise UserError if an output would replace an
    input, if two outputs would be the same file, or if there is no image.
    """
    to_folder = str(target).endswith(("/", os.sep))
    source, target = Path(source), Path(target)
    if source.is_dir():
        return _plan_folder(source, target, recursive)
    if not source.exists():
        raise UserError(f"{source}: no such file or folder. Check the path")
    if recursive:
        raise UserError(f"{source}: is a file, but --recursive is for folders. Leave it out")
    result = target / _named(source).name if to_folder or target.is_dir() else target
    check_target(result)
    if result.exists() and result.samefile(source):
        raise UserError(f"{source}: the result would replace it. Give another name")
    return ImageJobs([(source, result)])


def _plan_folder(source: Path, target: Path, recursive: bool) -> ImageJobs:
    if target.exists() and not target.is_dir():
        raise UserError(f"{target}: is a file, but {source} is a folder. Give a folder")
    if target.resolve() == source.resolve():
        raise UserError(f"{source}: the results would replace the images. Give another folder")
    jobs = ImageJobs([])
    sources: dict[str, Path] = {}
    for path in _files(source, target.resolve(), recursive):
        if path.suffix.lower() not in READABLE:
            jobs.foreign.append(path)
            continue
        result = target / _named(path.relative_to(source))
        # In lower case, because a case-insensitive file system would let one replace the other.
        other = sources.setdefault(str(result).lower(), path)
        if other != path:
            raise UserError(f"{path} and {other.name} would both become {result}. Rename one of them")
        jobs.pairs.append((path, result))
    if not jobs.pairs:
        hint = "Check the path" if recursive else "Check the path, or give --recursive for its subfolders"
        raise UserError(f"{source}: folder contains no images ({' '.join(READABLE)}). {hint}")
    inputs = {path.resolve() for path, _ in jobs.pairs}
    for path, result in jobs.pairs:
        if result.resolve() in inputs:
            raise UserError(f"{path}: the result would replace the image {result}. Give another folder")
    return jobs


def _files(source: Path, target: Path, recursive: bool) -> list[Path]:
    """Return the folder's visible files by name, except those of ``target``."""

    def fail(error: OSError) -> None:
        raise UserError(f"{error.filename}: {error.strerror}. Give a folder that can be read")

    visible = []
    for root, folders, files in os.walk(source, onerror=fail):
        folder = Path(root)
        inner = [n for n in sorted(folders) if not n.startswith(".") and (folder / n).resolve() != target]
        folders[:] = inner if recursive else []
        visible += [folder / name for name in sorted(files) if not name.startswith(".")]
    return visible


def _named(path: Path) -> Path:
    return path if path.suffix.lower() in SUFFIXES else path.with_suffix(".png")
