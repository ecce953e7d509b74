"""Pairs of input and output image files: one file, several, or a folder with or without its subfolders."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sr.core.arguments import check_regular
from sr.core.errors import UserError
from sr.data.images import SUFFIXES
from sr.use.pictures import READABLE, check_target


@dataclass(frozen=True)
class ImageJobs:
    """``pairs`` of (source, target) in order; ``foreign``: files of the folder that are not images."""

    pairs: list[tuple[Path, Path]]
    foreign: list[Path] = field(default_factory=list)


def plan(sources: Sequence[str | os.PathLike], target: str | os.PathLike, recursive: bool = False) -> ImageJobs:
    """Return the outputs at ``target`` of one file or folder, or of several files, before the first is written.

    Images keep their names in a folder, except that a GIF becomes a PNG; with ``recursive``, subfolders are mirrored.
    Hidden files are skipped, and so is ``target`` inside the source. Raise UserError if an output would replace an
    input, if two outputs would be the same file, or if there is no image.
    """
    to_folder = str(target).endswith(("/", os.sep)) or Path(target).is_dir()
    paths = list(dict.fromkeys(map(Path, sources)))
    target = Path(target)
    if len(paths) == 1 and paths[0].is_dir():
        return _plan_folder(paths[0], target, recursive)
    for path in paths:
        if not path.exists():
            raise UserError(f"{path}: no such file or folder. Check the path")
        if path.is_dir():
            raise UserError(f"{path}: is a folder. Give files only, or one folder alone")
    if recursive:
        raise UserError(f"{paths[0]}: is a file, but --recursive is for folders. Leave it out")
    if len(paths) == 1:
        result = target / _named(paths[0]).name if to_folder else target
        check_target(result)
        return checked([(paths[0], result)])
    if not to_folder and (target.exists() or target.suffix.lower() in SUFFIXES):
        raise UserError(f"{target}: is a file, but the results of {len(paths)} images need a folder. Give it last")
    return checked([(path, target / _named(path).name) for path in paths])


def _plan_folder(source: Path, target: Path, recursive: bool) -> ImageJobs:
    if target.exists() and not target.is_dir():
        raise UserError(f"{target}: is a file, but {source} is a folder. Give a folder")
    if target.resolve() == source.resolve():
        raise UserError(f"{source}: the results would replace the images. Give another folder")
    images: list[Path] = []
    foreign: list[Path] = []
    for path in _files(source, target.resolve(), recursive):
        (images if path.suffix.lower() in READABLE else foreign).append(path)
    if not images:
        hint = "Check the path" if recursive else "Check the path, or give --recursive for its subfolders"
        raise UserError(f"{source}: folder contains no images ({' '.join(READABLE)}). {hint}")
    return checked([(path, target / _named(path.relative_to(source))) for path in images], foreign)


def checked(pairs: list[tuple[Path, Path]], foreign: list[Path] | None = None) -> ImageJobs:
    """Return the pairs; raise UserError if two have the same output, or if one is an input."""
    sources: dict[str, Path] = {}
    inputs = {path.resolve() for path, _ in pairs}
    for path, result in pairs:
        # In lower case, because a case-insensitive file system would let one replace the other.
        other = sources.setdefault(str(result).lower(), path)
        if other != path:
            raise UserError(f"{path} and {other.name} would both become {result}. Rename one of them")
        check_regular(result)
        if result.resolve() in inputs or (result.exists() and result.samefile(path)):
            raise UserError(f"{path}: the result would replace the image {result}. Give another name or folder")
    return ImageJobs(pairs, foreign or [])


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
