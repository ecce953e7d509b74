"""Jobs of a run: what a person calls them, how much work they are, and how far the log of one has come."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from sr.core.config import Model

Models = Mapping[str, Model]
LONG = ("search", "retrain")
# How much longer a step of a search takes than one of a training, roughly: it has every candidate, and two halves. Only
# used until a training has shown its time.
SEARCHING = 16
# Wildcards that follow all others; Snakemake gives them in no particular order.
LAST = {"scale": 1, "name": 2}
# A line of sr/core/progress.py.
PROGRESS = re.compile(r"^step (\d+/\d+) .* ([\d:]+) left$", re.M)
TAIL = 4096  # bytes at a log's end that hold the last line of progress


@dataclass(frozen=True)
class Job:
    """One job: its rule, its wildcards by name, its log."""

    rule: str
    wildcards: Mapping[str, str]
    log: Path | None = None

    @property
    def name(self) -> str:
        """Return rule and wildcards for a person: retrain dlsr ×2."""
        ordered = sorted(self.wildcards.items(), key=lambda item: LAST.get(item[0], 0))
        return " ".join([self.rule, *(f"×{value}" if key == "scale" else value for key, value in ordered)])

    @property
    def long(self) -> bool:
        """Return whether its time follows from params.yaml."""
        return self.rule in LONG

    def work(self, models: Models) -> float:
        """Return its work, in proportion to the time among long jobs of one method; any short job is 1.

        For a long one that is steps x patches x LR pixels of a patch x channels, times SEARCHING for a search.
        """
        if not self.long:
            return 1.0
        model = models[self.wildcards["model"]]
        channels = getattr(model.network, "channels", 1)
        if self.rule == "search":
            pixels = (model.search.hr_patch / 2) ** 2
            return SEARCHING * model.search.steps * model.search.batch * pixels * channels
        scale = int(self.wildcards["scale"])
        side = model.retrain.hr_patch.at(scale) / scale
        return model.retrain.steps.at(scale) * model.retrain.batch * side**2 * channels

    def kinds(self, models: Models) -> list[str]:
        """Return the kinds of jobs that its time is learnt from, the most similar first."""
        if not self.long:
            return [self.rule, "short"]
        return [f"{self.rule} {models[self.wildcards['model']].method}", self.rule, "long"]

    def lines(self, *beginnings: str) -> list[str]:
        """Return the lines of its log that start with one of ``beginnings``."""
        return [line for line in self._text().splitlines() if line.startswith(beginnings)]

    def last_line(self) -> str:
        """Return the last line of its log that is not empty; empty if there is none."""
        return next((line for line in reversed(self._text().splitlines()) if line.strip()), "")

    def progress(self) -> tuple[str, float] | None:
        """Return "step/steps" and the seconds left of the last line of progress in its log; None if there is none."""
        matches = PROGRESS.findall(self._text(TAIL))
        if not matches:
            return None
        step, left = matches[-1]
        return step, float(reduce(lambda total, part: 60 * total + int(part), left.split(":"), 0))

    def _text(self, tail: int | None = None) -> str:
        """Return the log, or the last ``tail`` bytes; empty if there is none."""
        try:
            content = self.log.read_bytes() if self.log else b""
        except OSError:
            return ""
        return content[-tail if tail else 0 :].decode(errors="replace")


class Rates:
    """Seconds of a unit of work by kind of job, learnt from what has been done."""

    def __init__(self, other: "Rates | None" = None) -> None:
        """Begin with nothing, or with what ``other`` knows."""
        self._seconds: dict[str, float] = dict(other._seconds) if other else {}
        self._work: dict[str, float] = dict(other._work) if other else {}

    def add(self, kinds: list[str], seconds: float, work: float) -> None:
        """Note that jobs of ``kinds`` did ``work`` in ``seconds``."""
        for kind in kinds:
            self._seconds[kind] = self._seconds.get(kind, 0.0) + seconds
            self._work[kind] = self._work.get(kind, 0.0) + work

    def of(self, kinds: list[str]) -> float | None:
        """Return the seconds of a unit of work for the first of ``kinds`` that is known; None if none is."""
        return next((self._seconds[kind] / self._work[kind] for kind in kinds if self._work.get(kind)), None)
