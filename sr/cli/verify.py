"""Check without training: degradation, counts, the authors' released weights, or the papers' prints."""

import argparse

from sr.core.arguments import Output

CHECKS = ("degradation", "counts", "released", "prints")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("check", choices=CHECKS, help="what to check")
    parser.add_argument("--params", required=True, help="parameter file; its data.folders and data.releases are used")
    parser.add_argument("--out", type=Output(), required=True, help="result (JSON)")


def run(args: argparse.Namespace) -> dict:
    """Check, print what came out and what was absent, and write it."""
    import importlib

    from sr.core import config, formats

    # By name, so that the digest of one check's code has no other check in it.
    module = importlib.import_module(f"sr.stages.verify.{args.check}")
    document = module.check(config.load(args.params))
    # The dash tells a result from the progress of a download; `make verify` shows the results.
    for line in module.lines(document):
        print(f"- {line}")
    for entry in document.absent:
        print(f"- absent: {entry.what}. {entry.remedy}")
    formats.write(args.out, document)
    return {"check": args.check, "absent": len(document.absent)}
