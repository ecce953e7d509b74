"""Count Params and Mult-Adds of a genotype's network by the papers' convention."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--method", "--model", dest="model", required=True, help="method, or one of its variants")
    parser.add_argument("--genotype", required=True, help="genotype (JSON)")
    parser.add_argument(
        "--scale", type=int, choices=(2, 3, 4), nargs="+", default=[2, 3, 4], help="scales (default: all)"
    )
    parser.add_argument("--params", default="params.yaml", help="parameter file, for width and depth")
    parser.add_argument("--channels", type=int, help="width (default: <method>.network.channels)")
    parser.add_argument("--json", help="write the counts to this file")


def run(args: argparse.Namespace) -> dict:
    """Count and print."""
    from sr.core import config, files
    from sr.stages import complexity

    model = config.load(args.params).model(args.model)
    result = complexity.of_genotype(model, args.genotype, args.channels, args.scale)
    print(complexity.summary(result))
    if args.json:
        files.write_json(args.json, result)
    return {"model": model.name}
