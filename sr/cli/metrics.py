"""Collect every measured number of a run in one JSON document, and in a row a network for dvc metrics."""

import argparse

from sr.core.arguments import Output, OutputFolder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--metrics", required=True, nargs="+", metavar="F", help="metrics files of the run")
    parser.add_argument("--complexity", required=True, nargs="+", metavar="F", help="counts of the run's models")
    parser.add_argument(
        "--out", type=Output(), required=True, metavar="F", help="JSON file to write, results/metrics.json"
    )
    parser.add_argument(
        "--rows", type=OutputFolder(), metavar="DIR", help="folder to write with a small JSON file a model and scale"
    )


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    from sr.report.run.metrics import write_metrics

    write_metrics(args.metrics, args.complexity, args.out, args.rows)
