"""Enlarge your own images, files or a folder, with a model of the zoo or your own weights."""

import argparse

from sr.core.arguments import OutputImages, number, threads, whole

MEMORY = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("sources", nargs="+", metavar="IN", help="image file, several of them, or a folder of images")
    parser.add_argument(
        "target", type=OutputImages(), metavar="OUT", help="image file (its suffix gives the format) or folder"
    )
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), help="scale (default: the model's, else 2)")
    parser.add_argument("--model", metavar="NAME|FILE", help="model of the zoo, method, or weights file")
    parser.add_argument("--recursive", action="store_true", help="with a folder: its subfolders too, mirrored in OUT")
    parser.add_argument("--overwrite", action="store_true", help="replace existing results")
    parser.add_argument(
        "--memory",
        type=number(0.01, 1_000_000),
        default=MEMORY,
        metavar="GIB",
        help="memory for the network's features (default: %(default)s). Larger images are processed in tiles, with "
        "the same result. Libraries' buffers, up to as much again, and a few copies of both images are extra",
    )
    parser.add_argument(
        "--tile", type=whole(0, 65_536), help="side of the tiles in pixels of IN, 0: whole (default: by --memory)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="device (default: auto)")
    parser.add_argument("--threads", type=threads, help="CPU threads (default: all)")
    parser.add_argument(
        "--max-pixels", type=whole(1, 10**12), help="reject larger images (default: Pillow's limit, 89,478,485)"
    )


def run(args: argparse.Namespace) -> dict:
    """Enlarge, and report how many images were written."""
    from sr.use import checks, image_jobs, pictures, zoo

    jobs = image_jobs.plan(args.sources, args.target, args.recursive)
    model = zoo.find(args.model, args.scale) if args.model else zoo.default(args.scale or 2)
    max_pixels = args.max_pixels or pictures.MAX_PIXELS
    checked = checks.check(jobs, model.scale or args.scale, args.overwrite, max_pixels)

    # Imported after the checks, which need no torch: a mistake should not take seconds to report.
    from sr.use import upscale

    enlarger = upscale.Enlarger(model, args.scale, args.device, args.threads, args.tile, args.memory)
    count = upscale.upscale(enlarger, checked, max_pixels, model.name)
    print(f"{count} image{'s' * (count != 1)} enlarged x{enlarger.scale} by {model.name} on {enlarger.device}")
    return upscale.facts(model, enlarger) | {"images": count}
