"""Reproduce papers on neural architecture search for light super-resolution, step by step."""

import argparse
import importlib
import os
import sys
import time
import warnings
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NoReturn

from sr.core.allocator import keep_freed_memory
from sr.core.arguments import Output, check_outputs
from sr.core.energy import EnergyMeter
from sr.core.errors import UserError, one_line
from sr.core.memory import exhausted

HERE = Path(__file__).parent
COMMAND = "sr-nas"  # as in pyproject.toml


def main(argv: list[str] | None = None) -> int:
    """Run one verb; return 0, or 1 after a one-line message on stderr if the user can fix the problem.

    If a signal ended the verb cleanly, return 128 + its number, as a shell does.
    """
    argv = sys.argv[1:] if argv is None else argv
    keep_freed_memory()
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {one_line(str(message))}", file=sys.stderr)
    try:
        arguments = parse(argv)
        check_outputs(arguments.actions, arguments)
        arguments.command = argv
        before = _stamp(arguments.record)
        start = time.monotonic()
        meter = EnergyMeter() if arguments.record else None
        # Contexts that a verb enters here end only after the record is written.
        with ExitStack() as arguments.closing:
            facts = importlib.import_module(f"sr.cli.{arguments.verb}").run(arguments)
            # A verb may leave the record to another process.
            if meter and arguments.record:
                if _stamp(arguments.record) != before:
                    raise UserError(f"{arguments.record}: is a result, too. Give --record a file of its own")
                _record(arguments, argv, _used(start, meter, facts or {}), facts or {})
        if sys.stdout is not None:  # it is None if the caller has closed it
            sys.stdout.flush()
    except UserError as error:
        return _fail(str(error), error.code)
    except BrokenPipeError:
        _release_stdout()
        return 1
    except OSError as error:
        _release_stdout()
        return _fail(f"{error.filename or 'system'}: {error.strerror or error}. Check path, permissions and disk space")
    except (MemoryError, RuntimeError) as error:
        # Reached if the verb has no better remedy.
        if (where := exhausted(error)) is None:
            raise
        return _fail(f"out of memory: the {where} has too little for {argv[0]}. Use a machine with more")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "sr":
            raise
        return _fail(f"{argv[0]} needs {error.name}, which is not installed. Install the project's extra [pipeline]")
    except Warning as warning:  # as PYTHONWARNINGS=error asks for
        return _fail(str(warning))
    except KeyboardInterrupt:
        return _fail("interrupted")
    return 0


def parse(argv: list[str]) -> argparse.Namespace:
    """Return the arguments of one call, and its declarations as ``actions``; raise UserError for a mistake."""
    return _parser(argv).parse_args(argv)


def verbs() -> dict[str, str]:
    """Return every verb and its one-line help, read without importing the modules."""
    files = sorted(path for path in HERE.glob("*.py") if path.stem not in ("__init__", "main"))
    # The first line of each module is that of its docstring.
    return {path.stem: path.read_text(encoding="utf-8").partition("\n")[0].strip('"') for path in files}


class _Parser(argparse.ArgumentParser):
    """argparse with one-line errors and exit code 1."""

    def error(self, message: str) -> NoReturn:
        """Raise UserError, which ends in one line and exit code 1."""
        raise UserError(f"{message}. See: {self.prog} --help")


def _parser(argv: list[str]) -> argparse.ArgumentParser:
    """Build the parser; import only the verb that is called."""
    installed = Path(sys.argv[0]).name == COMMAND
    parser = _Parser(prog=COMMAND if installed else "python -m sr", description=__doc__)
    commands = parser.add_subparsers(dest="verb", metavar="verb", required=True)
    for name, text in verbs().items():
        command = commands.add_parser(name, help=text, description=text)
        if argv and argv[0] == name:
            importlib.import_module(f"sr.cli.{name}").add_arguments(command)
            command.add_argument(
                "--record", type=Output(), metavar="FILE", help="JSON file for the record of how the result was made"
            )
            command.set_defaults(actions=command._actions)
    return parser


def _record(arguments: argparse.Namespace, argv: list[str], used: dict, facts: dict) -> None:
    from sr.core import provenance

    params = getattr(arguments, "params", None)
    provenance.write(arguments.record, provenance.describe(argv, params, used, facts))


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """Return what changes when a file is replaced; None if there is none."""
    with suppress(OSError):
        if path is not None:
            status = path.stat()
            return status.st_ino, status.st_mtime_ns
    return None


def _used(start: float, meter: EnergyMeter, facts: dict) -> dict:
    """Return time, peak memory and energy; a resumed run adds its earlier seconds.

    The energy of a resumed run is None, as known only in part.
    """
    seconds = time.monotonic() - start
    energy = meter.stop(facts.get("devices", 1))
    if earlier := facts.get("resumed"):
        seconds += earlier["seconds"]
        energy = None
    import resource  # which Windows lacks; only a record needs it

    usage = resource.getrusage(resource.RUSAGE_SELF)
    # ru_maxrss is in KiB, on macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 3),
        "peak_memory": usage.ru_maxrss * unit,
        "energy": energy,
    }


def _release_stdout() -> None:
    """Write what stdout still holds, or drop it: else the interpreter would fail on it at its end, with code 120."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int = 1) -> int:
    with suppress(OSError):  # stderr may be closed, or a file on a full disk
        print(f"error: {one_line(message)}", file=sys.stderr)
    return code
