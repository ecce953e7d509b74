"""Count Params and Mult-Adds of every model of a method, each with its genotype, in one go."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--params", required=True, help="parameter file")
    parser.add_argument("--method", required=True, help="method, e.g. dlsr")
    parser.add_argument("--genotypes", required=True, nargs="+", metavar="MODEL=FILE", help="genotype of each model")
    parser.add_argument("--out", required=True, metavar="FOLDER", help="folder for <model>.json")


def run(args: argparse.Namespace) -> dict:
    """Count and write."""
    from sr.core import config
    from sr.stages.complexity import count_models

    return count_models(config.load(args.params), args.method, args.genotypes, args.out)
