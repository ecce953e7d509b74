"""Fetch a data set (or check your own copy), pack its HR images and write its manifest; or fetch released weights."""

import argparse

from sr.core.arguments import Output, OutputFolder
from sr.core.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("name", help="set or released weights to fetch, one of data/sources.yaml")
    parser.add_argument("--params", help="parameter file; its data.folders names your own copies of sets")
    parser.add_argument(
        "--root", type=OutputFolder(), default="data", help="folder for downloads/ and raw/ (default: %(default)s)"
    )
    parser.add_argument("--manifest", type=Output(), help="manifest of the set to write (JSON)")
    parser.add_argument("--packed", type=Output(), help="packed HR images of the set to write (.npy)")
    parser.add_argument("--weights", type=Output(), help="file to write, for released weights")


def run(args: argparse.Namespace) -> dict:
    """Fetch a set or weights, and print one line about it; return facts for the run record."""
    given = {name for name in ("params", "manifest", "packed", "weights") if getattr(args, name) is not None}
    if given == {"weights"}:
        return _weights(args)
    if given != {"params", "manifest", "packed"}:
        raise UserError(f"{args.name}: give --params, --manifest and --packed for a set, or --weights alone")
    return _set(args)


def _set(args: argparse.Namespace) -> dict:
    from sr.core import config
    from sr.stages.fetch import fetch

    folder = config.load(args.params).data.folders.get(args.name)
    manifest = fetch(args.name, folder, args.root, args.manifest, args.packed)
    print(f"{manifest.set}: {manifest.count} images, digest {manifest.digest}, licence: {manifest.licence}")
    return {"set": manifest.set, "images": manifest.count, "data_digest": manifest.digest}


def _weights(args: argparse.Namespace) -> dict:
    from pathlib import Path

    from sr.data import releases

    entry = releases.fetch(args.name, Path(args.root), Path(args.weights))
    print(f"{args.name}: {entry.row.method} of {entry.row.paper}, SHA-256 {entry.sha256}, licence: {entry.licence}")
    return {"weights": args.name, "sha256": entry.sha256}
