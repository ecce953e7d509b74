"""Write a paper's comparison table, published beside measured, as CSV, Markdown, LaTeX and HTML."""

import argparse

from sr.report.papers import PAPERS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="params.yaml of the run")
    parser.add_argument("--published", required=True, help="data/published.csv")
    parser.add_argument("--metrics", required=True, nargs="+", metavar="F", help="metrics files of the run")
    parser.add_argument("--complexity", required=True, nargs="+", metavar="F", help="complexity files of the run")
    parser.add_argument("--method", choices=PAPERS, default="dlsr", help="whose table (default: %(default)s)")
    parser.add_argument("--out", required=True, metavar="STEM", help="write STEM.csv, STEM.md, STEM.tex and STEM.html")


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    from sr.report.tables import write_table

    write_table(args.params, args.published, args.metrics, args.complexity, args.method, args.out)
