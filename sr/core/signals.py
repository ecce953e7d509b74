"""Defer SIGTERM and SIGINT to the end of the current step."""

import signal
import threading
from typing import Any


class Signals:
    """Note the first signal in ``number``; a second one takes effect at once."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._handlers: dict[int, Any] = {}

    def catch(self) -> None:
        """Install the handlers; outside the main thread, where Python allows none, do nothing."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            # An ignored signal stays ignored, as in a job that a shell runs in the background.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._note)

    def release(self) -> None:
        """Restore the earlier handlers."""
        while self._handlers:
            signal.signal(*self._handlers.popitem())

    def _note(self, number: int, _: Any) -> None:
        self.release()
        self.number = number
