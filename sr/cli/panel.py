"""Measure a visual comparison: the crops of a test set where networks and bicubic differ most, as JSON."""

import argparse

from sr.core.arguments import Output, threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="params.yaml of the run")
    parser.add_argument("--data", required=True, help="folder of a packed test set")
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), required=True, help="scale")
    parser.add_argument("--weights", nargs="+", required=True, metavar="LABEL=FILE", help="networks, in order")
    parser.add_argument("--threads", type=threads, default=1, help="CPU threads (default: 1)")
    parser.add_argument(
        "--out", type=Output(), required=True, metavar="F", help="JSON file to write: images and their metrics"
    )


def run(args: argparse.Namespace) -> dict:
    """Run the networks and measure."""
    from pathlib import Path

    from sr.core import config, formats
    from sr.stages.panel import measure_panel

    params = config.load(args.params)
    panel = measure_panel(params, Path(args.out).stem, args.weights, args.data, args.scale, args.threads)
    formats.write(args.out, panel)
    images = [example.name for example in panel.examples]
    return {"test_set": panel.test_set, "data_digest": panel.data_digest, "images": images}
