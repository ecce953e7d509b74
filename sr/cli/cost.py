"""Measure what each option of a search space costs in milliseconds, for a search with a limit on the latency."""

import argparse

from sr.core.arguments import Output, threads, whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="parameter file")
    parser.add_argument("--model", required=True, help="model of params.yaml: a method, or one of its variants")
    parser.add_argument("--rounds", type=whole(1, 1000), default=7, help="timings of each network (default: 7)")
    parser.add_argument("--warmup", type=whole(0, 1000), default=1, help="rounds before these (default: 1)")
    parser.add_argument(
        "--networks", type=whole(0, 1000), default=12, help="random networks that check the sum (default: 12)"
    )
    parser.add_argument("--threads", type=threads, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--json", type=Output(), required=True, help="write the table to this file")


def run(args: argparse.Namespace) -> dict:
    """Measure, print and write the table."""
    from sr.core import config, formats
    from sr.stages import cost

    params = config.load(args.params)
    table = cost.measure(params, args.model, args.rounds, args.warmup, args.networks, args.threads)
    print(cost.summary(table))
    formats.write(args.json, table)
    return {"model": args.model, "device": table.device}
