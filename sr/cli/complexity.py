"""Count Params and Mult-Adds of a genotype's network by the papers' convention."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--method", required=True, help="paper, e.g. dlsr")
    parser.add_argument("--genotype", required=True, help="genotype (JSON)")
    parser.add_argument(
        "--scale", type=int, choices=(2, 3, 4), nargs="+", default=[2, 3, 4], help="scales (default: all)"
    )
    parser.add_argument("--params", default="params.yaml", help="parameter file, for width and depth")
    parser.add_argument("--channels", type=int, help="width (default: <method>.network.channels)")
    parser.add_argument("--json", help="write the counts to this file")


def run(args: argparse.Namespace) -> dict:
    """Count and print."""
    from sr import config, files
    from sr.stages import complexity

    network = config.load(args.params).method(args.method).network
    result = complexity.of_genotype(args.method, args.genotype, network, args.channels, args.scale)
    print(complexity.summary(result))
    if args.json:
        files.write_json(args.json, result)
    return {"model": args.method}
