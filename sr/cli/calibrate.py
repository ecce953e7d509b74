"""Count Params and Mult-Adds of all models of a method at the paper's sizes, to hold them against the paper's."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--params", required=True, help="parameter file with the paper's sizes")
    parser.add_argument("--method", required=True, help="method, e.g. mran")
    parser.add_argument("--genotype", required=True, help="genotype of all models (JSON)")
    parser.add_argument("--models", nargs="+", metavar="NAME", help="only these models of the method (default: all)")
    parser.add_argument("--out", required=True, help="counts (JSON)")


def run(args: argparse.Namespace) -> dict:
    """Count and write."""
    from sr.core import config, files
    from sr.stages.complexity import of_models

    files.write_json(args.out, of_models(config.load(args.params), args.method, args.genotype, args.models))
    return {"method": args.method}
