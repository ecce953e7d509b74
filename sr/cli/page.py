"""Write the report that reviewers read: one HTML page with all tables, plots, searches, pictures and provenance."""

import argparse

from sr.core.arguments import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="params.yaml of the run, in the folder of results/ and data/")
    parser.add_argument(
        "--out", type=Output(), required=True, metavar="F", help="HTML file to write, results/report/index.html"
    )
    parser.add_argument(
        "--summary", type=Output(), metavar="F", help="text file to write with what ends the run on the terminal"
    )
    parser.add_argument(
        "--claims", type=Output(), metavar="F", help="JSON file to write with every claim, results/claims.json"
    )
    parser.add_argument(
        "--document", type=Output(), metavar="F", help="Markdown file to write: reproducibility summary and checklist"
    )
    parser.add_argument(
        "--scrutiny", type=Output(), metavar="F", help="JSON file to write with what the searches found"
    )


def run(args: argparse.Namespace) -> None:
    """Write the page."""
    from sr.report.page.page import write_page

    write_page(args.params, args.out, args.summary, args.claims, args.document, args.scrutiny)
