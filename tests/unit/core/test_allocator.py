import os
import subprocess
import sys

import pytest

from tests.helpers.repository import REPO

# Writes to 64 MB three times: without the setting, each new block faults in all its pages.
FAULTS = """
import resource, sys
from sr.core.allocator import keep_freed_memory
print(keep_freed_memory() if sys.argv[1] == "kept" else None)
for _ in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = bytearray(b"x") * 2**26
    del block
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = 2**26 // os.sysconf("SC_PAGESIZE")


def run(mode: str, **environment: str) -> list[str]:
    command = [sys.executable, "-c", FAULTS, mode]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC", "GLIBC"))}
    done = subprocess.run(
        command, cwd=REPO, env=clean | environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.split()


@pytest.mark.skipif(sys.platform != "linux", reason="the setting is glibc's")
def test_freed_memory_is_used_again() -> None:
    kept, first, *later = run("kept")
    assert kept == "True"
    assert int(first) > PAGES / 2
    assert all(int(faults) < PAGES / 100 for faults in later)


@pytest.mark.skipif(sys.platform != "linux", reason="the setting is glibc's")
def test_without_it_each_block_is_new() -> None:
    assert all(int(faults) > PAGES / 2 for faults in run("plain")[1:])


@pytest.mark.parametrize("name", ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"])
def test_settings_of_the_environment_win(name: str) -> None:
    assert run("kept", **{name: "131072"})[0] == "False"
