"""The fork server: a job that it serves ends as one that runs by itself, whoever is ended and however."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sr.cli.main import verbs
from sr.core import fork_server
from sr.core.fork_client import VARIABLE
from sr.core.fork_packages import PACKAGES
from tests.helpers.repository import REPO

MISTAKE = ("estimate", "--params", "nowhere.yaml")
pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the server needs Linux")


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.01)


def children(process: subprocess.Popen) -> list[int]:
    try:
        return [int(n) for n in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    except OSError:
        return []


def gone(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def client(*command: str, stdin: int = subprocess.DEVNULL, **environment: str) -> subprocess.Popen:
    os.environ.pop("PYTEST_CURRENT_TEST", None)  # changes within a test, and the server compares
    return subprocess.Popen(
        [sys.executable, "-m", "sr", *command],
        env=os.environ | environment,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen]:
    """Start a server for this process, which then has the environment of a job of one thread."""
    monkeypatch.chdir(REPO)
    monkeypatch.setenv("PYTHONPATH", f"{REPO}/tests/helpers/served{os.pathsep}{REPO}")
    for name in fork_server.THREADS:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    server = fork_server.start()
    assert server
    yield server
    server.kill()
    server.wait()


@pytest.fixture
def waiting(server: subprocess.Popen, tmp_path: Path) -> tuple[subprocess.Popen, int]:
    """Return a client and its served process, which waits in opening a pipe that has no writer."""
    os.mkfifo(tmp_path / "params.yaml")
    process = client("estimate", "--params", str(tmp_path / "params.yaml"))
    until(lambda: children(server))
    [child] = children(server)
    until(lambda: b"estimate" in Path(f"/proc/{process.pid}/cmdline").read_bytes())
    until(lambda: "fifo" in Path(f"/proc/{child}/wchan").read_text() or waits(child))
    return process, child


def waits(number: int) -> bool:
    """Return whether a process sleeps, also where /proc hides in which call."""
    first = Path(f"/proc/{number}/stat").read_text().split()
    time.sleep(0.5)
    second = Path(f"/proc/{number}/stat").read_text().split()
    return first[2] == second[2] == "S" and first[13:15] == second[13:15]


@pytest.mark.parametrize("command", [("upscale", "--help"), MISTAKE, ("wrong",), ()])
def test_served_it_prints_and_ends_as_alone(server: subprocess.Popen, command: tuple[str, ...]) -> None:
    served, alone = client(*command), client(*command, **{VARIABLE: "off"})
    output, message = served.communicate(timeout=60)
    assert output.endswith("served\n")
    assert (output.removesuffix("served\n"), message) == alone.communicate(timeout=60)
    assert served.returncode == alone.returncode


def test_a_terminal_is_no_device_that_forbids_a_fork(server: subprocess.Popen) -> None:
    import pty

    _, terminal = pty.openpty()
    assert client("--help", stdin=terminal).communicate(timeout=60)[0].endswith("served\n")


@pytest.mark.parametrize(
    "environment",
    [
        {VARIABLE: "off"},
        {VARIABLE: "no-such-server:{owner}"},
        {VARIABLE: "{address}:1"},
        {"OMP_NUM_THREADS": "2"},
        {"MALLOC_ARENA_MAX": "1"},
    ],
)
def test_what_differs_runs_by_itself(server: subprocess.Popen, environment: dict[str, str]) -> None:
    address, _, owner = os.environ[VARIABLE].rpartition(":")
    process = client(*MISTAKE, **{k: v.format(address=address, owner=owner) for k, v in environment.items()})
    output, message = process.communicate(timeout=60)
    assert output == ""
    assert message.startswith("error: nowhere")
    assert process.returncode == 1


def test_another_folder_runs_by_itself(
    server: subprocess.Popen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "served" not in client("--help").communicate(timeout=60)[0]
    monkeypatch.chdir(REPO)
    assert client("--help").communicate(timeout=60)[0].endswith("served\n")


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [(signal.SIGINT, 1, "error: interrupted\n"), (signal.SIGTERM, -15, ""), (signal.SIGUSR1, -10, "")],
)
def test_signals_reach_the_job(
    waiting: tuple[subprocess.Popen, int], number: signal.Signals, code: int, message: str
) -> None:
    process, child = waiting
    process.send_signal(number)
    assert process.communicate(timeout=60)[1] == message
    assert process.returncode == code
    until(lambda: gone(child))


def test_the_client_dies_of_the_signal_that_killed_the_job(waiting: tuple[subprocess.Popen, int]) -> None:
    process, child = waiting
    os.kill(child, signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL


def test_a_killed_client_takes_its_job_along(server: subprocess.Popen, waiting: tuple[subprocess.Popen, int]) -> None:
    process, child = waiting
    process.kill()
    until(lambda: gone(child))
    assert client(*MISTAKE).communicate(timeout=60)[0] == "served\n"


def test_a_killed_server_takes_the_job_along(server: subprocess.Popen, waiting: tuple[subprocess.Popen, int]) -> None:
    process, child = waiting
    server.kill()
    assert process.communicate(timeout=60)[1].startswith("error: the server that ran this job was ended. Run ")
    assert process.returncode == 1
    until(lambda: gone(child))
    assert client(*MISTAKE).communicate(timeout=60)[1].startswith("error: nowhere")


def test_a_stopped_client_stops_its_job(waiting: tuple[subprocess.Popen, int]) -> None:
    process, child = waiting
    process.send_signal(signal.SIGTSTP)
    until(lambda: Path(f"/proc/{child}/stat").read_text().split()[2] == "T")
    process.send_signal(signal.SIGCONT)
    until(lambda: Path(f"/proc/{child}/stat").read_text().split()[2] == "S")
    process.kill()


@pytest.mark.parametrize("working", [False, True])
def test_the_server_ends_with_its_owner(tmp_path: Path, working: bool) -> None:
    os.mkfifo(tmp_path / "params.yaml")
    job = f'subprocess.Popen([sys.executable, "-m", "sr", "estimate", "--params", "{tmp_path}/params.yaml"]);'
    script = f"""
import os, subprocess, sys, time
from sr.core import fork_server
server = fork_server.start()
os.environ |= dict.fromkeys(fork_server.THREADS, "1")
{job if working else ""}
children = f"/proc/{{server.pid}}/task/{{server.pid}}/children"
while {working} and not open(children).read():
    time.sleep(0.01)
print(server.pid, *open(children).read().split(), flush=True)
os.kill(os.getpid(), 9)
"""
    environment = os.environ | {"PYTHONPATH": str(REPO), VARIABLE: ""}
    done = subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
    assert done.stdout
    server, *jobs = map(int, done.stdout.readline().split())
    done.wait()
    assert len(jobs) == working
    if working:
        time.sleep(0.2)
        assert not gone(server), "its job goes on"
        os.kill(jobs[0], signal.SIGKILL)
    until(lambda: gone(server))


def test_the_server_knows_no_module_of_the_project_but_its_own() -> None:
    probe = "import sys, sr.core.fork_server; print(*sorted(name for name in sys.modules if name.startswith('sr.')))"
    done = subprocess.run([sys.executable, "-c", probe], cwd=REPO, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["sr.core", "sr.core.fork_client", "sr.core.fork_packages", "sr.core.fork_server"]
    assert set(PACKAGES) <= set(verbs())


def test_threads_and_devices_make_a_fork_unsafe() -> None:
    probe = """
import threading
from sr.core.fork_packages import fork_is_safe, preload
for verb in ("retrain", "page"):
    preload(verb)
print(fork_is_safe())
with open("/dev/zero"):
    print(fork_is_safe())
threading.Thread(target=threading.Event().wait, daemon=True).start()
print(fork_is_safe())
"""
    environment = os.environ | dict.fromkeys(fork_server.THREADS, "1")
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=REPO, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False", "False"]
