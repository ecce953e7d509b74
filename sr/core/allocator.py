"""Settings of the C library's allocator that keep freed memory in the process.

By default glibc returns each large block to the kernel and asks for a new one, which the kernel must clear page by
page. For networks on large images this takes as long as the arithmetic.
"""

import ctypes
import os

# Names and numbers from glibc's malloc.h; the value is the largest that fits its int.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _LARGEST = -1, -3, 2**31 - 1
_OWN_SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES")


def keep_freed_memory() -> bool:
    """Reuse freed blocks of up to 2 GiB instead of returning them to the kernel; return whether that was set.

    Does nothing under other allocators than glibc's, or if an environment variable already sets glibc's. The process
    holds its peak until it ends, and the peak itself grows, because free blocks are split.
    """
    if any(name in os.environ for name in _OWN_SETTINGS):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # no such function, or no such library (Windows)
        return False
    done = [mallopt(option, _LARGEST) for option in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD)]
    return all(done)
