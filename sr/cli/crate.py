"""Write a finished run as a Workflow Run RO-Crate: its files, and how each was made, in one zip file."""

import argparse
import shlex
from pathlib import Path

from sr.core.arguments import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", type=Path, default=Path("params.yaml"), help="the run's parameters (%(default)s)")
    parser.add_argument("--out", type=Output(), required=True, help="zip file to write")


def run(args: argparse.Namespace) -> dict:
    """Write the crate, and report what it has."""
    from sr.core.errors import UserError

    if args.out.suffix != ".zip":
        raise UserError(f"{args.out}: a crate is a zip file. Give a name ending in .zip")
    try:
        from sr.use.crate import write_crate
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "rocrate":
            raise
        raise UserError("crate needs the package rocrate. Install it: pip install rocrate") from None

    counts = write_crate(args.params, args.out, files_of)
    print(f"{args.out}: {counts['jobs']} jobs, {counts['files']} files")
    return counts


def files_of(command: str) -> tuple[list[str], list[str]]:
    """Return the inputs and outputs that a recorded command names; none if this version does not know the command."""
    from sr.cli.main import parse
    from sr.core.arguments import named_paths
    from sr.core.errors import UserError

    try:
        values = parse(shlex.split(command)[3:])
    except (UserError, ValueError):
        return [], []
    return named_paths(values.actions, values)
