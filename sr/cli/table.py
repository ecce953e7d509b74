"""Write a table with published and measured numbers, or with times, as JSON, CSV, Markdown, LaTeX and HTML."""

import argparse

from sr.core.arguments import TABLES, Output
from sr.methods.papers import tables
from sr.methods.spec import TIMINGS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    names = [*tables(), TIMINGS.name]
    parser.add_argument("--name", required=True, choices=names, metavar="TABLE", help=f"one of {', '.join(names)}")
    parser.add_argument("--params", required=True, help="params.yaml of the run")
    parser.add_argument(
        "--published",
        metavar="F",
        help="printed numbers: published.csv, for operations and costs published_other.csv, for latency none",
    )
    parser.add_argument("--metrics", nargs="*", metavar="F", help="metrics files of the run, including bicubic's")
    parser.add_argument("--complexity", nargs="*", metavar="F", help="counts of the run's models")
    parser.add_argument("--records", nargs="*", metavar="F", help="records of searches, for their cost")
    parser.add_argument("--counts", nargs=1, metavar="F", help="counts of operations, or at the paper's sizes")
    parser.add_argument("--latency", nargs=1, metavar="F", help="times that the verb latency wrote")
    parser.add_argument(
        "--out",
        type=Output(*TABLES),
        required=True,
        metavar="STEM",
        help="write STEM.json, STEM.csv, STEM.md, STEM.tex and STEM.html",
    )


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    from sr.report.tables.build import write_table

    inputs = {key: getattr(args, key) for key in ("metrics", "complexity", "records", "counts", "latency")}
    write_table(args.name, args.params, args.published, inputs, args.out)
