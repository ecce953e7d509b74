"""The one error that a user may cause: a single clear line, exit code 1, no traceback."""


class UserError(ValueError):
    """Report a mistake in input: what is wrong, where, and what to do about it.

    Raise it for parameters, files and arguments; use ``assert`` for what only a bug can break.
    """
