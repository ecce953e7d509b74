"""Make an entry of the model zoo from a run's files: weights, genotype and model card."""

import argparse
from pathlib import Path

from sr.core.arguments import OutputFolder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--weights", type=Path, required=True, help="trained weights (.safetensors)")
    parser.add_argument("--metrics", nargs="+", required=True, metavar="F", help="metrics of the weights and bicubic")
    parser.add_argument("--counts", required=True, metavar="F", help="counts of the model (JSON)")
    # Not --record, which every verb has for its own record.
    parser.add_argument("--train-record", required=True, metavar="F", help="record of the training (JSON)")
    parser.add_argument("--search-record", metavar="F", help="record of the search (omit it if the genotype was given)")
    parser.add_argument("--history", type=Path, metavar="F", help="loss curve of the training (CSV), for a picture")
    parser.add_argument("--inspection", type=Path, metavar="F", help="data/inspection.json, to name lookalikes")
    parser.add_argument("--name", required=True, help="name in the zoo, e.g. dlsr_lite_x2")
    parser.add_argument("--out", type=OutputFolder(), required=True, help="folder to write, results/zoo/<name>")


def run(args: argparse.Namespace) -> dict:
    """Write the entry."""
    from sr.use.card import make_card

    card = make_card(
        args.name,
        args.weights,
        args.metrics,
        args.counts,
        args.train_record,
        args.search_record,
        args.out,
        args.history,
        args.inspection,
    )
    return {"name": card.name, "weights_sha256": card.weights_sha256}
