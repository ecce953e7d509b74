"""The errors that end in a single clear line and an exit code, without a traceback."""

import signal

LONGEST = 1200  # characters of a message


class UserError(ValueError):
    """Report a mistake in input: what is wrong, where, and what to do about it.

    Raise it for parameters, files and arguments; use ``assert`` for what only a bug can break. The message is one
    line whatever it quotes.
    """

    code = 1

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


def one_line(text: str) -> str:
    """Return ``text`` with all that a terminal does not print written as escapes, and a very long one cut.

    Names of files and values of parameters may hold line breaks, terminal codes, or megabytes.
    """
    if len(text) > LONGEST:
        # The beginning says where, the end what to do.
        text = f"{text[: LONGEST - 410]} [...] {text[-400:]}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class SignalError(UserError):
    """Report that a signal ended the run in good order; the exit code is the shell's: 128 + the signal's number."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(f"{signal.Signals(number).name}: {message}")
        self.code = 128 + number
