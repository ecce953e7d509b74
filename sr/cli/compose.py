"""Make a genotype that no search gives as it is: drawn at random, or with parts that params.yaml replaces."""

import argparse
from pathlib import Path

from sr.core.arguments import Output, named_files
from sr.core.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="parameter file")
    parser.add_argument("--model", required=True, help="variant of params.yaml with the key genotype or random")
    parser.add_argument("--base", type=Path, help="genotype (JSON) of which params.yaml replaces parts")
    parser.add_argument(
        "--like",
        nargs="*",
        default=[],
        metavar="MODEL=GENOTYPE",
        help="models, with their genotypes, whose mean size a random genotype must have",
    )
    parser.add_argument("--cost", type=Path, help="table of latencies (JSON), for random.by: latency")
    parser.add_argument("--out", type=Output(), required=True, help="genotype (JSON)")


def run(args: argparse.Namespace) -> dict:
    """Draw or change the genotype, and write it."""
    from sr.core import config
    from sr.stages.compose import compose

    params = config.load(args.params)
    like = [(name, Path(file)) for name, file in named_files(args.like).items()]
    if like and not params.model(args.model).random:
        raise UserError(f"--like is for a genotype that is drawn at random, and {args.model}'s is not. Leave it out")
    return compose(params, args.model, args.base, like, args.out, args.cost)
