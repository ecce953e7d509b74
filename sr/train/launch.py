"""Launcher of the processes that train one network together; ``torchrun`` can start them as well.

The process that the user or a rule starts is the main one (rank 0). It starts the others with the same command and
torchrun's environment variables. Measured with PyTorch 2.13, the agent of torchrun does not meet the requirements:

- It forwards SIGTERM, so workers that Slurm also signals get it twice, and the second one stops them at once.
- Its workers, each in a session of its own, keep running after it is killed.
- It reports a user's mistake in 40 lines instead of one.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sr.core.errors import UserError
from sr.core.files import ROOT

# Always set by torchrun.
RUN_ID = "TORCHELASTIC_RUN_ID"
# Set for the processes that the main one starts.
RENDEZVOUS = "SR_RENDEZVOUS"
# Time that the main process has to notice the failure of another one by itself (s).
GRACE = 3.0
# Interval at which processes check on each other (s).
POLL = 0.2
# gloo's processes are all on this machine: do not listen to others.
LOOPBACK = {"linux": "lo", "darwin": "lo0"}


@dataclass(frozen=True)
class World:
    """Rank of this process among the ``size`` of a training, and among the ``local_size`` on this machine.

    ``rendezvous``: where they meet, an ``init_method`` of torch.distributed. ``workers``: those that it has started.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1
    rendezvous: str = "env://"
    workers: "Workers | None" = None

    @property
    def is_main(self) -> bool:
        """Return whether this is the process that writes outputs and saves states."""
        return self.rank == 0


@contextlib.contextmanager
def processes(devices: int, command: list[str]) -> Iterator[World]:
    """Yield this process's rank among ``devices``; the main process starts the others, and ends them.

    ``command`` is what they run: the arguments of ``python -m sr``.
    """
    if RENDEZVOUS in os.environ or RUN_ID in os.environ:
        yield _from_environment(devices)
    elif devices == 1:
        yield World()
    else:
        with Workers(devices, command) as workers:
            yield World(0, devices, 0, devices, workers.rendezvous, workers)


def _from_environment(devices: int) -> World:
    """Return the rank that torchrun, or the main process, gave to this one."""
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    rank, size, local_rank, local_size = (int(os.environ[name]) for name in names)
    if size != devices:
        raise UserError(f"retrain.devices: {devices}, but torchrun started {size} processes. Make both numbers equal")
    if rank:
        threading.Thread(target=_exit_with_parent, args=(os.getppid(),), daemon=True).start()
    return World(rank, size, local_rank, local_size, os.environ.get(RENDEZVOUS, "env://"))


def ignore_signals() -> None:
    """Leave SIGTERM and SIGINT, which often reach all processes, to the main one: it saves the state, then ends all."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)


def _exit_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL)
    # The main thread may be blocked in a collective operation, where no exception reaches it.
    os._exit(1)


class Workers:
    """All processes but the main one; a context manager that ends them."""

    def __init__(self, size: int, command: list[str]) -> None:
        """Start the processes."""
        self._folder = tempfile.TemporaryDirectory(prefix="sr-")
        self.rendezvous = (Path(self._folder.name) / "rendezvous").as_uri()
        self.size = size
        self._failure, self._done, self._lock = "", threading.Event(), threading.Lock()
        if sys.platform in LOOPBACK:
            os.environ.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK[sys.platform])
        self._workers = [self._start(rank, command) for rank in range(1, size)]
        threading.Thread(target=self._watch, daemon=True).start()

    def failure(self, patience: float = 0.0) -> str:
        """Return which process failed and why; empty if none does within ``patience`` seconds."""
        end = time.monotonic() + patience
        while not self._check() and time.monotonic() < end:
            time.sleep(POLL)
        return self._failure

    def dismiss(self) -> None:
        """Stop watching: the training is done, and workers may exit."""
        self._done.set()

    def _start(self, rank: int, command: list[str]) -> tuple[subprocess.Popen, IO[bytes]]:
        # Shown only if the process fails, because the main one prints the same.
        output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        ranks = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": self.size, "LOCAL_WORLD_SIZE": self.size}
        variables = {name: str(value) for name, value in ranks.items()}
        variables |= {RENDEZVOUS: self.rendezvous, "PYTHONPATH": path}
        line = [sys.executable, "-m", "sr", *command]
        environment = os.environ | variables
        process = subprocess.Popen(line, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        return process, output

    def _watch(self) -> None:
        while not self._done.wait(POLL):
            # gloo raises in the main thread; NCCL waits for a dead process forever, and no exception reaches it.
            if self._check() and not self._done.wait(GRACE):
                with contextlib.suppress(BrokenPipeError):
                    print(f"error: {self._failure}", file=sys.stderr, flush=True)
                self._folder.cleanup()
                os._exit(1)

    def _check(self) -> str:
        with self._lock:
            for number, (process, output) in enumerate(self._workers, start=2):
                if not self._failure and process.poll():
                    self._failure = f"process {number} of {self.size} {_reason(process.returncode, output)}"
        return self._failure

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self.dismiss()
        with self._lock:
            for process, output in self._workers:
                # Killed, because they have nothing to save.
                process.kill()
                process.wait()
                output.close()
            self._workers = []
        self._folder.cleanup()


def _reason(code: int, output: IO[bytes]) -> str:
    """Return why a process ended; print all of its output if that does not end in an error line."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}. Run the same command again"
    output.seek(0)
    text = output.read().decode(errors="replace")
    last = (text.splitlines() or [""])[-1]
    if not last.startswith("error: "):
        with contextlib.suppress(BrokenPipeError):
            print(text, file=sys.stderr)
    # torch puts the rank in front of each line of a traceback.
    return "failed: " + re.sub(r"^(error: |\[rank\d+\]: )", "", last)
