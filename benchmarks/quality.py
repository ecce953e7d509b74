"""Time to quality: how long a training takes until its network reaches a PSNR: ``python -m benchmarks.quality``.

For each start (``init: default`` and ``interpolation``) trainings of DLSR's published genotype at x2 get twice as long,
every one a whole training with its own schedule, until one reaches the target. The section retrain is the preset
lite's. Writes results/benchmarks/quality.json.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sr.core.sections import Init

# Set before torch is imported: one thread, as in the pipeline's jobs.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "results" / "benchmarks" / "quality.json"
SCALE, FIRST, LAST = 2, 500, 16_000
STARTS: dict["Init", int] = {"default": 0, "interpolation": 200}  # steps of warm-up


def main(argv: list[str] | None = None) -> int:
    """Train, print a line a training, and write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--train", required=True, help="packed training set, such as data/packed/BSDS400")
    parser.add_argument("--test", required=True, help="packed test set, such as data/packed/Set5")
    parser.add_argument("--target", type=float, default=36.5, help="PSNR to reach in dB (default: 36.5)")
    parser.add_argument("--channels", type=int, default=18, help="channels of the network (default: 18)")
    parser.add_argument("--last", type=int, default=LAST, help=f"longest training in steps (default: {LAST})")
    parser.add_argument("--out", type=Path, default=OUT, help="JSON file (default: results/benchmarks/quality.json)")
    args = parser.parse_args(argv)
    from benchmarks import harness
    from sr.core import provenance
    from sr.core.allocator import keep_freed_memory
    from sr.core.files import write_json

    keep_freed_memory()

    trainings = [row for start in STARTS for row in until(start, args)]
    facts = {"machine": harness.machine(), "git": provenance.git_state(), "test": Path(args.test).name}
    write_json(args.out, {**facts, "target": args.target, "channels": args.channels, "trainings": trainings})
    return 0


def until(start: "Init", args: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the trainings from ``start``, up to the first that reaches the target."""
    done: list[dict[str, Any]] = []
    steps = FIRST
    while steps <= args.last and not (done and done[-1]["psnr"] >= args.target):
        done.append({"init": start, "steps": steps, **trained(start, steps, args)})
        print(", ".join(f"{key} {value}" for key, value in done[-1].items()), file=sys.stderr, flush=True)
        steps *= 2
    return done


def trained(start: "Init", steps: int, args: argparse.Namespace) -> dict[str, float]:
    """Train from ``start`` for ``steps`` steps; return processor minutes and the mean PSNR on the test set."""
    import torch

    from sr.core import config
    from sr.data.packed import Pairs
    from sr.data.sampler import PatchSampler
    from sr.methods import registry
    from sr.nas.genotype import read_genotype
    from sr.train.loop import train
    from sr.train.losses import ReconstructionLoss

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = config.load(config.PRESETS / "lite.yaml").model("dlsr")
    method = registry.find("dlsr")
    genotype = read_genotype(ROOT / "data" / "genotypes" / "dlsr.json", method.genotype_type)
    schedule = model.retrain.lr_schedule.replace(warmup=STARTS[start])
    section = model.retrain.replace(lr_schedule=schedule, log_every=steps)
    network = method.network(genotype, model.network.replace(channels=args.channels), SCALE)
    method.initialise(network, SCALE, start)
    pairs = Pairs([args.train], SCALE)
    sampler = PatchSampler(pairs, range(len(pairs)), section.hr_patch.x2, section.batch, 0)
    begin = time.process_time()
    train(network, sampler.draw, ReconstructionLoss(section.mu_hfen), section, steps, device=torch.device("cpu"))
    minutes = (time.process_time() - begin) / 60
    return {"minutes": round(minutes, 2), "psnr": round(quality(network, args.test), 3)}


def quality(network: Any, folder: str) -> float:
    """Return the mean PSNR of ``network`` on a packed set, by the field's protocol."""
    import torch

    from sr.evaluate.benchmark import Rules, measure, packed_samples
    from sr.evaluate.inference import ready, super_resolve

    ready(network, torch.device("cpu"))
    rules = Rules(crop_border=SCALE, tile=0, scale=SCALE)
    results = measure(lambda lr: super_resolve(network, lr, SCALE), packed_samples(folder, SCALE), rules)
    return fmean(result.values["psnr"] or 0.0 for result in results)


if __name__ == "__main__":
    sys.exit(main())
