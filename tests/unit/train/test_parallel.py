"""One training in two processes: the same curve as in one, the same bytes after a kill, and one line when it fails."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from sr.cli.main import main
from sr.core.errors import UserError
from sr.core.files import read_json
from sr.data.gpu_sampler import GpuSampler, sampler_for
from sr.data.packed import Pairs
from sr.data.sampler import PatchSampler
from sr.train import launch
from sr.train.device import setup_device
from tests.conftest import REPO
from tests.helpers.jobs import Job, forked

# A process that hangs must fail the test within this time (s).
LIMIT = 90
STEPS = 30
CHANGES = {
    "dlsr.retrain.steps.x2": STEPS,
    "dlsr.retrain.batch": 4,
    "dlsr.retrain.log_every": 1,
}
TWO = {**CHANGES, "dlsr.retrain.devices": 2}
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
ERROR = re.compile(r"^error: .*$", re.M)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a packed set that all tests share."""
    from skimage import data

    from sr.data.packed import pack
    from sr.stages.degrade import degrade

    photo, folder = data.chelsea()[:300:2, :450:2].copy(), tmp_path_factory.mktemp("packed") / "Crops"
    pack(folder / "hr.npy", ["a", "b"], [photo[:120, :144], photo[10:, 60:]], "digest-of-crops", "Crops")
    degrade(str(folder / "hr.npy"), 2, str(folder / "x2.npy"))
    return folder


@pytest.fixture(scope="module")
def whole(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Return an undisturbed training in two processes."""
    job = Job("retrain", "dlsr", packed, tmp_path_factory.mktemp("whole"), TWO)
    assert job.run() == 0
    assert launch.RENDEZVOUS not in os.environ
    assert not torch.distributed.is_initialized()
    return job


def started(job: Job, *launcher: str, **variables: str) -> subprocess.Popen:
    """Start the job as a command, first of a process group of its own."""
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "sr", *job.command()],
        cwd=REPO,
        env={**os.environ, **variables},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen) -> tuple[int, str]:
    """Return exit code and stderr; nothing of the process's group may be left."""
    try:
        said = process.communicate(timeout=LIMIT)[1]
        end = time.monotonic() + LIMIT
        while _group(process.pid) and time.monotonic() < end:
            time.sleep(0.05)
        assert not _group(process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, said


def _group(number: int) -> list[int]:
    """Return the living processes of a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
            found += [int(stat.parent.name)] * (int(group) == number and state != "Z")
    return found


def saved(job: Job, process: subprocess.Popen) -> None:
    """Wait until the job has saved one more state."""
    before, end = job.saved()[-1:], time.monotonic() + LIMIT
    while job.saved()[-1:] == before and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)


def test_two_processes_give_the_curve_of_one_with_the_same_batch(whole: Job, packed: Path, tmp_path: Path) -> None:
    one = Job("retrain", "dlsr", packed, tmp_path, CHANGES)
    assert one.run() == 0
    losses = [[float(row["loss"]) for row in job.results()[0]] for job in (one, whole)]
    assert len(losses[0]) == STEPS
    assert losses[1] == pytest.approx(losses[0], abs=1e-4, rel=0)
    ours, theirs = (load_file(job.options["out"]) for job in (whole, one))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4)
    # The training moves the weights much farther than this: the curves are not alike for lack of a difference.
    assert losses[0][0] - min(losses[0]) > 1
    records = [read_json(job.options["record"]) for job in (one, whole)]
    assert [record["devices"] for record in records] == [1, 2]


@pytest.mark.thorough
def test_killed_and_stopped_it_ends_in_the_same_bytes(
    whole: Job, packed: Path, tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    job, told = Job("retrain", "dlsr", packed, tmp_path / "two", TWO).keeping(), []
    # All are stopped, as from a terminal or by a cluster; the peer is killed; the first is; torchrun ends it.
    for end in ("all stopped", "peer killed", "first killed", ""):
        process = started(job, *(() if end else TORCHRUN))
        saved(job, process)
        if end == "all stopped":
            os.killpg(process.pid, signal.SIGTERM)
        elif end:
            peers = set(_group(process.pid)) - {process.pid}
            assert len(peers) == 1
            os.kill(peers.pop() if end == "peer killed" else process.pid, signal.SIGKILL)
        code, said = ended(process)
        assert code == {"all stopped": 143, "peer killed": 1, "first killed": -9, "": 0}[end], said
        assert "Traceback" not in said
        told.append(said)
        if end == "peer killed":
            another_number_of_devices(job, packed, tmp_path, capfd)
            assert not job.options["record"].exists()
    (line,) = ERROR.findall(told[0])
    assert re.fullmatch(r"error: SIGTERM: stopped after step \d+\. The same command resumes from there", line)
    assert ERROR.findall(told[1]) == ["error: process 2 of 2 was ended by SIGKILL. Run the same command again"]
    assert told[1].splitlines()[-1] == ERROR.findall(told[1])[0]
    assert all(re.search(rf"^resumed at step \d+/{STEPS} from", said, re.M) for said in told[1:])
    assert told[-1].count(f"step {STEPS}/{STEPS}") == 1
    assert job.results() == whole.results()
    assert job.saved() == []


def another_number_of_devices(job: Job, packed: Path, tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    """Run the same in one process on the same folder of states: it must not go on from them."""
    one = Job("retrain", "dlsr", packed, tmp_path / "one", CHANGES)
    one.options["state"] = job.states
    assert one.run() == 0
    said = capfd.readouterr().err
    assert "resumed" not in said
    assert "unfinished runs with other parameters, code or data: 1" in said


def waiting(command: list[str]) -> int:
    """Start a peer that fails, while this process waits where no exception would reach it."""
    launch.GRACE = 0.2
    with launch.Workers(2, command):
        time.sleep(LIMIT)
    return 0


def test_a_peer_that_fails_ends_a_process_that_hangs(capfd: pytest.CaptureFixture) -> None:
    begin = time.monotonic()
    assert forked(lambda: waiting(["count"])) == 1
    assert time.monotonic() - begin < LIMIT / 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("error: process 2 of 2 failed: ")
    assert "--help" in line


def test_a_bug_of_a_peer_is_shown_in_full_before_the_line(tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nprintf '[rank1]: Traceback\\n[rank1]: KeyError: 7\\n' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(program))
        assert forked(lambda: waiting(["count"])) == 1
    said = capfd.readouterr().err.split("\n")
    assert said == ["[rank1]: Traceback", "[rank1]: KeyError: 7", "", "error: process 2 of 2 failed: KeyError: 7", ""]


class TestRefusals:
    """What does not fit is said before anything is written."""

    @pytest.fixture
    def torchrun(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in (("RUN_ID", "x"), ("RANK", "0"), ("WORLD_SIZE", "2"), ("LOCAL_RANK", "0")):
            monkeypatch.setenv("TORCHELASTIC_RUN_ID" if name == "RUN_ID" else name, value)
        monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")

    @pytest.mark.parametrize(("devices", "processes"), [(1, 2), (4, 2)])
    def test_torchrun_with_another_number(
        self, torchrun, packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture, devices: int, processes: int
    ) -> None:
        changes = {**CHANGES, "dlsr.retrain.devices": devices}
        job = Job("retrain", "dlsr", packed, tmp_path, changes)
        assert main(job.command()) == 1
        expected = f"retrain.devices: {devices}, but torchrun started {processes} processes. Make both numbers equal"
        assert capsys.readouterr().err == f"error: {expected}\n"
        assert not job.options["history"].exists()

    def test_fewer_gpus_than_processes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chosen: list[int] = []
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
        monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
        monkeypatch.setattr(torch, "use_deterministic_algorithms", lambda *_, **__: None)
        for asked in ("cuda", "auto"):
            with pytest.raises(UserError, match=r"retrain\.devices: 3 processes need a GPU each, .* has 2\. Lower"):
                setup_device(asked, 1, 0, 0, 3)
        assert setup_device("cuda", 1, 0, 1, 2) == torch.device("cuda", 1)
        assert chosen == [1]
        assert setup_device("cuda", 1, 0) == torch.device("cuda")
        assert setup_device("cpu", 1, 0, 1, 3) == torch.device("cpu")

    def test_a_batch_that_cannot_be_shared(self, packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
        job = Job("retrain", "dlsr", packed, tmp_path, {"dlsr.retrain.devices": 3})
        assert main(job.command()) == 1
        expected = "dlsr.retrain.devices: 3 does not divide retrain.batch (2). Give each the same share of patches"
        assert capsys.readouterr().err == f"error: {tmp_path / 'params.yaml'}: {expected}\n"


def samplers(packed: Path, part: slice) -> Iterator[PatchSampler | GpuSampler]:
    """Yield one of each kind."""
    pairs = Pairs([packed], 2)
    yield PatchSampler(pairs, range(2), 48, 6, 3, part)
    yield GpuSampler(pairs, range(2), 48, 6, 3, torch.device("cpu"), part)


def test_parts_make_up_the_batch_and_all_are_in_one_state(packed: Path) -> None:
    parts = [slice(0, 2), slice(2, 4), slice(4, 6)]
    for whole, *shared in zip(*(samplers(packed, part) for part in [slice(None), *parts]), strict=True):
        for _ in range(3):
            batch, shares = whole.draw(), [sampler.draw() for sampler in shared]
            for side in range(2):
                assert torch.equal(batch[side], torch.cat([share[side] for share in shares]))
        assert all(repr(sampler.state_dict()) == repr(whole.state_dict()) for sampler in shared)


def test_a_set_lies_on_all_gpus_or_on_none(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sr.data import gpu_sampler as resident

    monkeypatch.setattr(resident, "fits", lambda *_: True)
    pairs, cpu = Pairs([packed], 2), torch.device("cpu")
    assert isinstance(sampler_for(pairs, range(2), 48, 4, 0, cpu), GpuSampler)
    assert isinstance(sampler_for(pairs, range(2), 48, 4, 0, cpu, slice(2), lambda _: False), PatchSampler)
