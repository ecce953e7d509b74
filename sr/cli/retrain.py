"""Train the network of a genotype at one scale, from scratch or from the weights of x2."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--params", required=True, help="parameter file")
    parser.add_argument("--model", required=True, help="model of params.yaml: a method, or one of its variants")
    parser.add_argument("--genotype", type=Path, required=True, help="genotype (JSON)")
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), required=True, help="scale")
    parser.add_argument("--data", nargs="+", required=True, help="folders of packed training sets")
    parser.add_argument("--warm-start", type=Path, help="weights of x2 to start from (all but the upsampler)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of each process (default: 1)")
    parser.add_argument("--out", type=Path, required=True, help="weights (.safetensors)")
    parser.add_argument("--history", type=Path, required=True, help="loss curve (CSV)")
    parser.add_argument("--state", type=Path, metavar="DIR", help="folder of states, from which a killed run goes on")
    parser.add_argument("--state-every", type=float, metavar="S", help="seconds between states (default: 60)")


def run(args: argparse.Namespace) -> dict:
    """Train; with retrain.devices above 1, start the other processes, which come here too."""
    from sr.core import config
    from sr.train.launch import processes

    params = config.load(args.params)
    seat = args.closing.enter_context(processes(params.model(args.model).retrain.devices, args.command))
    # Not before the others are on their way: these imports take seconds.
    from sr.core.checkpointer import Keeper
    from sr.stages.retrain import retrain

    if not seat.first:
        args.state = args.state_every = args.record = None
    keeper = args.closing.enter_context(Keeper(args.state, args.state_every))
    return retrain(
        params,
        args.model,
        args.genotype,
        args.scale,
        args.data,
        args.warm_start,
        args.threads,
        args.out,
        args.history,
        keeper,
        seat,
    )
