"""Count Params and Mult-Adds of each candidate operation of a method at one width."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--method", required=True, help="method, e.g. dlsr")
    parser.add_argument("--channels", type=int, required=True, help="feature channels (50 in DLSR's Table 1)")
    parser.add_argument("--out", required=True, help="counts (JSON)")


def run(args: argparse.Namespace) -> dict:
    """Count and write."""
    from sr.core import files
    from sr.stages.complexity import of_operations

    files.write_json(args.out, of_operations(args.method, args.channels))
    return {"method": args.method}
