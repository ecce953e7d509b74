"""Checkpoints: which states are used, which are rejected, and what a run does when something goes wrong."""

import errno
import fcntl
import hashlib
import io
import os
import re
import resource
import shutil
import signal
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from sr.core.checkpointer import Checkpointer, finite
from sr.core.errors import UserError
from sr.core.files import CsvLog, read_json
from sr.data.sampler import PatchSampler
from tests.helpers.jobs import Job, forked

Capture, Patch = pytest.CaptureFixture, pytest.MonkeyPatch


def stopping(job: Job, batch: int, number: int = signal.SIGTERM) -> int:
    """Run the job and send a signal while it draws a batch; return the exit code."""
    draw, left = PatchSampler.draw, batch

    def signalled(sampler: PatchSampler) -> tuple:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), number)
        return draw(sampler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PatchSampler, "draw", signalled)
        return job.run()


def errors(capfd: Capture) -> list[str]:
    """Return the lines of stderr that are errors; each must be the last of its run, and no traceback among them."""
    said = capfd.readouterr().err
    assert "Traceback" not in said
    return [line.removeprefix("error: ") for line in said.splitlines() if line.startswith("error: ")]


@pytest.fixture(scope="module")
def whole(packed_crops: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """Return the results of an undisturbed training."""
    job = Job("retrain", "dlsr", packed_crops, tmp_path_factory.mktemp("whole"))
    assert job.run() == 0
    return job.results()


@pytest.fixture(scope="module")
def stopped_once(packed_crops: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a training that a signal stopped after 5 of 12 steps."""
    job = Job("retrain", "dlsr", packed_crops, tmp_path_factory.mktemp("stopped")).keeping()
    assert stopping(job, 5) == 128 + signal.SIGTERM
    return job.out


@pytest.fixture
def stopped(stopped_once: Path, packed_set: Path, tmp_path: Path) -> Job:
    """Return a copy of the training that a signal stopped after 5 of 12 steps."""
    shutil.copytree(stopped_once, tmp_path / "job")
    return Job("retrain", "dlsr", packed_set, tmp_path / "job").keeping()


def test_a_signal_ends_the_run_in_one_line(packed_set: Path, tmp_path: Path, capfd: Capture) -> None:
    job = Job("retrain", "dlsr", packed_set, tmp_path / "job").keeping()
    assert stopping(job, 2) == 128 + signal.SIGTERM
    assert errors(capfd) == ["SIGTERM: stopped after step 2. The same command resumes from there"]


def test_the_last_two_states_lie_outside_the_outputs(stopped: Job) -> None:
    assert [re.match(r"step0+(\d+)-[0-9a-f]{64}\.pt", path.name)[1] for path in stopped.saved()] == ["4", "5"]
    assert stopped.saved()[0].parent.parent == stopped.states / "retrain" / "dlsr" / "x2"
    assert not stopped.options["out"].exists()
    content = torch.load(stopped.saved()[-1], weights_only=True)
    assert content["step"] == 5
    assert set(content["parts"]) == {"patches", "network", "optimizer", "progress", "losses", "history"}


def test_signals_are_handled_only_while_a_state_is_kept(stopped: Job) -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_during_the_last_step_lets_the_run_finish(stopped: Job, whole: tuple) -> None:
    assert stopping(stopped, 12 - 5, signal.SIGINT) == 0
    assert stopped.results() == whole
    assert stopped.saved() == []


def damage(path: Path, how: str) -> None:
    """Spoil a file of a state."""
    content = path.read_bytes()
    changed = {"truncated": content[: len(content) // 2], "altered": b"x" + content[1:], "empty": b""}[how]
    path.write_bytes(changed)


def test_a_damaged_state_is_named_and_the_one_before_it_used(stopped: Job, whole: tuple, capfd: Capture) -> None:
    older, newer = stopped.saved()
    damage(newer, "altered")
    assert stopped.run() == 0
    said = capfd.readouterr().err
    assert f"warning: {newer}: state rejected: truncated or altered; trying the one before it\n" in said
    assert f"resumed at step 4/12 from {older.parent}\n" in said
    assert stopped.results() == whole


@pytest.mark.parametrize("step", [12, 10**9, 0, -3])
def test_a_state_past_the_end_is_not_a_result(stopped: Job, whole: tuple, step: int, capfd: Capture) -> None:
    older, newer = stopped.saved()
    buffer = io.BytesIO()
    torch.save(torch.load(newer, weights_only=True) | {"step": step}, buffer)
    newer.unlink()
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    forged = newer.with_name(f"step000000009-{digest}.pt")
    forged.write_bytes(buffer.getvalue())
    assert stopped.run() == 0
    reason = f"state rejected: its step {step} is not within the run; trying the one before it"
    assert f"warning: {forged}: {reason}" in capfd.readouterr().err
    assert stopped.results() == whole


def test_without_a_sound_state_it_starts_from_scratch_and_says_so(stopped: Job, whole: tuple, capfd: Capture) -> None:
    for path, how in zip(stopped.saved(), ["truncated", "empty"], strict=True):
        damage(path, how)
    assert stopped.run() == 0
    said = capfd.readouterr().err
    assert "trying the one before it\n" in said
    assert "starting from scratch\n" in said
    assert "resumed" not in said
    assert stopped.results() == whole


def test_other_parameters_never_use_the_state(stopped: Job, packed_set: Path, tmp_path: Path, capfd: Capture) -> None:
    other = Job("retrain", "dlsr", packed_set, tmp_path / "other", {"dlsr.retrain.lr": 1.0e-3}).keeping()
    other.options["state"] = stopped.states
    assert stopping(other, 2) == 143
    said = capfd.readouterr().err
    assert "resumed" not in said
    assert (
        f"{stopped.states / 'retrain' / 'dlsr' / 'x2'}: unfinished runs with other parameters, code or data: 1" in said
    )
    # Nor if someone copies it where it would be looked for.
    foreign = max(stopped.states.rglob("step*5-*.pt"))
    own = max(stopped.states.rglob("step*2-*.pt"))
    (own.parent / foreign.name).write_bytes(foreign.read_bytes())
    assert stopping(other, 2) == 143
    said = capfd.readouterr().err
    assert f"{foreign.name}: state rejected: of other parameters, code or data; trying the one before it" in said
    assert "resumed at step 2/12" in said


@pytest.mark.parametrize("key", ["threads", "data"])
def test_other_threads_or_data_never_use_the_state(stopped: Job, key: str, monkeypatch: Patch, capfd: Capture) -> None:
    if key == "threads":
        # Two threads on a busy core would take long, and are not the point.
        monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
        stopped.options["threads"] = 2
    else:
        for path in stopped.options["data"].glob("*.json"):
            path.write_text(path.read_text().replace("digest-of-crops", "other"))
    assert stopping(stopped, 2) == 143
    assert "resumed" not in capfd.readouterr().err
    assert len(stopped.saved()) == 4


def test_a_second_process_is_refused_and_changes_nothing(stopped: Job, capfd: Capture) -> None:
    history = stopped.options["history"].read_text()
    folder = stopped.saved()[0].parent
    with FileLock(folder / "lock"):
        (folder / "lock").write_text("process 7 on elsewhere")
        assert stopped.run() == 1
    (line,) = errors(capfd)
    expected = "process 7 on elsewhere is working on this job. Wait for it, or stop it with SIGTERM: it saves its state"
    assert line == f"{folder}: {expected}"
    assert stopped.options["history"].read_text() == history
    assert len(stopped.saved()) == 2


def test_a_file_system_without_locks_gives_a_warning(stopped: Job, monkeypatch: Patch, capfd: Capture) -> None:
    def without(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", without)
    folder = stopped.saved()[0].parent
    assert stopped.run() == 0
    said = capfd.readouterr().err
    assert f"warning: {folder}: this file system has no locks. Do not run the same job twice at the same time\n" in said
    assert "resumed at step 5/12" in said
    assert not folder.exists()


def test_seconds_of_the_history_and_the_record_count_on(stopped: Job) -> None:
    before = torch.load(stopped.saved()[-1], weights_only=True)["parts"]["progress"]["seconds"]
    assert stopped.run() == 0
    last = stopped.options["history"].read_text().splitlines()[-1]
    assert float(last.split(",")[-1]) > before
    record = read_json(stopped.options["record"])
    assert record["resumed"] == {"step": 5, "seconds": pytest.approx(before, abs=0.1)}
    assert record["seconds"] > before
    assert record["energy"] is None


def test_the_state_stays_until_the_record_is_written(stopped: Job, whole: tuple) -> None:
    record = stopped.options["record"]
    stopped.options["record"] = stopped.out / "params.yaml" / "record.json"
    assert stopped.run() == 1
    assert stopped.saved()
    stopped.options["record"] = record
    assert stopped.run() == 0
    assert stopped.results() == whole


def test_a_full_disk_stops_the_run_and_loses_nothing(
    stopped: Job, whole: tuple, monkeypatch: Patch, capfd: Capture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert stopped.run() == 1
    (line,) = errors(capfd)
    expected = "the state of step 6 cannot be saved (No space left on device); older ones are kept"
    assert line.endswith(f"{expected}. Free some space and run again")
    assert len(stopped.saved()) == 2
    assert stopped.run() == 0
    assert stopped.results() == whole


@pytest.mark.parametrize("size", [3_000, 60_000])
def test_whatever_file_does_not_fit_there_is_one_line(stopped: Job, whole: tuple, size: int, capfd: Capture) -> None:
    """Weights or state: the kernel itself refuses to write more than so many bytes to a file."""

    def limited() -> int:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        stopped.options["state-every"] = 0 if size > 50_000 else 60
        return stopped.run()

    assert forked(limited) == 1
    (line,) = errors(capfd)
    assert "File too large" in line
    assert len(stopped.saved()) == 2
    assert stopped.run() == 0
    assert stopped.results() == whole


def test_a_row_of_the_history_that_fits_in_part(tmp_path: Path) -> None:
    def limited() -> int:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
        with CsvLog(path) as log:
            log.write({"step": 1, "loss": 0.5})
            with pytest.raises(UserError, match=r"h\.csv: cannot be written \(File too large\)"):
                log.write({"step": 2, "loss": 0.5})
        return 0

    path = tmp_path / "h.csv"
    assert forked(limited) == 0
    assert path.read_bytes() == b"step,loss\r\n1,0.5\r\n2,"


def test_a_full_disk_under_the_history(stopped: Job, monkeypatch: Patch, capfd: Capture) -> None:
    def open_full(log: CsvLog, path: Path) -> None:
        log._stream, log._path, log._text = open("/dev/full", "wb", buffering=0), path, ""  # noqa: SIM115

    monkeypatch.setattr(CsvLog, "__init__", open_full)
    assert stopped.run() == 1
    reason = "cannot be written (No space left on device). Make room and run again"
    assert errors(capfd) == [f"{stopped.options['history']}: {reason}"]
    assert stopped.saved()


@pytest.mark.parametrize("option", ["out", "state"])
@pytest.mark.parametrize("verb", ["retrain", "search"])
def test_a_folder_that_cannot_be_written_is_named_before_the_work(
    verb: str,
    option: str,
    packed_set: Path,
    tmp_path: Path,
    monkeypatch: Patch,
    capfd: Capture,
) -> None:
    job = Job(verb, "dlsr", packed_set, tmp_path / "job").keeping()
    job.options[option] = tmp_path / "job" / "params.yaml" / "below"
    monkeypatch.setattr(PatchSampler, "draw", lambda _: pytest.fail("work has begun"))
    assert job.run() == 1
    (line,) = errors(capfd)
    assert re.match(rf"{job.options[option]}.*: cannot be written \((Not a directory|File exists)\)", line)


@pytest.mark.parametrize("verb", ["retrain", "search"])
def test_divergence_names_step_rate_and_the_last_good_state(
    verb: str, packed_set: Path, tmp_path: Path, monkeypatch: Patch, capfd: Capture
) -> None:
    job = Job(verb, "dlsr", packed_set, tmp_path / "job").keeping()
    draw, left = PatchSampler.draw, 4

    def spoilt(sampler: PatchSampler) -> tuple:
        nonlocal left
        left -= 1
        low, high = draw(sampler)
        return low * (float("nan") if left <= 0 else 1), high

    monkeypatch.setattr(PatchSampler, "draw", spoilt)
    assert job.run() == 1
    (line,) = errors(capfd)
    good = job.saved()[-1]
    pattern = (
        rf".* at step [34] \(lr \d\.\d\de-03\): the run diverged\. Lower the learning rate\. Last good state: {good}"
    )
    assert re.fullmatch(pattern, line)
    assert finite(torch.load(good, weights_only=True)["parts"])
    assert not job.options["out"].exists()


@pytest.mark.parametrize(("verb", "steps"), [("retrain", 12), ("search", 6)])
def test_a_last_step_that_spoils_the_weights_gives_no_checkpoint(
    verb: str, steps: int, packed_set: Path, tmp_path: Path, monkeypatch: Patch, capfd: Capture
) -> None:
    """The loss of the last step was computed before its update, and says nothing about it."""
    step = torch.optim.Adam.step

    def spoil(optimizer: torch.optim.Adam) -> None:
        step(optimizer)
        weight = optimizer.param_groups[0]["params"][0]
        if optimizer.state[weight]["step"] == steps:
            weight.data.fill_(float("inf"))

    monkeypatch.setattr(torch.optim.Adam, "step", spoil)
    job = Job(verb, "dlsr", packed_set, tmp_path / "job")
    assert job.run() == 1
    (line,) = errors(capfd)
    # The architecture's own step sees it first.
    said = "a weight is not finite" if verb == "retrain" else "(a weight is not finite|loss is nan)"
    assert re.match(rf"{said} at step {steps} \(lr .*\): the run diverged", line)
    assert not (job.out / "w.safetensors").exists()
    assert not job.options["out"].exists()


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.\nGPU 0 has ..."),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried ..."),
    ],
)
def test_out_of_memory_is_one_line_that_says_what_to_lower(
    stopped: Job, error: Exception, monkeypatch: Patch, capfd: Capture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(torch.Tensor, "backward", full)
    assert stopped.run() == 1
    (line,) = errors(capfd)
    assert re.fullmatch(r"out of memory: .* Lower retrain\.batch or retrain\.hr_patch\.x2", line)
    assert len(stopped.saved()) == 2


@pytest.mark.parametrize("verb", ["retrain", "search"])
def test_no_gpu_is_said_before_data_are_looked_for(verb: str, tmp_path: Path, capfd: Capture) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    job = Job(verb, "dlsr", tmp_path / "nowhere", tmp_path / "job", {"device": "cuda"}).keeping()
    assert job.run() == 1
    assert errors(capfd)[0].startswith("device: cuda, but this machine has no usable GPU")
    assert not job.states.exists()


def test_an_interval_without_a_folder_is_refused() -> None:
    with pytest.raises(UserError, match=r"--state-every 5: needs --state DIR"):
        Checkpointer(None, 5)
    with pytest.raises(UserError, match=r"--state-every -1: needs"):
        Checkpointer("work", -1)


def test_saving_never_takes_more_than_its_share(tmp_path: Path, monkeypatch: Patch) -> None:
    """A disk on which a state takes two seconds gets one in 200 seconds, though 60 were asked for."""
    from sr.core import checkpointer as module
    from sr.core.progress import Progress

    clock = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (clock.__setitem__(0, clock[0] + 1), sync(handle)))
    saved = []
    with Checkpointer(tmp_path) as checkpointer:
        checkpointer.open(("search", "dlsr"), "dlsr", {})
        checkpointer.resume(Progress(10_000))
        for step in range(1, 1_000):
            clock[0] += 1
            before = clock[0]
            checkpointer.save_if_due(step, 1.0)
            saved += [before] * (clock[0] > before)
    assert saved[0] == 60
    assert {b - a for a, b in zip(saved, saved[1:], strict=False)} == {202.0}


def test_a_thread_leaves_signals_alone(packed_set: Path, tmp_path: Path) -> None:
    import threading

    job, codes = Job("retrain", "dlsr", packed_set, tmp_path / "job").keeping(), []
    thread = threading.Thread(target=lambda: codes.append(job.run()))
    thread.start()
    thread.join()
    assert codes == [0]
