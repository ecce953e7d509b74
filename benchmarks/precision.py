"""Search in bfloat16 against float32: the same genotypes, and networks as good? ``python -m benchmarks.precision``.

For each seed DLSR is searched in both formats, with the sections of a preset; both genotypes are retrained and
measured. Genotypes should agree between the formats as much as between seeds, and the means should not differ.
Writes results/benchmarks/precision.json.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sr.core.sections import Precision

# Set before torch is imported: one thread, as in the pipeline's jobs.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "results" / "benchmarks" / "precision.json"
SCALE = 2
FORMATS: tuple["Precision", ...] = ("float32", "bfloat16")


def main(argv: list[str] | None = None) -> int:
    """Search, retrain and measure; print a line a search, and write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.precision", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--train", required=True, help="packed training set, such as data/packed/EmbeddedTrain")
    parser.add_argument("--test", required=True, help="packed test set, such as data/packed/Set5")
    parser.add_argument("--preset", default="demo", help="preset whose sections of DLSR are taken (default: demo)")
    parser.add_argument("--seeds", type=int, default=5, help="searches in each format (default: 5)")
    parser.add_argument("--out", type=Path, default=OUT, help="JSON file (default: results/benchmarks/precision.json)")
    args = parser.parse_args(argv)
    from benchmarks import harness
    from sr.core import provenance
    from sr.core.allocator import keep_freed_memory
    from sr.core.files import write_json

    keep_freed_memory()
    rows = [trained(seed, precision, args) for seed in range(args.seeds) for precision in FORMATS]
    facts = {"machine": harness.machine(), "git": provenance.git_state(), "test": Path(args.test).name}
    write_json(args.out, {**facts, "preset": args.preset, **compared(rows), "searches": rows})
    return 0


def trained(seed: int, precision: "Precision", args: argparse.Namespace) -> dict[str, Any]:
    """Search from ``seed`` in a format and retrain the genotype; return it, the PSNR and the search's minutes."""
    from benchmarks.quality import quality
    from sr.core import config
    from sr.methods import registry
    from sr.methods.weights import load_own
    from sr.nas.genotype import read_genotype
    from sr.stages.genotype import derive_genotype
    from sr.stages.retrain import RetrainJob, retrain
    from sr.stages.search import SearchJob, search_architecture

    params = config.load(config.PRESETS / f"{args.preset}.yaml")
    model = params.model("dlsr")
    model = model.replace(seed=seed, search=model.search.replace(precision=precision))
    params = params.replace(models={"dlsr": model})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result, genotype, weights = (folder / file for file in ("result.json", "genotype.json", "x2.safetensors"))
        begin = time.process_time()
        search_architecture(params, SearchJob("dlsr", [args.train], result, folder / "h.csv", folder / "s.safetensors"))
        minutes = (time.process_time() - begin) / 60
        derive_genotype(params, "dlsr", result, genotype)
        retrain(params, RetrainJob("dlsr", SCALE, genotype, [args.train], weights, folder / "r.csv"))
        document = read_genotype(genotype, registry.find("dlsr").genotype_type)
        row = {
            "seed": seed,
            "precision": precision,
            "minutes": round(minutes, 2),
            "psnr": round(quality(load_own(weights).network(), args.test), 3),
            "kept": {choice: decision.kept for choice, decision in (document.evidence or {}).items()},
        }
    print(f"seed {seed}, {precision}: {row['minutes']} min, {row['psnr']} dB", file=sys.stderr, flush=True)
    return row


def compared(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the agreement between the formats and between seeds, and the difference of the networks, an interval."""
    import numpy as np
    from scipy import stats

    from sr.nas.agreement import agreement, overall
    from sr.report.claims.inference import LEVEL

    halves = [[row for row in rows if row["precision"] == name] for name in FORMATS]
    pairs = list(zip(*halves, strict=True))
    gains = np.array([second["psnr"] - first["psnr"] for first, second in pairs])
    low, high = stats.ttest_1samp(gains, 0).confidence_interval(LEVEL)
    times = [fmean(row["minutes"] for row in half) for half in halves]
    return {
        "agreement_between_formats": round(fmean(fmean(agreement(a["kept"], b["kept"]).values()) for a, b in pairs), 3),
        "agreement_between_seeds": [round(overall([row["kept"] for row in half]), 3) for half in halves],
        "difference_db": round(float(gains.mean()), 3),
        "interval_db": [round(float(low), 3), round(float(high), 3)],
        "speedup": round(times[0] / times[1], 2),
    }


if __name__ == "__main__":
    sys.exit(main())
