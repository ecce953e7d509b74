"""Progress of an upscaling: a bar on a terminal, in a log a line now and then."""

import sys
import time
from collections.abc import Iterable, Iterator

from tqdm import tqdm

from sr.core.progress import clock
from sr.use.checks import Job

EVERY = 30.0  # seconds between two lines in a log
_BAR = "{desc} {percentage:3.0f}%|{bar}| {elapsed} so far, {remaining} left"


class UpscaleProgress:
    """Show on stderr how much of the work is done, in any unit, and the time left if all of it is equally fast."""

    def __init__(self, works: list[float]) -> None:
        """``works``: the work of each image."""
        self._works, self._total = works, sum(works)
        self._done, self._start = 0.0, time.monotonic()
        self._shown = self._start
        self._bar = tqdm(
            total=self._total, bar_format=_BAR, smoothing=0, file=sys.stderr, disable=None, dynamic_ncols=True
        )
        self._name = ""

    def each(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Yield the jobs; whatever one of them has reported, all of its work counts as done after it."""
        try:
            for number, job in enumerate(jobs, start=1):
                count = f" ({number} of {len(self._works)})" if len(self._works) > 1 else ""
                self._name = f"{job.source.name}{count}"
                self._bar.set_description_str(self._name)
                yield job
                self.add(sum(self._works[:number]) - self._done)
        finally:
            self._bar.leave = self._done >= 0.999 * self._total
            self._bar.close()

    def add(self, work: float) -> None:
        """Count ``work`` as done."""
        self._done += work
        self._bar.update(work)
        now = time.monotonic()
        if self._bar.disable and now - self._shown >= EVERY and 0 < self._done < self._total:
            self._shown = now
            left = (now - self._start) / self._done * (self._total - self._done)
            print(f"{self._name}: {self._done / self._total:.0%} done, {clock(left)} left", file=sys.stderr, flush=True)


def about(seconds: float) -> str:
    """Return a time in words, rounded as an estimate deserves: about 20 s, about 3 min, about 1.5 h."""
    if seconds < 55:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    return f"about {round(seconds / 60)} min" if seconds < 90 * 60 else f"about {seconds / 3600:.1f} h"
