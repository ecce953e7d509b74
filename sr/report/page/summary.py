"""What came out of a run, in a few lines: on the page's first screen and at the end of `snakemake all`."""

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

from sr.core.formats import load
from sr.data.formats import Inspection
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.report.claims import verdicts
from sr.report.claims.formats import Claims
from sr.report.run import paths
from sr.report.run.reader import FinishedRun
from sr.report.tables.table import number

# So many networks below bicubic are named, the worst first; the tables have all.
LISTED = 4


@dataclass(frozen=True)
class Gain:
    """A network's primary metric on one test set at one scale, and bicubic's."""

    model: str
    scale: int
    test_set: str
    value: float
    bicubic: float

    @property
    def gain(self) -> float:
        """Return the difference as it is shown, so that +0.00 is no gain; NaN if both are infinite."""
        return round(self.value - self.bicubic, METRICS[PRIMARY].digits)


def gains(run: FinishedRun) -> list[Gain]:
    """Return the gain of every model of the run over bicubic, in the order of params.yaml."""
    frame = run.metrics.set_index(["model", "scale", "test_set"])[PRIMARY]
    measured = []
    for (name, model), test_set in itertools.product(run.models.items(), run.params.data.test):
        for scale in model.scales:
            value, bicubic = (frame.get((model, scale, test_set)) for model in (name, paths.BICUBIC))
            if value is not None and bicubic is not None:
                measured.append(Gain(name, scale, test_set, float(value), float(bicubic)))
    return measured


def of_methods(run: FinishedRun) -> list[str]:
    """Return what each method's own network gains over bicubic, one line a test set."""
    metric, lines = METRICS[PRIMARY], []
    for method, test_set in itertools.product(run.params.methods, run.params.data.test):
        parts = [
            f"×{gain.scale} {number(gain.value, metric.digits)} {metric.unit} "
            f"({number(gain.gain, metric.digits, signed=True)})"
            for gain in gains(run)
            if (gain.model, gain.test_set) == (method, test_set)
        ]
        if parts:
            lines.append(f"{method.upper()} on {test_set}: {', '.join(parts)}")
    return lines


def against_bicubic(run: FinishedRun) -> tuple[bool, str]:
    """Return whether every network is above bicubic on every test set, and that in a sentence.

    Where both are infinite, neither is above the other.
    """
    every = gains(run)
    ranked = sorted((gain for gain in every if not math.isnan(gain.gain)), key=lambda gain: gain.gain)
    if not ranked:
        reason = "has a finite difference from" if every else "was measured beside"
        return True, f"No network {reason} bicubic."
    if ranked[0].gain > 0:
        return True, f"All {len(ranked)} measured networks are above bicubic, the least: {_named(ranked[0])}."
    worse = [gain for gain in ranked if gain.gain <= 0]
    more = f" and {len(worse) - LISTED} more" if len(worse) > LISTED else ""
    named = ", ".join(map(_named, worse[:LISTED]))
    return False, f"{len(worse)} of {len(ranked)} networks are NOT above bicubic: {named}{more}."


def lookalikes(run: FinishedRun) -> str:
    """Return which test images look like a training image; empty if none does, or if that was not checked."""
    file = run.path("data/inspection.json")
    near = load(file, Inspection).lookalikes if file else []
    named = ", ".join(f"{pair.test} (as {pair.train})" for pair in near[:LISTED])
    more = f" and {len(near) - LISTED} more" if len(near) > LISTED else ""
    return f"{len(near)} test image{'s' * (len(near) > 1)} may have been trained on: {named}{more}." if near else ""


def text(run: FinishedRun, claims: Claims, page: Path) -> str:
    """Return the lines that end a run on the terminal."""
    above, sentence = against_bicubic(run)
    unit = METRICS[PRIMARY]
    tallies = verdicts.tallied(claims.verdicts)
    graded = [f"{grade} {verdicts.in_words(tally)}" for grade, tally in tallies.items() if tally]
    lines = [f"{unit.title} in {unit.unit} and the gain over bicubic:", *of_methods(run)]
    lines += [sentence if above else f"warning: {sentence}"]
    lines += [f"warning: {trained}"] if (trained := lookalikes(run)) else []
    counted = f"Claims of the papers by grade of evidence: {'; '.join(graded)}." if graded else "No claims of papers."
    lines += [counted, f"The page with all of it: {page}"]
    return "\n".join(lines) + "\n"


def _named(gain: Gain) -> str:
    digits = METRICS[PRIMARY].digits
    return (
        f"{gain.model} ×{gain.scale} on {gain.test_set} ({number(gain.gain, digits, signed=True)} "
        f"{METRICS[PRIMARY].unit})"
    )
