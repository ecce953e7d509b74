"""Atomic file writes, bounded reads of JSON, and content digests."""

import csv
import hashlib
import io
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sr.core.arguments import check_regular
from sr.core.errors import UserError

ROOT = Path(__file__).resolve().parents[2]  # folder of the package sr
# What comes with the package: data/, results/zoo/ and workflow/ of the checkout, or their copies in a wheel.
SHARE = next(path for path in (ROOT / "sr" / "share", ROOT) if path.is_dir())
DEEPEST = 64  # levels of nesting in a JSON or YAML file
MOST_VALUES = 1_000_000


@contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path next to ``path``; rename it to ``path`` only if the block succeeds."""
    target = Path(path)
    check_regular(target)
    # The suffix stays last because writers such as numpy and matplotlib choose the format by it. A name may have 255
    # bytes, and this one is longer.
    name = str(target.parent / f".{target.stem[:32]}.{secrets.token_hex(4)}{target.suffix[:16]}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Not by tempfile, whose files no group may read: the user's umask decides.
        handle = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}). Check the folder and its permissions") from None
    mode = stat.S_IMODE(os.fstat(handle).st_mode)
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, mode)  # a writer may have replaced the file
        if target.is_dir():
            raise UserError(f"{path}: is a folder. Give a file name")
        os.replace(name, target)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, name):
            error.filename = str(path)  # the error of a full disk names no file
        raise


def check_writable(*paths: str | os.PathLike) -> None:
    """Raise UserError if a file cannot be written there, before a long run rather than after it."""
    for path in map(Path, paths):
        check_regular(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path.parent) as stream:
                stream.write(b"-")
        except OSError as error:
            reason = error.strerror
            raise UserError(f"{path}: cannot be written ({reason}). Check folder, permissions and disk space") from None


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write ``text`` (UTF-8) to ``path`` atomically."""
    try:
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}). Check the folder and disk space") from None


def write_json(path: str | os.PathLike, value: Any) -> None:
    """Write ``value`` as indented JSON to ``path`` atomically; keys keep their order."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: str | os.PathLike) -> Any:
    """Return the JSON document in ``path``; raise UserError if it is missing or not JSON."""
    try:
        return bounded(json.loads(Path(path).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file. Check the path, or run the step that makes it") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not a JSON document ({error}). Restore or rebuild the file") from None


def bounded(value: Any) -> Any:
    """Return plain data unchanged; raise ValueError if it is deeper or larger than any file of this project.

    A few lines of YAML can expand to billions of values, or to a value that contains itself.
    """
    level, count = [value], 0
    for _ in range(DEEPEST):
        following: list[Any] = []
        for outer in level:
            inner = outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list | tuple) else ()
            count += len(inner)
            if count > MOST_VALUES:
                raise ValueError(f"more than {MOST_VALUES:,} values")
            following += inner
        if not following:
            return value
        level = following
    raise ValueError(f"more than {DEEPEST} levels of nesting")


def user_path(text: str | os.PathLike) -> Path:
    """Return a path with ``~`` expanded; that of an unknown user is left unchanged."""
    return Path(os.path.expanduser(text))


def sha256_file(path: str | os.PathLike) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest(value: Any) -> str:
    """Return the SHA-256 of ``value`` as canonical JSON (sorted keys, no spaces)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class CsvLog:
    """Append rows of numbers to a CSV file, each row written before the next begins."""

    def __init__(self, path: str | os.PathLike) -> None:
        check_regular(path)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        # Written in place, so what an earlier run made must not share its content with a link.
        Path(path).unlink(missing_ok=True)
        # Unbuffered, so that nothing is left to write after a full disk has ended the run.
        self._stream = Path(path).open("wb", buffering=0)  # noqa: SIM115 - closed by __exit__
        self._path, self._text = path, ""

    def write(self, row: dict[str, Any]) -> None:
        """Append ``row``; the first row's keys become the header. Raise UserError if the disk is full."""
        line = io.StringIO(newline="")
        writer = csv.DictWriter(line, fieldnames=list(row))
        if not self._text:
            writer.writeheader()
        writer.writerow({k: f"{v:.8g}" if isinstance(v, float) else v for k, v in row.items()})
        self._append(line.getvalue())

    def state_dict(self) -> dict[str, Any]:
        """Return everything written so far."""
        return {"text": self._text}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Write what an interrupted run had written."""
        self._append(state["text"])

    def _append(self, text: str) -> None:
        rest = text.encode()
        try:
            # A nearly full disk accepts a part before it reports an error.
            while rest:
                rest = rest[self._stream.write(rest) :]
        except OSError as error:
            raise UserError(f"{self._path}: cannot be written ({error.strerror}). Make room and run again") from None
        self._text += text

    def __enter__(self) -> "CsvLog":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
