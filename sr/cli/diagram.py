"""Draw a genotype as PNG, SVG and PDF: the method's own diagram, or its choices and what was kept."""

import argparse

from sr.core.arguments import FIGURES, Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--genotype", required=True, metavar="F", help="genotype JSON")
    parser.add_argument(
        "--out", type=Output(*FIGURES), required=True, metavar="STEM", help="write STEM.png, STEM.svg and STEM.pdf"
    )


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    from sr.report.figures.diagrams import write_diagram

    write_diagram(args.genotype, args.out)
