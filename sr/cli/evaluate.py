"""Measure weights (ours or the authors' release), another network or bicubic on a test set."""

import argparse
from typing import TYPE_CHECKING

from sr.core.arguments import SETTINGS, Output, crop_border, threads, tile, whole
from sr.core.errors import UserError

if TYPE_CHECKING:
    from sr.evaluate.other_network import OtherNetwork

SIDE = whole(1, 1024)  # of LR images, and what it is a multiple of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--weights", help="weights file (.safetensors, or the authors' .pt)")
    what.add_argument("--onnx", help="ONNX file of any network with free height and width")
    what.add_argument("--spandrel", metavar="FILE", help="weights of an architecture that the package spandrel knows")
    parser.add_argument("--pixels", help="with --onnx: what its tensors hold, such as 'RGB 0..255' or 'BGR 0..1'")
    parser.add_argument(
        "--min-side", type=SIDE, help="of another network: shortest side in LR pixels (default: its metadata's, or 48)"
    )
    parser.add_argument("--multiple", type=SIDE, help="of another network: what LR sides must be a multiple of")
    parser.add_argument("--genotype", help="wiring (JSON) of a checkpoint that data/sources.yaml does not know")
    what.add_argument("--bicubic", action="store_true", help="measure bicubic enlargement instead of a network")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", help="folder of a packed test set")
    where.add_argument("--hr", help="folder of HR images")
    parser.add_argument("--lr", help="folder of LR images for --hr (without it, HR is degraded here)")
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), required=True, help="scale")
    parser.add_argument("--model", help="name to write as the model (default: the method)")
    parser.add_argument("--params", help=SETTINGS)
    parser.add_argument(
        "--crop-border", type=crop_border, help="pixels cut from each border (default: evaluate.crop_border)"
    )
    parser.add_argument("--tile", type=tile, help="tile side in LR pixels, 0: whole (default: evaluate.tile)")
    parser.add_argument("--threads", type=threads, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--json", type=Output(), help="write the metrics to this file")


def run(args: argparse.Namespace) -> dict:
    """Measure, print the mean and write the metrics."""
    from sr.core import formats
    from sr.core.settings import parameter_file, settings
    from sr.evaluate.benchmark import choose_rules
    from sr.stages import evaluate as stage

    args.params = parameter_file(args.params)
    params = settings(args.params)
    # Networks of other projects take images whole, whatever params.yaml says.
    tile = 0 if args.onnx or args.spandrel else args.tile
    rules = choose_rules(params.evaluate, args.scale, args.crop_border, tile)
    source = {"data": args.data, "hr": args.hr, "lr": args.lr}
    if args.genotype and not args.weights:
        raise UserError("--genotype is for --weights. Leave it out")
    other = _other(args)
    result = stage.evaluate(params, args.weights, source, rules, args.threads, args.model, args.genotype, other)
    print(stage.summary(result))
    if other:
        print(f"{other.parameters():,} parameters, {other.mult_adds() / 1e9:.2f} G Mult-Adds for 1280x720")
    if args.json:
        formats.write(args.json, result)
    return {"model": result.model, "data_digest": result.data_digest}


def _other(args: argparse.Namespace) -> "OtherNetwork | None":
    """Return the other network that the arguments name; raise UserError for an option that has no effect on it."""
    other = args.onnx or args.spandrel
    if args.pixels is not None and not args.onnx:
        raise UserError("--pixels is for --onnx. Leave it out")
    for name in ("min_side", "multiple"):
        if getattr(args, name) is not None and not other:
            raise UserError(f"--{name.replace('_', '-')} is for --onnx and --spandrel. Leave it out")
    if not other:
        return None
    if args.tile is not None:
        raise UserError("--tile is for --weights. Leave it out: another network takes each image whole")
    from pathlib import Path

    if args.onnx:
        from sr.evaluate.onnx_network import OnnxNetwork

        return OnnxNetwork(Path(other), args.scale, args.pixels, args.min_side, args.multiple, args.threads)
    from sr.evaluate.spandrel_network import SpandrelNetwork

    return SpandrelNetwork(Path(other), args.scale, args.min_side, args.multiple, args.threads)
