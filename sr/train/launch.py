"""The processes that train one network together: how they start, and what happens when one of them ends.

The process that was started, by hand or by a rule, is the first of them and does all that a lone one does. It starts
the others, its peers, as the same command, with the variables by which torchrun tells a process its place. It does so
itself and not by torchrun, nor by the library behind it, for these reasons:

- A mistake ends in one line and exit code 1, also if a peer made it; torchrun adds a traceback of its own.
- SIGTERM lets the step end and the state be saved, however long that takes; torchrun kills after 30 seconds.
- Whoever kills the first process, whose number Snakemake and the state's lock know, ends all.

Started by torchrun with as many processes as ``retrain.devices`` says, all join its group instead.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from sr.core.errors import UserError
from sr.core.schema import ROOT

# torchrun always sets it.
RUN_ID = "TORCHELASTIC_RUN_ID"
PLACE = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
# After a peer has failed, the first process has so long to find out by itself (s).
GRACE = 3.0
# How often processes look after each other (s).
LOOK = 0.2
# A group on one machine need not be reached from another.
LOOPBACK = {"linux": {"GLOO_SOCKET_IFNAME": "lo"}, "darwin": {"GLOO_SOCKET_IFNAME": "lo0"}}


@dataclass(frozen=True)
class Seat:
    """The place of this process among ``size`` of a training, and among the ``here`` on this machine.

    ``peers`` are those that it has started itself.
    """

    rank: int = 0
    size: int = 1
    local: int = 0
    here: int = 1
    peers: "Peers | None" = None

    @property
    def first(self) -> bool:
        """Tell whether this is the process that writes outputs and keeps the state."""
        return self.rank == 0


@contextlib.contextmanager
def processes(devices: int, command: list[str]) -> Iterator[Seat]:
    """Yield this process's seat among ``devices``; the first one has started the others, and ends them.

    ``command`` is what they shall do: the arguments of ``python -m sr``.
    """
    if RUN_ID in os.environ:
        yield _given(devices)
    elif devices == 1:
        yield Seat()
    else:
        with Peers(devices, command) as peers:
            yield Seat(0, devices, 0, devices, peers)


def _given(devices: int) -> Seat:
    """Return the seat that torchrun, or the first process, gave to this one."""
    rank, size, local, here = (int(os.environ[name]) for name in PLACE)
    if size != devices:
        raise UserError(f"retrain.devices: {devices}, but torchrun started {size} processes. Make both numbers equal")
    if rank:
        threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()
    return Seat(rank, size, local, here)


def ignore_signals() -> None:
    """Leave SIGTERM and SIGINT, which often go to all processes, to the first: it saves the state, then ends all."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)


def _watch_parent(parent: int) -> None:
    """End with the process that started this one."""
    while os.getppid() == parent:
        time.sleep(LOOK)
    # The main thread may wait for the others for good, where no exception reaches it.
    os._exit(1)


class Peers:
    """All processes but the first; a context manager that ends them."""

    def __init__(self, size: int, command: list[str]) -> None:
        """Start them; this process gets the same variables until the end."""
        # Bound here and handed on: nobody else can take the port, nor reach it from another machine.
        self.server = socket.create_server(("127.0.0.1", 0))
        host, port = self.server.getsockname()
        self._variables = {
            **{key: value for key, value in LOOPBACK.get(sys.platform, {}).items() if key not in os.environ},
            **{RUN_ID: "none", "TORCHELASTIC_USE_AGENT_STORE": "True", "MASTER_ADDR": host, "MASTER_PORT": str(port)},
            **{"WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size), "RANK": "0", "LOCAL_RANK": "0"},
        }
        os.environ.update(self._variables)
        self.size, self._over, self._lock = size, threading.Event(), threading.Lock()
        self._failure = ""
        self._peers = [self._start(rank, command) for rank in range(1, size)]
        threading.Thread(target=self._watch, daemon=True).start()

    def failure(self, patience: float = 0.0) -> str:
        """Return which peer failed and why; empty if none does within ``patience`` seconds."""
        end = time.monotonic() + patience
        while not self._look() and time.monotonic() < end:
            time.sleep(LOOK)
        return self._failure

    def dismiss(self) -> None:
        """Let peers end as they like: the training is done."""
        self._over.set()

    def _start(self, rank: int, command: list[str]) -> tuple[subprocess.Popen, IO[bytes]]:
        # What a peer says is shown only if it fails; otherwise the first process says the same.
        said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        given = {**os.environ, "RANK": str(rank), "LOCAL_RANK": str(rank), "PYTHONPATH": path}
        line = [sys.executable, "-m", "sr", *command]
        return subprocess.Popen(line, env=given, stdin=subprocess.DEVNULL, stdout=said, stderr=said), said

    def _watch(self) -> None:
        while not self._over.wait(LOOK):
            # The main thread hears of it from gloo, but waits for a GPU's peer for good, out of reach of any exception.
            if self._look() and not self._over.wait(GRACE):
                with contextlib.suppress(BrokenPipeError):
                    print(f"error: {self._failure}", file=sys.stderr, flush=True)
                os._exit(1)

    def _look(self) -> str:
        with self._lock:
            for number, (process, said) in enumerate(self._peers, start=2):
                if not self._failure and process.poll():
                    self._failure = f"process {number} of {self.size} {_reason(process.returncode, said)}"
        return self._failure

    def __enter__(self) -> "Peers":
        return self

    def __exit__(self, *_: object) -> None:
        self.dismiss()
        with self._lock:
            for process, said in self._peers:
                # They hold nothing that is worth waiting for.
                process.kill()
                process.wait()
                said.close()
            self._peers = []
        self.server.close()
        for name in self._variables:
            os.environ.pop(name, None)


def _reason(code: int, said: IO[bytes]) -> str:
    """Return why a peer ended; show all that it said if it did not end in one line."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}. Run the same command again"
    said.seek(0)
    text = said.read().decode(errors="replace")
    last = (text.splitlines() or [""])[-1]
    if not last.startswith("error: "):
        with contextlib.suppress(BrokenPipeError):
            print(text, file=sys.stderr)
    # torch puts its number in front of each line of a traceback.
    return "failed: " + re.sub(r"^(error: |\[rank\d+\]: )", "", last)
