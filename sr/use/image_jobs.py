"""Which image file becomes which: one file, or a folder with or without its subfolders."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from sr.core.errors import UserError
from sr.data.images import SUFFIXES
from sr.use.pictures import READABLE, check_target


@dataclass(frozen=True)
class Jobs:
    """``pairs`` of (source, target) in order; ``foreign``: files of the folder that are no images."""

    pairs: list[tuple[Path, Path]]
    foreign: list[Path] = field(default_factory=list)


def plan(source: str | os.PathLike, target: str | os.PathLike, recursive: bool = False) -> Jobs:
    """Return what to make of a file or folder ``source`` at ``target``; the list is complete before any is made.

    A folder's images keep their names, a GIF becomes a PNG; with ``recursive`` subfolders are mirrored. Hidden
    files are left out, and so is ``target`` inside ``source``. Raise UserError if an image would be replaced by
    its own result, two would become one, or there is none.
    """
    source, into = Path(source), Path(target)
    if source.is_dir():
        return _plan_folder(source, into, recursive)
    if not source.exists():
        raise UserError(f"{source}: no such file or folder. Check the path")
    if recursive:
        raise UserError(f"{source}: is a file, and --recursive is for folders. Leave it out")
    to_folder = into.is_dir() or str(target).endswith(("/", os.sep))
    result = into / _named(source).name if to_folder else into
    check_target(result)
    if result.exists() and result.samefile(source):
        raise UserError(f"{source}: the result would replace it. Give another name")
    return Jobs([(source, result)])


def _plan_folder(source: Path, target: Path, recursive: bool) -> Jobs:
    if target.exists() and not target.is_dir():
        raise UserError(f"{target}: is a file, but {source} is a folder. Give a folder")
    if target.resolve() == source.resolve():
        raise UserError(f"{source}: the results would replace the images. Give another folder")
    jobs = Jobs([])
    made: dict[str, Path] = {}
    for path in _files(source, target.resolve(), recursive):
        if path.suffix.lower() not in READABLE:
            jobs.foreign.append(path)
            continue
        result = target / _named(path.relative_to(source))
        # Without regard to case: file systems that make no difference would let one replace the other.
        other = made.setdefault(str(result).lower(), path)
        if other != path:
            raise UserError(f"{path} and {other.name} would both become {result}. Rename one of them")
        jobs.pairs.append((path, result))
    if not jobs.pairs:
        hint = "Check the path" if recursive else "Check the path, or give --recursive for its subfolders"
        raise UserError(f"{source}: no image ({' '.join(READABLE)}) lies in this folder. {hint}")
    sources = {path.resolve() for path, _ in jobs.pairs}
    for path, result in jobs.pairs:
        if result.resolve() in sources:
            raise UserError(f"{path}: its result would replace the image {result}. Give another folder")
    return jobs


def _files(source: Path, target: Path, recursive: bool) -> list[Path]:
    """Return the folder's visible files by name, without those of ``target``."""

    def fail(error: OSError) -> None:
        raise UserError(f"{error.filename}: {error.strerror}. Give a folder that can be read")

    found = []
    for place, folders, files in os.walk(source, onerror=fail):
        here = Path(place)
        visible = [n for n in sorted(folders) if not n.startswith(".") and (here / n).resolve() != target]
        folders[:] = visible if recursive else []
        found += [here / name for name in sorted(files) if not name.startswith(".")]
    return found


def _named(path: Path) -> Path:
    return path if path.suffix.lower() in SUFFIXES else path.with_suffix(".png")
