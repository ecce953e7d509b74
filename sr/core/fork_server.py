"""Fork server of a run: imports packages once, and forks a process for each job.

Importing PyTorch takes seconds, more than most jobs compute. ``onstart`` of the workflow starts a server, which ends
with Snakemake, however that ends; ``python -m sr`` in a job is then its client (fork_client.py). Before the first job
of a kind the server imports the packages that it needs, never a module of this project, so an edit of the code takes
effect in the next job, as without a server. It runs nothing with them: it has no threads and has opened no GPU, so a
fork is safe. If anything is unusual, jobs run by themselves: another user, interpreter, folder or environment (OpenMP
and the allocator read theirs as they load), a process that Snakemake did not start, a system other than Linux.
"""

import contextlib
import ctypes
import json
import os
import runpy
import secrets
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sr.core.fork_client import LATE, PASSED, STARTED, VARIABLE, identity, peer
from sr.core.fork_packages import fork_is_safe, preload

# What Snakemake sets to the number of a job's threads; a job with more than one runs by itself.
LIBRARIES = ("OMP_NUM", "GOTO_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMEXPR_NUM", "VECLIB_MAXIMUM")
THREADS = [f"{library}_THREADS" for library in LIBRARIES]
LONGEST = 2**20  # bytes of a request
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Request:
    """What a client asks for: its command, and the state in which to run it."""

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    ignored: list[int]
    identity: dict[str, Any]


def start() -> subprocess.Popen | None:
    """Start a server for the jobs of this process, whose environment then names it; None where there can be none."""
    if os.environ.get(VARIABLE) == "off" or not hasattr(os, "pidfd_open"):
        return None
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:  # a kernel older than 5.3, or a container that forbids it
        return None
    address = f"sr-{secrets.token_hex(16)}"
    # The server reads the end of this pipe when this process, which alone can write to it, ends.
    end, _ = os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        # An abstract address: there is no file to remove, and other machines and containers do not see it.
        listener.bind(f"\0{address}")
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-m", "sr.core.fork_server", str(listener.fileno())],
            env=os.environ | dict.fromkeys(THREADS, "1"),
            pass_fds=[listener.fileno()],
            stdin=end,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    os.close(end)
    os.environ[VARIABLE] = f"{address}:{os.getpid()}"
    return server


class Server:
    """Accepts clients, forks, passes signals on and exit codes back, in one thread."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        # Before any import: some packages set variables.
        self._identity = identity()
        self._selector = selectors.DefaultSelector()
        self._children = 0
        self._open = True
        self._watch(listener, self._accept)
        self._watch(0, self._close)

    def serve(self) -> tuple[Request, list[int]] | None:
        """Return None at the end of the run; in each forked process, its request and the client's three streams."""
        while self._open or self._children:
            for key, _ in self._selector.select():
                # An earlier event of this round may have ended the watch, and another may have the same number since.
                if self._selector.get_map().get(key.fd) is key and (request := key.data()):
                    return request
        return None

    def _watch(self, source: socket.socket | int, action: Callable[[], Any]) -> None:
        self._selector.register(source, selectors.EVENT_READ, action)

    def _close(self) -> None:
        """Take no more clients: Snakemake has ended, or a fork is unsafe."""
        if self._open:
            self._open = False
            self._selector.unregister(0)
            self._selector.unregister(self._listener)
            self._listener.close()

    def _accept(self) -> tuple[Request, list[int]] | None:
        connection, _ = self._listener.accept()
        request, streams = _received(connection, self._identity)
        if request:
            preload(" ".join(request.arguments[1:2]))
            if not fork_is_safe(streams):
                self._close()
                request = None
        if request and _announced(connection):
            if self._fork(connection):
                return request, streams
        else:
            connection.close()
        for stream in streams:
            os.close(stream)
        return None

    def _fork(self, connection: socket.socket) -> bool:
        """Fork, and return whether this is the new process."""
        server = os.getpid()
        # No signal may arrive before its handlers are those of a new process.
        signal.pthread_sigmask(signal.SIG_BLOCK, PASSED)
        child = os.fork()
        if not child:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != server:
                os._exit(1)
            connection.close()
            self._forget()
            return True
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED)
        self._children += 1
        handle = os.pidfd_open(child)
        self._watch(connection, partial(self._hear, connection, child))
        self._watch(handle, partial(self._reap, connection, child, handle))
        return False

    def _forget(self) -> None:
        """Close what belongs to the server."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
            elif key.fd:
                os.close(key.fd)
        self._selector.close()

    def _hear(self, connection: socket.socket, child: int) -> None:
        """Pass a client's signal on; if the client is gone, end its process and what that has started."""
        try:
            message = connection.recv(1)
        except OSError:
            message = b""
        if not message:
            self._selector.unregister(connection)
            for kill in (os.kill, os.killpg):
                with contextlib.suppress(ProcessLookupError):
                    kill(child, signal.SIGKILL)
        elif message[0] == signal.SIGTSTP:  # has no effect on a session without a terminal
            os.kill(child, signal.SIGSTOP)
        else:
            os.kill(child, message[0])

    def _reap(self, connection: socket.socket, child: int, handle: int) -> None:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with contextlib.suppress(OSError):
            connection.send(str(code).encode())
        for source in (connection, handle):
            with contextlib.suppress(KeyError):
                self._selector.unregister(source)
        connection.close()
        os.close(handle)
        self._children -= 1


def _announced(connection: socket.socket) -> bool:
    """Tell a client that its process starts now; return whether it still waits for that."""
    try:
        connection.send(STARTED)
    except OSError:
        return False
    return True


def _received(connection: socket.socket, expected: dict[str, Any]) -> tuple[Request | None, list[int]]:
    """Return a client's request and its streams; no request if it is none that a fork of this process can serve."""
    streams: list[int] = []
    try:
        connection.settimeout(10)
        content, streams, *_ = socket.recv_fds(connection, LONGEST, 3)
        connection.settimeout(None)
        request = Request(**json.loads(content))
        if peer(connection) == os.geteuid() and request.identity == expected and len(streams) == 3:
            return request, streams
    except (OSError, ValueError, TypeError):
        pass
    return None, streams


def become(request: Request, streams: list[int]) -> None:
    """Take on the state in which the client was started, and run its command."""
    os.setsid()
    for target, source in enumerate(streams):
        os.dup2(source, target)
        os.close(source)
    sys.stdout.reconfigure(line_buffering=os.isatty(1))  # type: ignore[union-attr]
    os.chdir(request.folder)
    for name in LATE:
        os.environ.pop(name, None)
    # What this process starts itself is no job of the run.
    os.environ.update({name: value for name, value in request.environment.items() if name != VARIABLE})
    for number in PASSED:
        default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN if number in request.ignored else default)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    sys.argv[:] = request.arguments
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED)
    runpy.run_module("sr", run_name="__main__", alter_sys=True)


def main() -> None:
    """Serve on the listening socket whose file descriptor is the argument."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    job = Server(socket.socket(fileno=int(sys.argv[1]))).serve()
    if job:
        become(*job)


if __name__ == "__main__":
    main()
