"""One archive: downloaded whole and checked, and one folder of it unpacked without trust in its member names."""

import lzma
import shutil
import stat
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO
from urllib.parse import urlsplit

import pooch
import requests
from filelock import FileLock
from tqdm import tqdm

from sr.core.errors import UserError

RETRIES = 2  # the host of EDSR's archives often resets the first connection
TIMEOUT = 30  # seconds without a byte
CHUNK = 2**20  # bytes; pooch's default of 1024 is slow on archives of gigabytes

# An archive of images is hardly smaller than they are; one that says it holds more than this is no such archive.
MOST_TIMES = 20  # its own size
MOST_ON_TOP = 64 * 2**20  # bytes
MOST_HEADER = 2**20  # bytes that describe one member

_DESCRIBING = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)

# Damage shows as whichever of these the unpacker meets first.
_DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, RuntimeError, OSError, ValueError, LookupError, ArithmeticError, MemoryError),
)


@dataclass(frozen=True)
class Download:
    """An archive's address, the folder in it, and how to recognise it (None: nobody published that)."""

    url: str
    folder: str
    checksum: str | None
    bytes: int | None


@dataclass(frozen=True)
class _Member:
    """One entry of an archive; ``open`` gives its ``size`` bytes, or None if it is no regular file."""

    path: PurePosixPath
    size: int
    regular: bool
    open: Callable[[], IO[bytes] | None]


def download(wanted: Download, folder: Path) -> Path:
    """Return the local copy of an archive in ``folder``; fetch it if it is absent or its checksum is wrong.

    Raise UserError with the address and the reason: no answer, HTTP status, wrong checksum, no space.
    """
    file = PurePosixPath(urlsplit(wanted.url).path).name
    store = pooch.create(folder, "", registry={file: wanted.checksum}, urls={file: wanted.url}, retry_if_failed=RETRIES)
    hooks = {"response": _refuse_downgrade}
    client = pooch.HTTPDownloader(progressbar=_bar(file, wanted), chunk_size=CHUNK, timeout=TIMEOUT, hooks=hooks)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{file}.lock"):
            if not (folder / file).exists():
                _refuse_full_disk(wanted, folder)
            return Path(store.fetch(file, downloader=client))
    except (OSError, ValueError) as error:
        raise UserError(f"{wanted.url}: {_reason(error)}") from None


def _refuse_downgrade(answer: requests.Response, **_: object) -> None:
    """Refuse to be sent from https to http, where anybody on the way can put in another archive."""
    target = answer.headers.get("Location", "") if answer.is_redirect else ""
    if answer.url.startswith("https:") and target.lower().startswith("http:"):
        raise OSError(f"sent on to {target}, which is not https")


def _bar(file: str, wanted: Download) -> tqdm:
    """Return a progress bar: alive on a terminal, refreshed every ten seconds where stderr goes to a log."""
    often = 0.1 if sys.stderr.isatty() else 10
    # pooch sets the total when the server tells it, but a bar without any counts as "no bar" for it.
    return tqdm(desc=file, total=wanted.bytes or 1, unit="B", unit_scale=True, ncols=100, mininterval=often)


def _reason(error: Exception) -> str:
    """Put an error of network, disk or checksum into a few words; requests' own run over three lines."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP status {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"timed out after {TIMEOUT} s without a byte"
    if isinstance(error, requests.RequestException):
        return f"connection failed or broke off ({type(error).__name__})"
    # A wrong checksum is pooch's ValueError, which has expected and found; the file is gone by then.
    return " ".join(str(error).split()).rstrip(".")


def _refuse_full_disk(wanted: Download, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if wanted.bytes is not None and free < wanted.bytes:
        raise OSError(f"{wanted.bytes / 1e9:.1f} GB do not fit into {folder}, where {free / 1e9:.1f} GB are free")


def unpack(archive: Path, folder: str, suffixes: tuple[str, ...], target: Path) -> None:
    """Copy the files directly in the archive's ``folder`` that end in ``suffixes`` into the directory ``target``.

    Raise UserError for a damaged archive, for a member that points outside, for a link, and if nothing fits.
    """
    try:
        for member in _wanted(archive, folder, suffixes):
            _copy(member, archive, target)
    except UserError:
        raise
    except _DAMAGE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{archive}: cannot be unpacked ({reason}). Fetch it again, or check the disk") from None
    if not any(target.iterdir()):
        raise UserError(f"{archive}: has no {'/'.join(suffixes)} file in {folder}/")


def _copy(member: _Member, archive: Path, target: Path) -> None:
    """Write a member's bytes under its last name only, so that no path or owner in the archive has a say."""
    stream = member.open() if member.regular else None
    if stream is None:
        raise UserError(
            f"{archive}: member {str(member.path)!r} is a link or a device, not a file; nothing was unpacked"
        )
    with stream as source, open(target / member.path.name, "xb") as copy:
        shutil.copyfileobj(source, copy)


def _wanted(archive: Path, folder: str, suffixes: tuple[str, ...]) -> Iterator[_Member]:
    """Yield the members directly in ``folder`` with such an ending.

    Raise UserError for an archive that points outside itself, or holds far more than an archive of images can.
    """
    left = archive.stat().st_size * MOST_TIMES + MOST_ON_TOP
    for member in _members(archive):
        path = member.path
        if not _inside(path):
            raise UserError(f"{archive}: member {str(path)!r} points outside the archive; nothing was unpacked")
        left -= member.size + tarfile.BLOCKSIZE  # an empty one costs, too
        if left < 0:
            raise UserError(f"{archive}: unpacks to over {MOST_TIMES} times its size; nothing was unpacked")
        visible = not path.name.startswith(".")
        if path.parent == PurePosixPath(folder) and path.suffix.lower() in suffixes and visible:
            yield member


def _inside(path: PurePosixPath) -> bool:
    """Return whether a member's path stays in its folder and is one path everywhere, on Windows too."""
    windows = PureWindowsPath(str(path))
    outside = path.is_absolute() or windows.anchor or ".." in windows.parts
    return not outside and not {*path.name} & {*"\\:"} and path.name.isprintable()


class _Header(tarfile.TarInfo):
    """A member's header that says no absurd sizes: tarfile would read gigabytes of names, or run backwards forever."""

    def _block(self, count: int) -> int:
        if count < 0 or (self.type in _DESCRIBING and count > MOST_HEADER):
            raise tarfile.ReadError(f"a header says {count} bytes")
        return super()._block(count)  # type: ignore[misc]


def _members(archive: Path) -> Iterator[_Member]:
    # Tar first: the end of a tar file may look like a zip file that it holds.
    try:
        opened = tarfile.open(archive, tarinfo=_Header)  # noqa: SIM115 - closed below, by `with`
    except tarfile.TarError:
        yield from _zip_members(archive)
        return
    with opened as tar:
        for entry in tar:
            yield _Member(PurePosixPath(entry.name), entry.size, entry.isfile(), partial(tar.extractfile, entry))


def _zip_members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for item in packed.infolist():
                # The upper half of external_attr is the Unix mode.
                kind = stat.S_IFMT(item.external_attr >> 16)
                regular = not item.is_dir() and kind in (0, stat.S_IFREG)
                yield _Member(PurePosixPath(item.filename), item.file_size, regular, partial(packed.open, item))
    else:
        raise UserError(f"{archive}: neither a tar nor a zip archive; the server may have sent a web page")
