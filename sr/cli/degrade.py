"""Make a packed set's LR images by MATLAB's bicubic rule."""

import argparse

from sr.core.arguments import Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--hr", required=True, help="packed HR images (hr.npy)")
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), required=True, help="downscaling factor")
    parser.add_argument("--out", type=Output(), required=True, help="packed LR images to write (.npy)")


def run(args: argparse.Namespace) -> dict:
    """Degrade one set at one scale."""
    from sr.stages.degrade import degrade

    return degrade(args.hr, args.scale, args.out)
