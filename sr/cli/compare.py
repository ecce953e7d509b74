"""Show crops of a test set side by side, as HR, bicubic and networks have them, as PNG, SVG, PDF and JSON."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="params.yaml of the run")
    parser.add_argument("--data", required=True, help="folder of a packed test set")
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), required=True, help="scale")
    parser.add_argument("--weights", nargs="+", required=True, metavar="LABEL=FILE", help="networks, in order")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--out", required=True, metavar="STEM", help="write STEM.png, STEM.svg and STEM.pdf")
    parser.add_argument("--json", metavar="F", help="write the images and their numbers to this JSON file")


def run(args: argparse.Namespace) -> dict:
    """Run the networks and draw."""
    from pathlib import Path

    from sr.core import config
    from sr.report.figures.examples import write_examples
    from sr.report.figures.panels import write_panels
    from sr.stages.compare import compare

    params = config.load(args.params)
    found = compare(params, args.weights, args.data, args.scale, args.threads)
    write_panels(found, params.preset, args.out)
    if args.json:
        write_examples(found, Path(args.out).name, args.json)
    images = [example["name"] for example in found["examples"]]
    return {"test_set": found["test_set"], "data_digest": found["data_digest"], "images": images}
