"""Progress of a long loop as plain lines, readable in a terminal and in a log file."""

import contextlib
import sys
import time
from typing import Any


class Progress:
    """Print 'step a/b ... steps/s ... left' at most every few seconds, and at the end."""

    def __init__(self, steps: int, every_seconds: float = 5.0) -> None:
        self.steps, self.every = steps, every_seconds
        self.start = self.shown = time.monotonic()

    def seconds(self) -> float:
        """Return the seconds of work so far, including those of an interrupted run that this one resumed."""
        return time.monotonic() - self.start

    def state_dict(self) -> dict[str, Any]:
        """Return the seconds of work so far."""
        return {"seconds": self.seconds()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue counting from earlier seconds."""
        self.start = time.monotonic() - state["seconds"]

    def show(self, step: int, text: str) -> None:
        """Print one line about ``step`` of ``steps`` done, unless the last one is too recent."""
        now = time.monotonic()
        if now - self.shown < self.every and step < self.steps:
            return
        self.shown = now
        speed = step / max(now - self.start, 1e-9)
        left = (self.steps - step) / speed
        line = f"step {step}/{self.steps}  {text}  {speed:.2f} steps/s  {clock(left)} left"
        # A closed pipe, such as a log's `tee` after Ctrl-C, must not end the run before its state is saved.
        with contextlib.suppress(BrokenPipeError):
            print(line, file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """Return seconds as m:ss, or h:mm:ss."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def duration(seconds: float) -> str:
    """Return seconds in words: 9 min 5 s, or 2 h 30 min."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
