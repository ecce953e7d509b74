"""Fetch a data set (or check your own copy), pack its HR images and write its manifest."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("name", help="set to fetch, one of data/sources.yaml")
    parser.add_argument("--params", required=True, help="parameter file; its data.folders names your own copies")
    parser.add_argument("--root", default="data", help="folder for downloads/ and raw/ (default: %(default)s)")
    parser.add_argument("--manifest", required=True, help="manifest to write (JSON)")
    parser.add_argument("--packed", required=True, help="packed HR images to write (.npy)")


def run(args: argparse.Namespace) -> dict:
    """Fetch and pack the set, and print one line about it; return facts for the run record."""
    from sr.core import config
    from sr.stages.fetch import fetch

    folder = config.load(args.params).data.folders.get(args.name)
    manifest = fetch(args.name, folder, args.root, args.manifest, args.packed)
    print(f"{manifest.set}: {manifest.count} images, digest {manifest.digest}, licence: {manifest.licence}")
    return {"set": manifest.set, "images": manifest.count, "data_digest": manifest.digest}
