"""Types of arguments on the command line: outputs, checked together before any work, and numbers with bounds."""

import argparse
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sr.core.errors import UserError

# Folders of the system's own files; /dev/shm is a folder like any other.
SYSTEM = ("/dev", "/proc", "/sys")
MOST_THREADS = 1024
# What a figure and a table are written as.
FIGURES = (".png", ".svg", ".pdf")
TABLES = (".json", ".csv", ".md", ".tex", ".html")
# What --params is for verbs that measure: sr/core/settings.py.
SETTINGS = (
    "parameter file (default: params.yaml; in a folder without it: crop as many pixels as the scale, whole images, and "
    "a GPU if there is one)"
)


class Output:
    """Type of an argument that names a file to write, or one file for each of ``suffixes``."""

    def __init__(self, *suffixes: str) -> None:
        self.suffixes = suffixes or ("",)

    def __call__(self, text: str) -> Any:
        """Return the argument as the verb takes it."""
        return Path(text)

    def files(self, value: str | os.PathLike) -> list[str]:
        """Return the files that the verb writes for an argument."""
        return [f"{value}{suffix}" for suffix in self.suffixes]


class OutputImages(Output):
    """Type of an argument that names an image or a folder of images; the verb itself compares them with its inputs."""

    def __call__(self, text: str) -> str:
        """Return the argument with the slash at its end that tells a new folder from a file."""
        return text


class OutputFolder(Output):
    """Type of an argument that names a folder to write files in, or to keep them in."""

    def files(self, value: str | os.PathLike) -> list[str]:
        """Return nothing: which files, the verb alone knows."""
        return []


def check_outputs(actions: Iterable[argparse.Action], values: argparse.Namespace) -> None:
    """Raise UserError if an output is no file that may be replaced, or if it is an input or another output too."""
    outputs: dict[str, str] = {}
    inputs: dict[str, str] = {}
    compared: set[str] = set()
    for action in actions:
        name, value = "/".join(action.option_strings) or action.metavar or action.dest, getattr(values, action.dest, "")
        if not isinstance(action.type, Output):
            inputs |= {} if action.choices else {path: str(name) for path in _existing(value)}
        elif value is not None:
            for path in action.type.files(value):
                check_regular(path)
                if not isinstance(action.type, OutputImages):
                    _check_place(path)
                if other := outputs.get(_place(path)):
                    raise UserError(f"{path}: both {other} and {name} would write it. Give each a file of its own")
                outputs[_place(path)] = str(name)
                compared |= set() if isinstance(action.type, OutputImages) else {_place(path)}
    for path in compared:
        name = outputs[path]
        if source := inputs.get(path):
            raise UserError(f"{path}: {name} would replace an input ({source}). Give another file")
        if os.path.isfile(path) and (source := inputs.get(os.path.dirname(path))):
            raise UserError(f"{path}: {name} would replace a file in a folder of inputs ({source}). Give another file")


def named_paths(actions: Iterable[argparse.Action], values: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Return the words of a call that may name an input, also after NAME=, and the files that it writes."""
    inputs: list[str] = []
    outputs: list[str] = []
    for action in actions:
        value = getattr(values, action.dest, None)
        if isinstance(action.type, Output):
            outputs += action.type.files(value) if value is not None else []
        elif not action.choices:
            texts = [os.fspath(entry) for entry in _listed(value) if isinstance(entry, str | os.PathLike)]
            inputs += [path for text in texts for path in (text, text.partition("=")[2]) if path]
    return inputs, outputs


def check_regular(path: str | os.PathLike) -> None:
    """Raise UserError if ``path`` is a device, a pipe or a socket, which a file would replace; a folder may be one."""
    if not os.path.lexists(path):
        return
    parent = os.path.dirname(_place(path)) + "/"
    # What looks like a file there may be a link to an open stream, such as /dev/stdout.
    system = parent.startswith(tuple(f"{folder}/" for folder in SYSTEM)) and not parent.startswith("/dev/shm/")  # noqa: S108
    if system or (os.path.exists(path) and stat.S_IFMT(os.stat(path).st_mode) not in (stat.S_IFREG, stat.S_IFDIR)):
        raise UserError(f"{path}: is not a regular file. Give the name of a file to write")


def _check_place(path: str) -> None:
    """Raise UserError if no file can be written as ``path``, which is known before any work; make nothing."""
    if os.path.isdir(path):
        raise UserError(f"{path}: is a folder. Give a file name")
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    reason = None if os.path.isdir(folder) else "Not a directory"
    effective = os.access in os.supports_effective_ids
    if reason is None and not os.access(folder, os.W_OK | os.X_OK, effective_ids=effective):
        reason = "Permission denied"
    if reason:
        raise UserError(f"{path}: cannot be written ({reason}). Check the folder and its permissions")


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Return the argument type of a whole number within bounds, both included."""

    def convert(text: str) -> int:
        # The length first: Python refuses to convert thousands of digits.
        if len(text) < 20 and text.isascii() and text.removeprefix("-").isdigit() and lowest <= int(text) <= highest:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from {lowest:,} to {highest:,}")

    return convert


def number(lowest: float, highest: float) -> Callable[[str], float]:
    """Return the argument type of a number within bounds, both included."""

    def convert(text: str) -> float:
        with suppress(ValueError):
            if lowest <= float(text) <= highest:  # false for nan
                return float(text)
        raise argparse.ArgumentTypeError(f"{text!r}: must be a number from {lowest:,} to {highest:,}")

    return convert


threads = whole(1, MOST_THREADS)
# As in params.yaml.
crop_border = whole(0, 64)
tile = whole(0, 4096)
state_every = number(0, 604_800)


def _existing(value: Any) -> Iterator[str]:
    """Yield the files and folders that an argument names, also after NAME=, in full."""
    for entry in _listed(value):
        if isinstance(entry, str | os.PathLike):
            text = os.fspath(entry)
            for path in (text, text.partition("=")[2]):
                if path and os.path.exists(path):
                    # A link names two: replacing either changes what it gives.
                    yield from (_place(path), os.path.realpath(path))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _place(path: str | os.PathLike) -> str:
    """Return the full path of a file, without following it if it is a link, because writing replaces the link."""
    folder, name = os.path.split(os.fspath(path))
    return os.path.join(os.path.realpath(folder), name)


def named_files(pairs: Iterable[str]) -> dict[str, str]:
    """Return {name: file} of arguments NAME=FILE; raise UserError for another form, and for a name that is repeated."""
    files: dict[str, str] = {}
    for name, _, file in (pair.partition("=") for pair in pairs):
        if not (name and file):
            raise UserError(f"{name or file}: not of the form NAME=FILE. Give the genotype file after the =")
        if name in files:
            raise UserError(f"{name}: both {files[name]} and {file}. Give each name once")
        files[name] = file
    return files
