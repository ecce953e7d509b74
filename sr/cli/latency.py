"""Time networks, and measure their memory, for one 1280x720 output."""

import argparse

from sr.core.arguments import SETTINGS, Output, threads, whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", help=SETTINGS)
    parser.add_argument("--weights", nargs="*", default=[], metavar="MODEL=FILE", help="networks, by their weights")
    parser.add_argument("--peers", nargs="*", default=[], metavar="NAME", help="networks of data.peers")
    parser.add_argument("--zoo", action="store_true", help="time all models of the zoo, and write it into their cards")
    parser.add_argument("--rounds", type=whole(1, 1000), default=9, help="timings of each network (default: 9)")
    parser.add_argument("--warmup", type=whole(0, 1000), default=2, help="rounds before these (default: 2)")
    parser.add_argument("--threads", type=threads, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--json", type=Output(), help="write times and memory to this file")


def run(args: argparse.Namespace) -> dict:
    """Time all networks in turns, print a line for each and write the file."""
    from sr.core import config, formats
    from sr.core.errors import UserError
    from sr.core.settings import FILE, parameter_file, settings
    from sr.data.peers import resolve
    from sr.stages import latency
    from sr.use import zoo

    args.params = parameter_file(args.params)
    # Without a parameter file no network has a name here, and the message says that the file is missing.
    known = resolve(config.load(args.params or FILE).data.peers) if args.peers else {}
    if unknown := [name for name in args.peers if name not in known]:
        raise UserError(f"--peers: {unknown[0]!r} is not in data.peers. Add it there or leave it out")
    peers = {(name, scale): network for name in args.peers for scale, network in known[name].items()}
    models = zoo.models() if args.zoo else []
    weights = [*args.weights, *(f"{model.name}={model.weights}" for model in models)]
    if not weights and not peers:
        raise UserError("nothing to time. Give --weights, --peers or --zoo")
    result = latency.measure(settings(args.params), weights, peers, args.rounds, args.warmup, args.threads)
    print(latency.summary(result))
    if models:
        from sr.use.card import add_timings  # which draws curves, so it needs more than the other verbs of users

        add_timings(result, models)
    if args.json:
        formats.write(args.json, result)
    return {"device": result.device}
