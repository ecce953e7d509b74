"""Benchmark harness: measure reference and candidate alternately, and report whether a target is met.

On a CPU, time is the processor time of this process with one thread, which load from other processes hardly
affects. Reference and candidate alternate, so that a change of the clock rate affects both.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import torch

from sr.core import provenance

Work = Callable[[], Any]


@dataclass(frozen=True)
class Stats:
    """Median, quartiles and number of repeated measurements."""

    median: float
    low: float
    high: float
    count: int

    @property
    def spread(self) -> float:
        """Return the distance between the quartiles as a share of the median."""
        return (self.high - self.low) / self.median if self.median else 0.0


@dataclass(frozen=True)
class Row:
    """One line of the table: a quantity of ours, of a reference if there is one, and the target.

    ``target`` is ("ratio", ">=", 4.0), about reference / ours, or ("value", "<=", 0.5), about ours; None for no target.
    """

    name: str
    unit: str
    ours: Stats
    reference: Stats | None = None
    target: tuple[str, str, float] | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Return the reference's median over ours, or None without a reference."""
        return self.reference.median / self.ours.median if self.reference else None

    @property
    def met(self) -> bool | None:
        """Return whether the target is met; None if there is none."""
        if self.target is None:
            return None
        what, relation, bound = self.target
        value = self.ratio if what == "ratio" else self.ours.median
        assert value is not None, "a ratio needs a reference"
        return value >= bound if relation == ">=" else value <= bound

    def plain(self) -> dict[str, Any]:
        """Return the row as plain data for JSON."""
        target = " ".join(map(str, self.target)) if self.target else None
        return asdict(self) | {"ratio": self.ratio, "target": target, "met": self.met}


def stats(values: list[float]) -> Stats:
    """Return median and quartiles of at least one measurement."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return Stats(median(ordered), ordered[round(last / 4)], ordered[round(last * 3 / 4)], len(ordered))


def in_turns(works: list[Work], repeats: int, clock: Callable[[], float] = time.process_time) -> list[Stats]:
    """Return the seconds of each work: ``repeats`` rounds of all of them after one warm-up round."""
    seconds: list[list[float]] = [[] for _ in works]
    for number in range(repeats + 1):
        for work, values in zip(works, seconds, strict=True):
            start = clock()
            work()
            if number:
                values.append(clock() - start)
    return [stats(values) for values in seconds]


def compare(
    name: str, reference: Work, ours: Work, repeats: int, target: float | None = None, note: str = "", scaled: float = 1
) -> Row:
    """Return the row of two works; ``scaled``: ratio of our amount of work to the reference's."""
    part, candidate = in_turns([reference, ours], repeats)
    whole = Stats(part.median * scaled, part.low * scaled, part.high * scaled, part.count)
    return Row(name, "s", candidate, whole, ("ratio", ">=", target) if target else None, note)


def machine() -> str:
    """Return the processor's (or GPU's) model and the number of cores as a file's name."""
    name = provenance.processor()
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
    return re.sub(r"[^a-z0-9]+", "-", f"{name} {os.cpu_count()} cores".lower()).strip("-")


def table(rows: list[Row]) -> Iterator[str]:
    """Yield the lines of the table."""
    head = ("name", "reference", "ours", "unit", "ratio", "spread", "target", "met")
    cells = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def notes(rows: list[Row]) -> Iterator[str]:
    """Yield each distinct note once, with the names of its rows."""
    for note in dict.fromkeys(row.note for row in rows if row.note):
        yield f"{note}: {', '.join(row.name for row in rows if row.note == note)}"


def _cells(row: Row) -> tuple[str, ...]:
    spreads = [s.spread for s in (row.reference, row.ours) if s]
    return (
        row.name,
        f"{row.reference.median:.4g}" if row.reference else "-",
        f"{row.ours.median:.4g}",
        row.unit,
        f"{row.ratio:.2f}" if row.ratio else "-",
        "/".join(f"{100 * spread:.0f} %" for spread in spreads),
        f"{row.target[0]} {row.target[1]} {row.target[2]:g}" if row.target else "-",
        {True: "yes", False: "NO", None: "-"}[row.met],
    )
