"""Make LR images of your own by MATLAB's bicubic rule, bit for bit."""

import argparse

from sr.core.arguments import OutputImages


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("source", metavar="IN", help="image file or folder of images")
    parser.add_argument("target", type=OutputImages(), metavar="OUT", help="PNG file, or folder of PNG files")
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), required=True, help="downscaling factor")
    parser.add_argument("--suffix", default="", help="added to each name in a folder, such as x2 (default: nothing)")
    parser.add_argument("--overwrite", action="store_true", help="replace existing results")


def run(args: argparse.Namespace) -> dict:
    """Downscale, and report how many images were written."""
    from sr.use.downscale import downscale_files, plan

    files = plan(args.source, args.target, args.suffix, args.overwrite)
    downscale_files(files, args.scale)
    print(f"{len(files)} image{'s' * (len(files) != 1)} downscaled by {args.scale}")
    return {"images": len(files)}
