"""Reader of a run's timings, results/latency.json."""

from sr.core.formats import load
from sr.evaluate.latency_formats import Latency
from sr.report.run.reader import FinishedRun

FILE = "results/latency.json"


def read(run: FinishedRun) -> Latency | None:
    """Return the run's timings, or None if it has none."""
    path = run.path(FILE)
    return load(path, Latency, "Measure it again: python -m sr latency") if path else None


def medians(run: FinishedRun) -> dict[tuple[str, int], float]:
    """Return the median time in milliseconds by model and scale."""
    timed = read(run)
    return {(row.model, row.scale): row.median for row in timed.rows} if timed else {}
