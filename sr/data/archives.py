"""Archives of images: download with checksum and mirrors, and safe unpacking of one folder.

pooch verifies what sr.data.transfer downloads. Archives whose checksum is unpublished need more than the standard
library when unpacked: tarfile's "data" filter lets links, decompression bombs and Windows paths pass, and zipfile has
no filter.
"""

import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

import pooch
import requests
from filelock import FileLock

from sr.core.errors import UserError, reason_of
from sr.data import transfer
from sr.data.formats import Download
from sr.data.transfer import Transfer, file_name

RETRIES = 2  # the host of EDSR's archives often resets the first connection
LARGEST = 50 * 10**9  # bytes of an archive of unknown size

# Images hardly compress, so a larger unpacked size means a decompression bomb.
MAX_RATIO = 20  # unpacked to packed size
MAX_EXTRA = 64 * 2**20  # bytes, so that small archives are not rejected
MAX_HEADER = 2**20  # bytes of metadata of one member

_METADATA = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)

# Everything that the unpackers raise for a damaged archive.
_UNPACK_ERRORS = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, RuntimeError, OSError, ValueError, LookupError, ArithmeticError, MemoryError),
)


@dataclass(frozen=True)
class _Member:
    """One entry of an archive; ``open`` gives its ``size`` bytes, or None if it is not a regular file."""

    path: PurePosixPath
    size: int
    regular: bool
    open: Callable[[], IO[bytes] | None]


def download(item: Download, folder: Path) -> Path:
    """Return the local copy of an archive in ``folder``; fetch it if it is missing or its checksum is wrong.

    Raise UserError with the address and the reason: no or a slow answer, HTTP status, wrong size or checksum, no space.
    """
    name = file_name(item.url)
    cache = pooch.create(folder, "", registry={name: item.published}, urls={name: item.url}, retry_if_failed=RETRIES)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{name}.lock"):
            if not (folder / name).exists():
                _check_space(item, folder)
            # An archive and its images must both fit on the disk.
            limit = min(LARGEST, shutil.disk_usage(folder).free // 2) if item.bytes is None else item.bytes
            return Path(cache.fetch(name, downloader=Transfer(item.bytes, limit)))
    except (OSError, ValueError) as error:
        raise UserError(f"{item.url}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Summarise an error of network, disk or checksum; those of requests are three lines long."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP status {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"timed out after {transfer.TIMEOUT} s without a byte"
    if isinstance(error, requests.RequestException):
        return f"connection failed ({type(error).__name__})"
    # pooch raises ValueError for a wrong checksum, with both values, after deleting the file.
    return " ".join(str(error).split()).rstrip(".")


def _check_space(item: Download, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if item.bytes is not None and free < item.bytes:
        raise OSError(f"{item.bytes / 1e9:.1f} GB do not fit into {folder}, which has {free / 1e9:.1f} GB free")


def unpack(archive: Path, folder: str, suffixes: list[str], target: Path) -> None:
    """Copy the files directly in the archive's ``folder`` that end in ``suffixes`` into the directory ``target``.

    Raise UserError for a damaged archive, a member that points outside, a link, or if no file matches.
    """
    try:
        for member in _matching(archive, folder, suffixes):
            _copy(member, archive, target)
    except UserError:
        raise
    except _UNPACK_ERRORS as error:
        reason = reason_of(error)
        raise UserError(f"{archive}: cannot be unpacked ({reason}). Download it again, or check the disk") from None
    if not any(target.iterdir()):
        raise UserError(f"{archive}: contains no {'/'.join(suffixes)} file in {folder}/")


def _copy(member: _Member, archive: Path, target: Path) -> None:
    """Write a member's bytes under its last name; its path, owner and mode are ignored."""
    stream = member.open() if member.regular else None
    if stream is None:
        raise UserError(f"{archive}: member {str(member.path)!r} is a link or a device, not a file; nothing unpacked")
    with stream as source, open(target / member.path.name, "xb") as copy:
        shutil.copyfileobj(source, copy)


def _matching(archive: Path, folder: str, suffixes: list[str]) -> Iterator[_Member]:
    """Yield the visible members directly in ``folder`` with one of the ``suffixes``.

    Raise UserError for an archive that points outside itself, or whose members are too large in total.
    """
    budget = archive.stat().st_size * MAX_RATIO + MAX_EXTRA
    for member in _members(archive):
        path = member.path
        if not _is_inside(path):
            raise UserError(f"{archive}: member {str(path)!r} points outside the archive; nothing unpacked")
        budget -= member.size + tarfile.BLOCKSIZE  # empty members cost time, too
        if budget < 0:
            raise UserError(f"{archive}: unpacks to over {MAX_RATIO} times its size; nothing unpacked")
        visible = not path.name.startswith(".")
        if path.parent == PurePosixPath(folder) and path.suffix.lower() in suffixes and visible:
            yield member


def _is_inside(path: PurePosixPath) -> bool:
    """Return whether a member's path stays in its folder on every system, Windows included."""
    windows = PureWindowsPath(str(path))
    outside = path.is_absolute() or windows.anchor or ".." in windows.parts
    return not outside and not {*path.name} & {*"\\:"} and path.name.isprintable()


class _CheckedHeader(tarfile.TarInfo):
    """Tar header with bounded sizes: tarfile would read names of gigabytes, or seek backwards forever."""

    def _block(self, count: int) -> int:
        if count < 0 or (self.type in _METADATA and count > MAX_HEADER):
            raise tarfile.ReadError(f"invalid size in a header: {count}")
        return super()._block(count)  # type: ignore[misc]


def _members(archive: Path) -> Iterator[_Member]:
    # Tar first: the end of a tar file that contains a zip file looks like a zip file.
    try:
        opened = tarfile.open(archive, tarinfo=_CheckedHeader)  # noqa: SIM115 - closed by the `with` below
    except tarfile.TarError:
        yield from _zip_members(archive)
        return
    with opened as tar:
        for entry in tar:
            yield _Member(PurePosixPath(entry.name), entry.size, entry.isfile(), partial(tar.extractfile, entry))


def _zip_members(archive: Path) -> Iterator[_Member]:
    if not zipfile.is_zipfile(archive):
        raise UserError(f"{archive}: neither a tar nor a zip archive; the server may have sent a web page")
    with zipfile.ZipFile(archive) as opened:
        for item in opened.infolist():
            mode = stat.S_IFMT(item.external_attr >> 16)  # the upper half is the Unix mode
            regular = not item.is_dir() and mode in (0, stat.S_IFREG)
            yield _Member(PurePosixPath(item.filename), item.file_size, regular, partial(opened.open, item))
