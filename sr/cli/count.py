"""Count Params and Mult-Adds of models, candidate operations, a paper's models at its sizes, or other networks."""

import argparse
from typing import TYPE_CHECKING

from sr.core.arguments import OutputFolder, named_files, whole
from sr.core.errors import UserError

if TYPE_CHECKING:
    from sr.core.config import Params
    from sr.stages.count import CountsDocument

# Options that each mode requires, and those that it also accepts.
NEEDED = {"networks": ("params",), "operations": ("channels",), "reference": ("params",), "peers": ("params",)}
OPTIONAL = {"networks": ("scale", "channels"), "operations": (), "reference": ("models",), "peers": ()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--networks", nargs="+", metavar="MODEL=FILE", help="models of --params and their genotypes")
    mode.add_argument("--operations", metavar="METHOD", help="method whose candidate operations are counted")
    mode.add_argument("--reference", metavar="METHOD=FILE", help="method and the genotype of all its models")
    mode.add_argument("--peers", nargs="+", metavar="NAME", help="networks of data.peers in --params")
    parser.add_argument("--params", help="parameter file with the sizes of the models, or with data.peers")
    parser.add_argument("--models", nargs="+", metavar="MODEL", help="with --reference: only these (default: all)")
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), nargs="+", help="scales (default: the models' own)")
    parser.add_argument(
        "--channels", type=whole(1, 4096), help="width (default: the models' own; 50 in DLSR's Table 1)"
    )
    parser.add_argument(
        "--out",
        type=OutputFolder(),
        metavar="FOLDER",
        help="write <model>.json, <peer>.json, operations_<method>.json or reference_<method>.json",
    )


def run(args: argparse.Namespace) -> dict:
    """Count, print and write."""
    from pathlib import Path

    from sr.core import formats
    from sr.stages import count

    documents = _documents(args)
    for name, document in documents.items():
        print(count.summary(document))
        if args.out:
            formats.write(Path(args.out) / f"{name}.json", document)
    return {"counts": list(documents)}


def _documents(args: argparse.Namespace) -> "dict[str, CountsDocument]":
    """Return the counts that the arguments ask for, by the stem of their file."""
    from sr.core import config
    from sr.stages import count

    _check_options(args)
    if args.operations:
        return {f"operations_{args.operations}": count.count_operations(args.operations, args.channels)}
    params = config.load(args.params)
    if args.peers:
        return _peers(params, args.peers)
    if args.reference:
        [(method, genotype)] = named_files([args.reference]).items()
        return {f"reference_{method}": count.count_reference(params, method, genotype, args.models)}
    counts = count.count_networks(params, named_files(args.networks), args.scale, args.channels)
    return {document.model: document for document in counts}


def _peers(params: "Params", names: list[str]) -> "dict[str, CountsDocument]":
    from sr.data.peers import resolve
    from sr.stages.peers import count_peer

    known = resolve(params.data.peers)
    for name in names:
        if name not in known:
            raise UserError(f"--peers {name}: not in data.peers, which has: {', '.join(known) or 'no network'}")
    return {name: count_peer(name, known[name]) for name in names}


def _check_options(args: argparse.Namespace) -> None:
    """Raise UserError for an option that the mode requires and lacks, or does not accept."""
    mode = next(name for name in NEEDED if getattr(args, name))
    for option in ("params", "models", "scale", "channels"):
        given = getattr(args, option) is not None
        if option in NEEDED[mode] and not given:
            raise UserError(f"--{option} is missing: --{mode} needs it")
        if given and option not in NEEDED[mode] + OPTIONAL[mode]:
            raise UserError(f"--{option} has no effect with --{mode}. Leave it out")
