"""Look for test images among the training images."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="parameter file, which says what trains and what tests")
    parser.add_argument("--packed", type=Path, required=True, help="folder of the packed sets")
    parser.add_argument("--out", type=Path, required=True, help="lookalikes (JSON)")


def run(args: argparse.Namespace) -> dict:
    """Compare all images."""
    from sr.core import config, formats
    from sr.stages.overlap import check_overlap

    overlap = check_overlap(config.load(args.params), args.packed)
    formats.write(args.out, overlap)
    return {"lookalikes": len(overlap.lookalikes)}
