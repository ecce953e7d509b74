"""SIGTERM and SIGINT as a question between two steps, not an end in the middle of one."""

import signal
import threading
from typing import Any


class Signals:
    """Notes the first signal; a second one acts at once, as any would without this."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._handlers: dict[int, Any] = {}

    def catch(self) -> None:
        """Begin; outside the main thread, where Python allows no handlers, nothing happens."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            # Ignored it stays ignored, as for a job that a shell runs in the background.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._note)

    def release(self) -> None:
        """Let signals act as before."""
        while self._handlers:
            signal.signal(*self._handlers.popitem())

    def _note(self, number: int, _: Any) -> None:
        self.release()
        self.number = number
