"""The errors that end in a single clear line and an exit code, without a traceback."""

import signal


class UserError(ValueError):
    """Report a mistake in input: what is wrong, where, and what to do about it.

    Raise it for parameters, files and arguments; use ``assert`` for what only a bug can break.
    """

    code = 1


class SignalError(UserError):
    """Report that a signal ended the run in good order; the exit code is the shell's: 128 + the signal's number."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(f"{signal.Signals(number).name}: {message}")
        self.code = 128 + number
