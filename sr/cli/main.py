"""Reproduce papers on neural architecture search for light super-resolution, step by step."""

import argparse
import ast
import importlib
import os
import sys
import time
import warnings
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NoReturn

from sr.core.energy import Meter
from sr.core.errors import UserError, one_line
from sr.core.memory import exhausted

HERE = Path(__file__).parent


def main(argv: list[str] | None = None) -> int:
    """Run one verb; return 0, or 1 after one line on stderr if the user can mend what went wrong.

    A signal that a verb obeys in good order gives 128 + its number, as in a shell.
    """
    argv = sys.argv[1:] if argv is None else argv
    # PyTorch reads it at its first tensor. The system hands out memory anew for each large tensor of an image; in
    # pages of 2 MB instead of 4 KB, inference takes half the time.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {one_line(str(message))}", file=sys.stderr)
    try:
        arguments = _parser(argv).parse_args(argv)
        arguments.command = argv
        start, meter = time.monotonic(), Meter() if arguments.record else None
        # What a verb enters here it leaves after the record is written: only then is all done.
        with ExitStack() as arguments.closing:
            facts = importlib.import_module(f"sr.cli.{arguments.verb}").run(arguments)
            # A verb may leave the record to another process.
            if meter and arguments.record:
                _record(arguments, argv, _used(start, meter, facts or {}), facts or {})
        sys.stdout.flush()
    except UserError as error:
        return _fail(str(error), error.code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(f"{error.filename or 'system'}: {error.strerror or error}. Check path, permissions and disk space")
    except (MemoryError, RuntimeError) as error:
        # Wherever no verb has a better remedy.
        if (where := exhausted(error)) is None:
            raise
        return _fail(f"out of memory: the {where} has not enough for {argv[0]}. Use a machine with more")
    except KeyboardInterrupt:
        return _fail("interrupted")
    return 0


def verbs() -> dict[str, str]:
    """Return every verb and its one-line help, read without importing the modules."""
    files = sorted(path for path in HERE.glob("*.py") if path.stem not in ("__init__", "main"))
    return {path.stem: (ast.get_docstring(ast.parse(path.read_text())) or "").splitlines()[0] for path in files}


class _Parser(argparse.ArgumentParser):
    """argparse with the project's habit for errors: one line, exit code 1."""

    def error(self, message: str) -> NoReturn:
        """Raise UserError, which ends in one line and exit code 1."""
        raise UserError(f"{message}. See: {self.prog} --help")


def _parser(argv: list[str]) -> argparse.ArgumentParser:
    """Build the parser; only the verb that is called is imported."""
    parser = _Parser(prog="python -m sr", description=__doc__)
    commands = parser.add_subparsers(dest="verb", metavar="verb", required=True)
    for name, text in verbs().items():
        command = commands.add_parser(name, help=text, description=text)
        if argv and argv[0] == name:
            importlib.import_module(f"sr.cli.{name}").add_arguments(command)
            command.add_argument("--record", metavar="FILE", help="write how the result was made to this JSON file")
    return parser


def _record(arguments: argparse.Namespace, argv: list[str], used: dict, facts: dict) -> None:
    from sr.core import files, provenance

    params = getattr(arguments, "params", None)
    files.write_json(arguments.record, provenance.describe(argv, params, used, facts))


def _used(start: float, meter: Meter, facts: dict) -> dict:
    """Return seconds and energy; of a resumed run all seconds up to its state count, the energy is known in part."""
    seconds, energy, earlier = time.monotonic() - start, meter.stop(facts.get("devices", 1)), facts.get("resumed")
    if earlier:
        seconds, energy = seconds + earlier["seconds"], None
    return {"seconds": round(seconds, 3), "energy": energy}


def _fail(message: str, code: int = 1) -> int:
    with suppress(OSError):  # nobody reads on, or stderr is a file on the disk that is full
        print(f"error: {one_line(message)}", file=sys.stderr)
    return code
