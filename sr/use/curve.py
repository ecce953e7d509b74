"""Training curve of a model card: the loss against steps, as a picture."""

import csv
from math import isfinite
from pathlib import Path

from matplotlib.ticker import LogFormatter

from sr.core.errors import UserError
from sr.core.files import atomic_path
from sr.plot.style import OURS, canvas, style

Curve = list[tuple[int, float]]  # step, loss


def read_curve(path: Path) -> Curve:
    """Return (step, loss) of the rows of a training's history; raise UserError if it is none."""
    try:
        with open(path, newline="", encoding="utf-8") as stream:
            curve = [(int(row["step"]), float(row["loss"])) for row in csv.DictReader(stream)]
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{path}: not a training's history. Give the CSV of retrain --history") from None
    if not curve or not all(isfinite(loss) for _, loss in curve):
        raise UserError(f"{path}: has no losses, or not finite ones. Give the CSV of retrain --history")
    return curve


def draw_curve(curve: Curve, out: Path) -> None:
    """Write the picture (PNG), the same bytes for the same curve."""
    with style():
        figure = canvas(6, 2.6)
        axes = figure.add_subplot()
        axes.plot(*zip(*curve, strict=True), color=OURS, linewidth=1.2)
        axes.set(xlabel="step", ylabel="loss, mean since the last point", yscale="log")
        # The default writes powers of ten as formulas, which the style does not read.
        axes.yaxis.set_major_formatter(LogFormatter())
        axes.yaxis.set_minor_formatter(LogFormatter())
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(out) as temporary:
            figure.savefig(temporary, format="png", metadata={"Software": None})
