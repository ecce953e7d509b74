"""Results of a run in one small file: genotypes, histories, metrics, counts and records, without weights."""

import lzma
import tarfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from sr.core.files import atomic_path

FOLDERS = ("search", "genotype", "retrain", "evaluate", "counts", "rank", "records")


def pack(results: Path, renamed: Mapping[str, str] | None = None) -> bytes:
    """Return the archive of a run's folder ``results``; the same files give the same bytes.

    ``renamed``: texts to write instead of others, such as names for paths of the machine.
    """
    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in _files(results):
            entry = tarfile.TarInfo(f"results/{path.relative_to(results).as_posix()}")
            content = path.read_bytes()
            for old, new in (renamed or {}).items():
                content = content.replace(old.encode(), new.encode())
            entry.size = len(content)
            archive.addfile(entry, BytesIO(content))
    return lzma.compress(stream.getvalue(), preset=9)


def write(results: Path, path: Path, renamed: Mapping[str, str] | None = None) -> None:
    """Write the archive of ``results`` to ``path``."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(pack(results, renamed))


def _files(results: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (path for path in sorted((results / folder).rglob("*")) if path.is_file())
