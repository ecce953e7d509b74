"""Turn out-of-memory errors into user errors, without importing torch."""

from collections.abc import Iterator
from contextlib import contextmanager

from sr.core.errors import UserError

# Words of torch, its libraries and the drivers; most arrive in a plain RuntimeError.
_WORDS = ("can't allocate memory", "cannot allocate memory", "bad_alloc", "could not create a memory")
_GPU_WORDS = ("cuda error: out of memory", "cudnn_status_alloc", "cublas_status_alloc")


@contextmanager
def memory(remedy: str, job: str = "this job") -> Iterator[None]:
    """Turn an out-of-memory error, of a GPU or of the machine, into a UserError that ends in ``remedy``."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        where = exhausted(error)
        if where is None:
            raise
        raise UserError(f"out of memory: the {where} has too little for {job}. {remedy}") from None


def exhausted(error: BaseException) -> str | None:
    """Return "GPU" or "machine" if ``error`` says that its memory is full, otherwise None."""
    text = str(error).lower()
    if type(error).__name__ == "OutOfMemoryError" or any(words in text for words in _GPU_WORDS):
        return "GPU"
    full = isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(w in text for w in _WORDS))
    return "machine" if full else None
