"""Benchmark sets at hand: the user's folders, and sets that were fetched; nothing is downloaded here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sr.core.errors import UserError
from sr.core.files import user_path
from sr.data import sources
from sr.data.content_digest import ContentDigest
from sr.data.images import image_files, read_rgb

NAMES = ("Set5", "Set14", "B100", "Urban100")  # for which the papers print numbers
RAW = Path("data/raw")  # of unpacked sets, relative to the run's folder


@dataclass(frozen=True)
class Benchmark:
    """A set's HR images, and its published LR images, which EDSR's archive keeps beside them."""

    name: str
    folder: Path

    def lr_folder(self, scale: int) -> Path | None:
        """Return the folder of published LR images at a scale, or None if it is not at hand."""
        folder = self.folder.parent / "LR_bicubic" / f"X{scale}"
        return folder if self.folder.name == "HR" and folder.is_dir() else None


def at_hand(name: str, folders: Mapping[str, str]) -> Benchmark | None:
    """Return the set in ``folders`` (``data.folders``), or as it was fetched, or None."""
    folder = user_path(folders[name]) if name in folders else RAW / name
    return Benchmark(name, folder) if folder.is_dir() else None


def remedy(name: str) -> str:
    """Return how to get a set."""
    return f"Set data.folders.{name} to its folder of HR images, or run: snakemake --cores 1 data/packed/{name}/hr.npy"


def checked_digest(benchmark: Benchmark) -> str:
    """Return the content digest of the set; raise UserError if its pixels are not the published ones."""
    digest = ContentDigest()
    for path in image_files(benchmark.folder):
        digest.update(path.stem, read_rgb(path))
    known = sources.find(benchmark.name, benchmark.folder).digest
    if known not in (None, digest.hexdigest()):
        raise UserError(f"{benchmark.folder}: pixels or file names differ from the published {benchmark.name}")
    return digest.hexdigest()
