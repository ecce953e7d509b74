"""Print the table and write it as JSON (see ``--help``)."""

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

# Before torch is imported: one thread and huge pages, as the pipeline's jobs have them; so do the references here.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

GROUPS = ("search", "training", "degradation", "evaluation", "startup", "gpu")
RESULTS = Path(__file__).resolve().parents[1] / "results" / "benchmarks"


def main(argv: list[str] | None = None) -> int:
    """Measure the chosen groups; return 0, whatever they show: a slow machine is no error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure against plain references.")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="groups to measure")
    parser.add_argument("--repeats", type=int, default=7, help="measurements of each (default: 7)")
    parser.add_argument("--quick", action="store_true", help="small sizes and three measurements: a smoke test")
    parser.add_argument("--out", type=Path, help="JSON file (default: results/benchmarks/<machine>.json)")
    args = parser.parse_args(argv)
    import torch

    from benchmarks import harness
    from sr.core import provenance

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    rows = []
    for group in args.only:
        print(f"measuring {group}", file=sys.stderr, flush=True)
        module = importlib.import_module(f"benchmarks.{group}")
        rows += module.rows(3 if args.quick else args.repeats, args.quick)
    print("\n".join(harness.table(rows)))
    print("\n".join(harness.notes(rows)))
    made = {"machine": harness.machine(), "threads": torch.get_num_threads(), "quick": args.quick}
    made |= {"torch": torch.__version__, "load": os.getloadavg(), "git": provenance.git_state()}
    write(args.out or RESULTS / f"{harness.machine()}.json", made | {"rows": [row.plain() for row in rows]})
    return 0


def write(path: Path, document: dict) -> None:
    """Write ``document``; rows of groups that were not measured this time stay as they are in the file."""
    from sr.core.files import write_json

    if path.is_file():
        old = json.loads(path.read_text(encoding="utf-8"))["rows"]
        groups = {row["name"].split("/")[0] for row in document["rows"]}
        document = document | {
            "rows": [row for row in old if row["name"].split("/")[0] not in groups] + document["rows"]
        }
    write_json(path, document)


if __name__ == "__main__":
    sys.exit(main())
