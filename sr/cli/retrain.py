"""Train the network of a genotype at one scale, from scratch or from the weights of x2."""

import argparse
from pathlib import Path

from sr.core.arguments import Output, OutputFolder, state_every, threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="parameter file")
    parser.add_argument("--model", required=True, help="model of params.yaml: a method, or one of its variants")
    parser.add_argument("--genotype", type=Path, required=True, help="genotype (JSON)")
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), required=True, help="scale")
    parser.add_argument("--data", nargs="+", required=True, help="folders of packed training sets")
    parser.add_argument("--warm-start", type=Path, help="weights of x2 to start from (all but the upsampler)")
    parser.add_argument("--select-on", metavar="FOLDER", help="packed test set that retrain.keep names, if it does")
    parser.add_argument("--threads", type=threads, default=1, help="CPU threads of each process (default: 1)")
    parser.add_argument("--out", type=Output(), required=True, help="weights (.safetensors)")
    parser.add_argument("--history", type=Output(), required=True, help="loss curve (CSV)")
    parser.add_argument(
        "--state", type=OutputFolder(), metavar="DIR", help="folder of states, from which a killed run resumes"
    )
    parser.add_argument("--state-every", type=state_every, metavar="S", help="seconds between states (default: 60)")


def run(args: argparse.Namespace) -> dict:
    """Train; with retrain.devices above 1, start the other processes, which call this too."""
    from sr.core import config
    from sr.train.launch import processes

    params = config.load(args.params)
    world = args.closing.enter_context(processes(params.model(args.model).retrain.devices, args.command))
    # Imported while the other processes start: these imports take seconds.
    from sr.core.checkpointer import Checkpointer
    from sr.stages.retrain import RetrainJob, retrain

    if not world.is_main:
        args.state = args.state_every = args.record = None
    paths = {"genotype": args.genotype, "data": args.data, "out": args.out, "history": args.history}
    paths |= {"warm_start": args.warm_start, "select_on": args.select_on}
    job = RetrainJob(args.model, args.scale, **paths, threads=args.threads)
    checkpointer = args.closing.enter_context(Checkpointer(args.state, args.state_every))
    return retrain(params, job, checkpointer, world)
