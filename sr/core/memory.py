"""Running out of memory, which is the user's to mend: smaller pieces, or a larger machine. Needs no torch."""

from collections.abc import Iterator
from contextlib import contextmanager

from sr.core.errors import UserError

# What torch, its libraries and the drivers say; most of it comes as a plain RuntimeError.
_WORDS = ("can't allocate memory", "cannot allocate memory", "bad_alloc", "could not create a memory")
_GPU_WORDS = ("cuda error: out of memory", "cudnn_status_alloc", "cublas_status_alloc")


@contextmanager
def memory(remedy: str, job: str = "this job") -> Iterator[None]:
    """Turn running out of memory, on a GPU or a CPU, into a UserError that ends in ``remedy``."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        where = exhausted(error)
        if where is None:
            raise
        raise UserError(f"out of memory: the {where} has not enough for {job}. {remedy}") from None


def exhausted(error: BaseException) -> str | None:
    """Return "GPU" or "machine" if ``error`` says that its memory is full, None if it says anything else."""
    text = str(error).lower()
    if type(error).__name__ == "OutOfMemoryError" or any(words in text for words in _GPU_WORDS):
        return "GPU"
    full = isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(w in text for w in _WORDS))
    return "machine" if full else None
