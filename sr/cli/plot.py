"""Plot quality against Params or Mult-Adds, published methods, other networks and this run, as PNG, SVG and PDF."""

import argparse

from sr.core.arguments import FIGURES, Output
from sr.methods.papers import PAPERS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--kind", required=True, choices=["params", "mult_adds"], help="x axis")
    parser.add_argument("--params", required=True, help="params.yaml of the run")
    parser.add_argument("--published", required=True, help="data/published.csv")
    parser.add_argument("--recent", required=True, help="data/published_recent.csv")
    parser.add_argument("--years", required=True, help="data/published_years.csv")
    parser.add_argument("--metrics", required=True, nargs="+", metavar="F", help="metrics files of the run")
    parser.add_argument("--complexity", required=True, nargs="+", metavar="F", help="counts of the run's models")
    parser.add_argument("--method", choices=PAPERS, default="dlsr", help="method of the paper (default: %(default)s)")
    parser.add_argument(
        "--out", type=Output(*FIGURES), required=True, metavar="STEM", help="write STEM.png, STEM.svg and STEM.pdf"
    )


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    from sr.report.figures.scatter import Printed, write_plot

    printed = Printed(args.published, args.recent, args.years)
    write_plot(args.kind, args.params, printed, args.metrics, args.complexity, args.method, args.out)
