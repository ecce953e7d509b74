"""Decode a set's HR images once and pack them into one memory-mapped array."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--manifest", required=True, help="the set's manifest, made by fetch")
    parser.add_argument("--params", required=True, help="parameter file, for data.folders")
    parser.add_argument("--root", default="data", help="folder of downloads and unpacked sets (default: data)")
    parser.add_argument("--out", required=True, help="packed HR images (.npy)")


def run(args: argparse.Namespace) -> dict:
    """Pack one set."""
    from sr.core import config
    from sr.stages.data import pack_hr

    return pack_hr(args.manifest, config.load(args.params).data.folders, args.root, args.out)
