"""Client of the fork server: a job's process lets the server of its run carry out the verb (fork_server.py).

It imports no package, so it costs little; its exit code, or its death by a signal, is that of the process that the
server forks. It passes on signals, and that process ends with it.
"""

import contextlib
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Any

# Set for a run's jobs: the server's address, a colon, and the process that started it. "off" does without a server.
VARIABLE = "SR_FORK_SERVER"
# Variables that may differ from the server's, because no library reads them as it loads.
LATE = {VARIABLE, "PWD", "OLDPWD", "SHLVL", "_", "TMPDIR", "TMP", "TEMP", "TEMPDIR"}
PASSED = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGTSTP,
    signal.SIGCONT,
)
STARTED = b"started"


def run_in_server() -> int | None:
    """Let the run's server carry out this command; return its exit code, or None if this process must do it."""
    address, _, owner = os.environ.get(VARIABLE, "").rpartition(":")
    if not address or not owner.isdecimal() or not _descends_from(int(owner)):
        return None
    with _signals_held():
        connection = _started(address)
        if connection is None:
            return None
        for number in PASSED:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda number, _: _pass_on(connection, number))
    return _result(connection)


def identity() -> dict[str, Any]:
    """Return what a process must have in common with the server, so that a fork of it does the same."""
    return {
        "program": [
            sys.executable,
            sys.version,
            list(sys.flags),
            sys.warnoptions,
            os.path.dirname(os.path.abspath(__file__)),
        ],
        "user": [os.geteuid(), os.getegid()],
        "path": sys.path,
        "environment": {name: value for name, value in os.environ.items() if name not in LATE},
    }


def peer(connection: socket.socket) -> int:
    """Return the user of the process at the other end."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1]


def _descends_from(owner: int) -> bool:
    """Return whether ``owner`` is an ancestor: a job that a cluster runs on this machine has its own limits."""
    number = os.getppid()
    with contextlib.suppress(OSError):
        while number > 1:
            if number == owner:
                return True
            with open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as stream:
                number = int(stream.read().rpartition(")")[2].split()[1])
    return False


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Hold back signals until they can be passed on, or this process goes on without a server."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _started(address: str) -> socket.socket | None:
    """Return the connection to a server that has taken this command; None if there is none that does."""
    request = {
        "arguments": sys.argv,
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "ignored": [number for number in PASSED if signal.getsignal(number) == signal.SIG_IGN],
        "identity": identity(),
    }
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.connect(f"\0{address}")
        if peer(connection) == os.geteuid():
            socket.send_fds(connection, [json.dumps(request).encode()], [0, 1, 2])
            if connection.recv(len(STARTED)) == STARTED:
                return connection
    except OSError:  # no such server any more, a closed stream, or a request too long for one message
        pass
    connection.close()
    return None


def _pass_on(connection: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        connection.send(bytes([number]))
    if number == signal.SIGTSTP:
        os.kill(os.getpid(), signal.SIGSTOP)


def _result(connection: socket.socket) -> int:
    """Wait for the end; return the exit code, or die of the same signal."""
    try:
        code = int(connection.recv(16))
    except (OSError, ValueError):
        print("error: the server that ran this job was ended. Run the same command again", file=sys.stderr)
        return 1
    if code < 0:
        with contextlib.suppress(OSError):  # SIGKILL has no handler to reset
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code
