"""Measure networks with the weights that they inherit from a search's supernet, on its validation images."""

import argparse
from pathlib import Path

from sr.core.arguments import Output, named_files, threads
from sr.core.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--params", required=True, help="parameter file")
    parser.add_argument("--model", required=True, help="model of params.yaml whose search made the supernet")
    parser.add_argument("--weights", type=Path, required=True, help="its weights (.safetensors)")
    parser.add_argument(
        "--networks", nargs="+", required=True, metavar="MODEL=GENOTYPE", help="networks to measure, by their genotypes"
    )
    parser.add_argument("--data", nargs="+", required=True, help="folders of packed training sets")
    parser.add_argument("--threads", type=threads, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--out", type=Output(), required=True, help="PSNR of each network (JSON)")


def run(args: argparse.Namespace) -> dict:
    """Measure the networks and write their PSNR."""
    from sr.core import config, formats
    from sr.stages.rank import rank

    params, networks = config.load(args.params), named_files(args.networks)
    model = params.model(args.model)
    if not model.searches:
        raise UserError(f"--model {model.name}: has no search of its own, so no supernet. Name a model that has")
    document = rank(params, args.model, args.weights, networks, args.data, args.threads)
    formats.write(args.out, document)
    return {"model": args.model, "networks": len(networks), "data_digests": document.data_digests}
