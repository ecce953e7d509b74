"""Derive a genotype from the probabilities of a search, after its last step or after an earlier one."""

import argparse
from pathlib import Path

from sr.core.arguments import Output, whole
from sr.core.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="parameter file")
    parser.add_argument("--model", required=True, help="model of params.yaml: a method, or one of its variants")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--probabilities", type=Path, help="result of the search (JSON)")
    source.add_argument("--history", type=Path, help="history of the search (CSV), with --step")
    parser.add_argument(
        "--step", type=whole(0, 10**8), metavar="N", help="step of the history whose probabilities to take"
    )
    parser.add_argument("--out", type=Output(), required=True, help="genotype (JSON)")


def run(args: argparse.Namespace) -> dict:
    """Derive and write the genotype."""
    from sr.core import config
    from sr.stages.genotype import derive_genotype

    if (args.history is None) != (args.step is None):
        raise UserError("--step needs --history, and --history needs --step. Give both, or --probabilities alone")
    source = args.probabilities or args.history
    return derive_genotype(config.load(args.params), args.model, source, args.out, args.step)
