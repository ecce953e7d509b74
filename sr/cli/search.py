"""Search an architecture on x2: bilevel steps on a supernet of all candidates."""

import argparse
from pathlib import Path

from sr.core.arguments import Output, OutputFolder, state_every, threads


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="parameter file")
    parser.add_argument("--model", required=True, help="model of params.yaml: a method, or one of its variants")
    parser.add_argument("--data", nargs="+", required=True, help="folders of packed training sets")
    parser.add_argument("--threads", type=threads, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--out", type=Output(), required=True, help="final probabilities (JSON)")
    parser.add_argument("--history", type=Output(), required=True, help="history of losses and probabilities (CSV)")
    parser.add_argument("--weights", type=Output(), required=True, help="the supernet's weights (.safetensors)")
    parser.add_argument("--cost", type=Path, help="table of latencies, for search.cost: latency (JSON)")
    parser.add_argument(
        "--state", type=OutputFolder(), metavar="DIR", help="folder of states, from which a killed run resumes"
    )
    parser.add_argument("--state-every", type=state_every, metavar="S", help="seconds between states (default: 60)")


def run(args: argparse.Namespace) -> dict:
    """Carry out the search."""
    from sr.core import config
    from sr.core.checkpointer import Checkpointer
    from sr.stages.search import SearchJob, search_architecture

    params = config.load(args.params)
    job = SearchJob(args.model, args.data, args.out, args.history, args.weights, args.threads, args.cost)
    checkpointer = args.closing.enter_context(Checkpointer(args.state, args.state_every))
    return search_architecture(params, job, checkpointer)
