"""Benchmarks against plain references: print the table and write it as JSON (see ``--help``)."""

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

# Set before torch is imported: one thread, as in the pipeline's jobs, for the references as well.
os.environ.setdefault("OMP_NUM_THREADS", "1")

GROUPS = ("search", "training", "degradation", "evaluation", "startup", "gpu")
RESULTS = Path(__file__).resolve().parents[1] / "results" / "benchmarks"


def main(argv: list[str] | None = None) -> int:
    """Measure the chosen groups; return 0 whatever the result, because a slow machine is not an error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure against plain references.")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="groups to measure")
    parser.add_argument("--repeats", type=int, default=7, help="measurements per row (default: 7)")
    parser.add_argument("--quick", action="store_true", help="small sizes and three measurements: a smoke test")
    parser.add_argument("--out", type=Path, help="JSON file (default: results/benchmarks/<machine>.json)")
    args = parser.parse_args(argv)
    import torch

    from benchmarks import harness
    from sr.core import provenance
    from sr.core.allocator import keep_freed_memory

    keep_freed_memory()  # as in the pipeline's jobs, for the references as well
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    rows = []
    for group in args.only:
        print(f"measuring {group}", file=sys.stderr, flush=True)
        module = importlib.import_module(f"benchmarks.{group}")
        rows += module.rows(3 if args.quick else args.repeats, args.quick)
    print("\n".join(harness.table(rows)))
    print("\n".join(harness.notes(rows)))
    document = {
        "machine": harness.machine(),
        "threads": torch.get_num_threads(),
        "quick": args.quick,
        "torch": torch.__version__,
        "load": os.getloadavg(),
        "git": provenance.git_state(),
        "rows": [row.plain() | {"commit": provenance.git_state()["commit"]} for row in rows],
    }
    write(args.out or RESULTS / f"{harness.machine()}.json", document)
    return 0


def write(path: Path, document: dict) -> None:
    """Write ``document``, and keep the file's rows of groups that were not measured this time."""
    from sr.core.files import write_json

    if path.is_file():
        groups = {_group(row) for row in document["rows"]}
        old = json.loads(path.read_text(encoding="utf-8"))["rows"]
        kept = [row for row in old if _group(row) not in groups]
        document = document | {"rows": kept + document["rows"]}
    write_json(path, document)


def _group(row: dict) -> str:
    """Return the group that a row's name, <group>/<quantity>, begins with."""
    return row["name"].split("/")[0]


if __name__ == "__main__":
    sys.exit(main())
