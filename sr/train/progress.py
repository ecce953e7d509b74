"""Progress of a long step as plain lines, which a terminal and a log file show alike."""

import sys
import time


class Progress:
    """Print 'step a/b ... steps/s ... left' at most every few seconds, and at the end."""

    def __init__(self, steps: int, every_seconds: float = 5.0) -> None:
        self.steps, self.every = steps, every_seconds
        self.start = self.shown = time.monotonic()

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.start

    def show(self, step: int, text: str) -> None:
        """Print one line about ``step`` of ``steps`` done, unless the last one is too fresh."""
        now = time.monotonic()
        if now - self.shown < self.every and step < self.steps:
            return
        self.shown = now
        speed = step / max(now - self.start, 1e-9)
        left = (self.steps - step) / speed
        print(
            f"step {step}/{self.steps}  {text}  {speed:.2f} steps/s  {_clock(left)} left", file=sys.stderr, flush=True
        )


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
