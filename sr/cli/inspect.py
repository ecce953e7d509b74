"""Inspect the data sets of a run: sizes of test images, and test images among the training images."""

import argparse
from pathlib import Path

from sr.core.arguments import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="parameter file, which says what trains and what tests")
    parser.add_argument("--packed", type=Path, required=True, help="folder of the packed sets")
    parser.add_argument("--out", type=Output(), required=True, help="lookalikes (JSON)")


def run(args: argparse.Namespace) -> dict:
    """Inspect all images."""
    from sr.core import config, formats
    from sr.stages.inspect import inspect_sets

    inspection = inspect_sets(config.load(args.params), args.packed)
    formats.write(args.out, inspection)
    return {"lookalikes": len(inspection.lookalikes)}
