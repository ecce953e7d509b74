"""Registry of data sets: those of data/sources.yaml, and the user's own."""

import difflib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sr.core.errors import UserError
from sr.core.files import SHARE, user_path
from sr.core.formats import parse
from sr.core.yaml_files import parse_yaml
from sr.data.formats import Archive, FolderEntry, Manual, Package, Registry, Weights

REGISTRY = SHARE / "data" / "sources.yaml"


@dataclass(frozen=True)
class Dataset:
    """A set by name: its registry entry, None for a set of the user's own, and the user's folder, if any."""

    name: str
    entry: Archive | Package | Manual | None
    folder: Path | None

    @property
    def kind(self) -> str:
        """Return archive, package, manual or own."""
        return self.entry.kind if self.entry else "own"

    @property
    def licence(self) -> str:
        """Return the terms of use."""
        return self.entry.licence if self.entry else "the user's own images"

    @property
    def count(self) -> int | None:
        """Return the registered number of images."""
        return self.entry.count if self.entry else None

    @property
    def digest(self) -> str | None:
        """Return the registered content digest."""
        return self.entry.digest if isinstance(self.entry, FolderEntry) else None

    @property
    def files(self) -> dict[str, str]:
        """Return the registered SHA-256 of each file; only sets inside a package have them."""
        return self.entry.files if isinstance(self.entry, Package) else {}


def names() -> list[str]:
    """Return the names of all registered sets."""
    return list(_sets())


def _sets() -> dict[str, Archive | Package | Manual]:
    return {name: entry for name, entry in registry(REGISTRY).items() if not isinstance(entry, Weights)}


def find(name: str, folder: str | os.PathLike | None = None) -> Dataset:
    """Return the set ``name``; one that is not registered is the user's own and needs a ``folder``.

    Raise UserError with the known names if it has neither.
    """
    known = _sets()
    if name not in known and folder is None:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise UserError(
            f"{name}: unknown data set{hint} Known sets: {', '.join(known)}. For images of your own, give their folder "
            "in data.folders"
        )
    return Dataset(name, known.get(name), None if folder is None else user_path(folder))


@cache
def registry(path: Path) -> dict[str, Archive | Package | Manual | Weights]:
    """Return the entries of a registry file by name; raise UserError if it is not valid."""
    try:
        entries = parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a readable list of data sets ({error}). Restore the file") from None
    return parse(entries, Registry, str(path), remedy="Correct or restore the file").root
