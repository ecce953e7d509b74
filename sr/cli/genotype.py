"""Derive a genotype from the probabilities of a search."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="parameter file")
    parser.add_argument("--model", required=True, help="model of params.yaml: a method, or one of its variants")
    parser.add_argument("--probabilities", type=Path, required=True, help="result of the search (JSON)")
    parser.add_argument("--out", type=Path, required=True, help="genotype (JSON)")


def run(args: argparse.Namespace) -> dict:
    """Derive and write the genotype."""
    from sr.core import config
    from sr.stages.genotype import derive_genotype

    return derive_genotype(config.load(args.params), args.model, args.probabilities, args.out)
