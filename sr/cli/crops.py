"""Draw the crops of a measured panel side by side, as PNG, SVG and PDF."""

import argparse

from sr.core.arguments import FIGURES, Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="params.yaml of the run")
    parser.add_argument("--panel", required=True, metavar="F", help="JSON file of the verb panel")
    parser.add_argument(
        "--out", type=Output(*FIGURES), required=True, metavar="STEM", help="write STEM.png, STEM.svg and STEM.pdf"
    )


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    from sr.core import config
    from sr.report.figures.panels import write_crops

    write_crops(args.panel, config.load(args.params).preset, args.out)
