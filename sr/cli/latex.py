"""Collect the tables of a run in one LaTeX document that compiles by itself."""

import argparse

from sr.core.arguments import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="params.yaml of the run")
    parser.add_argument("--tables", required=True, nargs="+", metavar="F", help=".tex files of tables, in order")
    parser.add_argument("--out", type=Output(), required=True, metavar="F", help="LaTeX document to write")


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    from sr.core import config
    from sr.report.tables.latex import write_collection

    write_collection(args.tables, config.load(args.params).preset, args.out)
