"""Errors for users: one line and an exit code instead of a traceback."""

import signal

LONGEST = 1200  # characters of a message


class UserError(ValueError):
    """Report a mistake in input: what is wrong, where, and what to do about it.

    Raise it for parameters, files and arguments; use ``assert`` for what only a bug can break. The message is always
    one line, even if it quotes several.
    """

    code = 1

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def one_line(text: str) -> str:
    """Return ``text`` with unprintable characters escaped, and shortened in the middle if it is very long.

    Names of files and values of parameters may contain line breaks, terminal codes, or megabytes.
    """
    if len(text) > LONGEST:
        # The beginning says where, the end what to do.
        text = f"{text[: LONGEST - 410]} [...] {text[-400:]}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class SignalError(UserError):
    """Report that a signal stopped the run cleanly; the exit code is 128 + the signal's number, as in a shell."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(f"{signal.Signals(number).name}: {message}")
        self.code = 128 + number


def reason_of(error: Exception) -> str:
    """Return why something failed in one line: the system's words without number and path, or the error's own."""
    system = error.strerror if isinstance(error, OSError) else None
    return system or " ".join(str(error).split()) or type(error).__name__
