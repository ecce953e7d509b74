"""Measure weights (ours or the authors' release) or bicubic on a test set."""

import argparse

from sr.core.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--weights", help="weights file (.safetensors, or the authors' .pt)")
    parser.add_argument("--genotype", help="wiring (JSON) of a checkpoint that data/sources.yaml does not know")
    what.add_argument("--bicubic", action="store_true", help="measure bicubic enlargement instead of a network")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", help="folder of a packed test set")
    where.add_argument("--hr", help="folder of HR images")
    parser.add_argument("--lr", help="folder of LR images for --hr (without it, HR is degraded here)")
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), required=True, help="scale")
    parser.add_argument("--model", help="name to write as the model (default: the method)")
    parser.add_argument("--params", default="params.yaml", help="parameter file (default: params.yaml)")
    parser.add_argument("--crop-border", type=int, help="pixels cut from each border (default: evaluate.crop_border)")
    parser.add_argument("--tile", type=int, help="tile side in LR pixels, 0: whole (default: evaluate.tile)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--json", help="write the metrics to this file")


def run(args: argparse.Namespace) -> dict:
    """Measure, print the mean and write the metrics."""
    from sr.core import config, formats
    from sr.evaluate.benchmark import choose_rules
    from sr.stages import evaluate as stage

    params = config.load(args.params)
    rules = choose_rules(params.evaluate, args.scale, args.crop_border, args.tile)
    source = {"data": args.data, "hr": args.hr, "lr": args.lr}
    if args.genotype and not args.weights:
        raise UserError("--genotype has no effect with --bicubic. Leave it out")
    result = stage.evaluate(params, args.weights, source, rules, args.threads, args.model, args.genotype)
    print(stage.summary(result))
    if args.json:
        formats.write(args.json, result)
    return {"model": result.model, "data_digest": result.data_digest}
