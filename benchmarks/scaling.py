"""Growth of a step's time with batch, patch, width and cells: ``python -m benchmarks.scaling``.

One quantity varies at a time around a small DLSR; the exponent is the slope of a straight line in log-log. Writes
results/benchmarks/scaling.json, .png, .svg and .pdf.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

# Set before torch is imported: one thread, as in the pipeline's jobs.
os.environ.setdefault("OMP_NUM_THREADS", "1")

OUT = Path(__file__).resolve().parents[1] / "results" / "benchmarks" / "scaling"
PRESET = Path(__file__).resolve().parents[1] / "workflow" / "presets" / "demo.yaml"
BASE = {"batch": 4, "patch": 24, "channels": 16, "cells": 6}
VARIED = {
    "batch": (1, 2, 4, 8, 16),
    # ESA needs 15.
    "patch": (16, 20, 24, 32, 48),
    "channels": (8, 16, 24, 32, 48),
    "cells": (3, 4, 6, 8, 10),
}
LABELS = {"batch": "patches a step", "patch": "LR patch side (pixels)", "channels": "channels", "cells": "cells"}
KINDS = {"search": "search step", "retrain": "training step"}
STEPS = 5


def seconds(kind: str, sizes: dict[str, int], steps: int = STEPS) -> float:
    """Return the median processor seconds of one step of DLSR at ×2; ``kind``: "search" or "retrain"."""
    import torch

    from sr.core import config
    from sr.stages import estimate

    torch.manual_seed(0)
    model = config.load(PRESET).model("dlsr")
    hr = 2 * sizes["patch"]
    model = model.replace(
        network=model.network.replace(channels=sizes["channels"], cells=sizes["cells"]),
        search=model.search.replace(hr_patch=hr),
        retrain=model.retrain.replace(hr_patch=model.retrain.hr_patch.replace(x2=hr)),
    )
    return estimate.time_steps(model, kind, 2, sizes["batch"], torch.device("cpu"), steps, time.process_time)[0]


def exponent(xs: list[float], ys: list[float]) -> float:
    """Return p of y ~ x^p by least squares in log-log."""
    import numpy as np

    return float(np.polyfit(np.log(xs), np.log(ys), 1)[0])


def measure(timed: Callable[[str, dict[str, int]], float] = seconds) -> dict[str, Any]:
    """Return {kind: {quantity: {values, seconds, exponent}}}."""
    results: dict[str, Any] = {}
    for kind in KINDS:
        for quantity, values in VARIED.items():
            times = [timed(kind, {**BASE, quantity: value}) for value in values]
            fitted = exponent(list(values), times)
            results.setdefault(kind, {})[quantity] = {"values": list(values), "seconds": times, "exponent": fitted}
            shown = ", ".join(f"{value}: {each:.4f}" for value, each in zip(values, times, strict=True))
            print(f"{KINDS[kind]} ~ {quantity}^{fitted:.2f}   s at {shown}", flush=True)
    return results


def draw(results: dict[str, Any], out: Path) -> list[Path]:
    """Draw the measurements and the fitted lines to ``out``.png, .svg and .pdf; return the paths."""
    from sr.plot.style import INK, OURS, PAPER, canvas, save, style

    with style():
        figure = canvas(9.6, 6.4)
        for axes, quantity in zip(figure.subplots(2, 2).flat, VARIED, strict=True):
            for kind, colour, marker in (("search", OURS, "D"), ("retrain", PAPER, "s")):
                rows = results[kind][quantity]
                xs, ys, power = rows["values"], rows["seconds"], rows["exponent"]
                middle = median(y / x**power for x, y in zip(xs, ys, strict=True))
                axes.plot(xs, [middle * x**power for x in xs], color=colour, linewidth=1)
                label = f"{KINDS[kind]}, exponent {power:.2f}"
                axes.plot(xs, ys, marker, color=colour, markeredgecolor=INK, markeredgewidth=0.6, label=label)
            axes.set(xscale="log", yscale="log", xlabel=LABELS[quantity], ylabel="processor seconds")
            axes.set_xticks(VARIED[quantity], [str(value) for value in VARIED[quantity]])
            axes.minorticks_off()
            axes.legend(fontsize=8, frameon=False)
        base = ", ".join(f"{key} {value}" for key, value in BASE.items())
        figure.suptitle(f"DLSR ×2 on one CPU thread; unless stated otherwise: {base}", fontsize=10.5)
        return save(figure, out)


def main(argv: list[str] | None = None) -> int:
    """Measure, print, draw and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=OUT, help="files without ending (default: results/benchmarks/scaling)"
    )
    args = parser.parse_args(argv)
    import torch

    from sr.core import provenance
    from sr.core.files import write_json

    torch.set_num_threads(1)
    results = measure()
    document = {"processor": provenance.processor(), "threads": 1, "torch": torch.__version__, "base": BASE}
    write_json(f"{args.out}.json", document | {"git": provenance.git_state(), "steps": STEPS, "measured": results})
    draw(results, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
