"""Collect every measured number of a run in one JSON document for dvc metrics."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--metrics", required=True, nargs="+", metavar="F", help="metrics files of the run")
    parser.add_argument("--complexity", required=True, nargs="+", metavar="F", help="counts of the run's models")
    parser.add_argument("--out", required=True, metavar="F", help="JSON file to write, results/metrics.json")


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    from sr.report.run.metrics import write_metrics

    write_metrics(args.metrics, args.complexity, args.out)
