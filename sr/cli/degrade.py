"""Make a packed set's LR images by MATLAB's bicubic rule."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--hr", required=True, help="packed HR images (hr.npy)")
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), required=True, help="downscaling factor")
    parser.add_argument("--out", required=True, help="packed LR images (.npy)")


def run(args: argparse.Namespace) -> dict:
    """Degrade one set at one scale."""
    from sr.stages.data import pack_lr

    return pack_lr(args.hr, args.scale, args.out)
