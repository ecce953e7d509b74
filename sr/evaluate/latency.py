"""Latency and peak memory of networks for one 1280x720 output, timed in turns."""

import ctypes
import multiprocessing
import os
import re
import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

import numpy as np

from sr.evaluate.output_size import lr_size

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
K = TypeVar("K", bound=Hashable)
Work = Callable[[], object]


def in_turns(works: Mapping[K, Work], rounds: int, warmup: int) -> dict[K, list[float]]:
    """Return the seconds of each work in ``rounds`` rounds, after ``warmup`` rounds that do not count.

    A round does every work once, so that whatever else slows the machine down slows all of them.
    """
    seconds: dict[K, list[float]] = {key: [] for key in works}
    for number in range(warmup + rounds):
        for key, work in works.items():
            start = time.perf_counter()
            work()
            if number >= warmup:
                seconds[key].append(time.perf_counter() - start)
    return seconds


def peak_memory(work: Work) -> int | None:
    """Return how many bytes a process grows when it does ``work`` for the first time.

    None where the system does not tell (not Linux), or if the work fails. The process is a copy of this one, which
    must not have done the work yet: libraries keep what they once had.
    """
    if not RESET.exists():
        return None
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    child = context.Process(target=_grow, args=(work, writer))
    child.start()
    writer.close()
    try:
        return reader.recv()
    except EOFError:
        return None
    finally:
        child.join()


def _grow(work: Work, writer: Connection) -> None:
    """Send the growth of this process; nothing where it is not known, or if the work fails."""
    with suppress(Exception):  # whoever does the work itself will see what is wrong with it
        _return_free_memory()
        RESET.write_text("5")  # the peak starts again from the present size (proc(5))
        before = _status("VmRSS")
        work()
        writer.send(_status("VmHWM") - before)
    os._exit(0)


def _return_free_memory() -> None:
    """Give back what malloc keeps of freed memory: work that it suffices for would not let the process grow."""
    with suppress(OSError, AttributeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)


def _status(key: str) -> int:
    match = re.search(rf"^{key}:\s+(\d+) kB$", STATUS.read_text(), re.M)
    if match is None:
        raise OSError(f"no {key} in {STATUS}")
    return int(match[1]) * 1024


def lr_image(scale: int) -> np.ndarray:
    """Return a smooth uint8 LR image (h, w, 3) behind a 1280x720 output; its content does not change the time."""
    width, height = lr_size(scale)
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], axis=2).astype(np.uint8)
