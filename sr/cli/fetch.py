"""Fetch a data set (or check your own copy) and write its manifest."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fetch``."""
    parser.add_argument("name", help="set to fetch, one of data/sources.yaml")
    parser.add_argument("--params", required=True, help="parameter file; its data.folders names your own copies")
    parser.add_argument("--root", default="data", help="folder for downloads/ and raw/ (default: %(default)s)")
    parser.add_argument("--out", required=True, help="manifest to write (JSON)")


def run(args: argparse.Namespace) -> dict | None:
    """Write the manifest of the set and print one line about it; return its digest for the run record."""
    from sr.core import config
    from sr.core.files import write_json
    from sr.data import sources

    folders = config.load(args.params).data.folders
    folder = folders.get(args.name)
    facts = sources.manifest(args.name, sources.ensure(args.name, folder, Path(args.root)), folder)
    write_json(args.out, facts)
    print(f"{facts['set']}: {facts['count']} images, digest {facts['digest']}, licence: {facts['licence']}")
    return {"data_digest": facts["digest"]}
