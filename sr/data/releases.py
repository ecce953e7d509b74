"""Weights that the papers' authors released: known by their SHA-256, fetched or given as files.

Entries of kind ``weights`` in data/sources.yaml describe them. Nothing is concluded from a file's name or tensors.
"""

import difflib
import os
import shutil
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

from sr.core.errors import UserError
from sr.core.files import atomic_path, sha256_file, user_path
from sr.data import sources
from sr.data.formats import Download, Weights

HOME = Path("data/weights")  # of fetched files, relative to the run's folder


@dataclass(frozen=True)
class Release:
    """A known checkpoint, and its file: the user's, or the one that ``fetch`` writes."""

    name: str
    entry: Weights
    file: Path


def known() -> dict[str, Weights]:
    """Return every checkpoint of data/sources.yaml by name."""
    return {name: entry for name, entry in sources.registry(sources.REGISTRY).items() if isinstance(entry, Weights)}


def find(name: str) -> Weights:
    """Return the checkpoint ``name``; raise UserError with the known names if there is none."""
    entries = known()
    if name not in entries:
        near = difflib.get_close_matches(name, entries, 1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise UserError(f"{name}: unknown checkpoint{hint} Known: {', '.join(entries)}, or the path of such a file")
    return entries[name]


def of_file(path: str | os.PathLike) -> str | None:
    """Return the name of the checkpoint with exactly these bytes, or None."""
    digest = sha256_file(path)
    return next((name for name, entry in known().items() if entry.sha256 == digest), None)


def resolve(entries: Iterable[str], methods: Container[str]) -> dict[str, Release]:
    """Return the checkpoints that ``data.releases`` lists, those of ``methods``, by name.

    An entry is a name of data/sources.yaml or the path of such a file. Raise UserError if it is neither.
    """
    releases: dict[str, Release] = {}
    for text in entries:
        name, file = _resolved(text)
        if name in releases:
            raise UserError(f"data.releases: {text} is {name}, which is listed twice. Remove one of the two")
        releases[name] = Release(name, find(name), file)
    return {name: release for name, release in releases.items() if release.entry.method in methods}


def is_path(text: str) -> bool:
    """Return whether an entry of ``data.releases`` is a path; names have neither a dot nor a slash."""
    return "." in text or "/" in text


def _resolved(text: str) -> tuple[str, Path]:
    if not is_path(text):
        return text, HOME / f"{text}.pt"
    path = user_path(text)
    if not os.path.isfile(path):  # pathlib's raises an error for a name that is too long
        raise UserError(f"data.releases: {text}: no such file. Correct the path or remove the entry")
    name = of_file(path)
    if name is None:
        raise UserError(f"data.releases: {text}: {unknown(path)}. Give one of them, or remove the entry")
    return name, path


def unknown(path: str | os.PathLike) -> str:
    """Return that a file is no known checkpoint, with its digest."""
    return f"not a checkpoint of data/sources.yaml (SHA-256 {sha256_file(path)}); known: {', '.join(known())}"


def fetch(name: str, root: Path, out: Path) -> Weights:
    """Download the checkpoint ``name`` to ``out`` and return its entry; downloads are kept in ``root``/downloads.

    Raise UserError if no address gives exactly the registered file.
    """
    # Imported here: Snakemake reads this module at each start, and pooch takes long.
    from sr.data.archives import download

    entry, problems = find(name), []
    for url in entry.urls:
        try:
            item = Download(url=url, bytes=entry.bytes, checksum=f"sha256:{entry.sha256}", folder=None)
            copy = download(item, root / "downloads")
        except UserError as error:
            problems.append(str(error))
            continue
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(out) as temporary:
            shutil.copyfile(copy, temporary)
        return entry
    raise UserError(
        f"{name}: cannot be downloaded: {'; '.join(problems)}. Put the path of your copy in data.releases (home page: "
        f"{entry.home})"
    )
