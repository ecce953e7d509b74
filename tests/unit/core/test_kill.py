"""A search or training that is killed at any point ends, when run again, in the same bytes as an undisturbed one."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sr.core.checkpointer import Checkpointer
from sr.core.files import read_json
from sr.data.sampler import PatchSampler
from sr.methods import registry
from tests.conftest import REPO
from tests.helpers.jobs import Job, forked

# At least, of each job in forked processes; and until there is a state.
KILLS = 2
TIGHT = {"dlsr": 7.0, "lads": 3.0, "mran": 8.0}  # K parameters: little more than the least
LONG = {"dlsr.retrain.steps.x2": 60, "dlsr.search.steps": 40}


def killing_at(event: int, stride: int, job: Job) -> Callable[[], int]:
    """Return a run that kills itself at an event: a batch, a file brought to the disk, or one that gets its name.

    Its state is saved after each ``stride``-th step.
    """

    def run() -> int:
        left = event

        def counted(function: Callable) -> Callable:
            def call(*args: Any, **kwargs: Any) -> Any:
                nonlocal left
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*args, **kwargs)

            return call

        PatchSampler.draw, os.fsync, os.replace = map(counted, (PatchSampler.draw, os.fsync, os.replace))
        save = Checkpointer.save_if_due
        Checkpointer.save_if_due = lambda self, step, rate: None if step % stride else save(self, step, rate)
        return job.run()

    return run


@pytest.mark.parametrize("method", registry.names())
@pytest.mark.parametrize("verb", ["search", "limited search", "retrain"])
def test_killed_at_random_it_ends_in_the_same_bytes(verb: str, method: str, packed_set: Path, tmp_path: Path) -> None:
    changes = {}
    if verb == "limited search":  # below what its first steps derive, so that the multiplier is part of the state
        verb, changes = "search", {f"{method}.search.cost": "params", f"{method}.search.cost_target": TIGHT[method]}
    whole = Job(verb, method, packed_set, tmp_path / "whole", changes)
    assert forked(whole.run) == 0
    if changes:
        assert float(whole.results()[0][-1]["multiplier"]) > 0
    job = Job(verb, method, packed_set, tmp_path / "killed", changes).keeping()
    chance = random.Random(f"{verb} {method}")
    kills = 0
    while kills < KILLS or not job.saved():
        code = forked(killing_at(chance.randint(2, 9), chance.choice([1, 1, 2]), job))
        assert code in (0, -signal.SIGKILL)
        kills += code != 0
    assert job.saved()
    assert forked(job.run) == 0
    assert job.results() == whole.results()
    assert not [path for path in job.states.rglob("*") if path.is_file()]
    assert read_json(whole.options["record"])["resumed"] is None
    resumed, record = read_json(job.options["record"])["resumed"], read_json(job.options["record"])
    assert resumed["step"] > 0
    assert record["seconds"] > resumed["seconds"] > 0
    assert record["energy"] is None


@pytest.mark.parametrize(
    ("verb", "signals"),
    [
        ("retrain", [signal.SIGKILL, signal.SIGTERM]),
        pytest.param("search", [signal.SIGKILL, signal.SIGINT], marks=pytest.mark.thorough),
    ],
)
def test_processes_are_killed_and_stopped(verb: str, signals: list[int], packed_set: Path, tmp_path: Path) -> None:
    whole = Job(verb, "dlsr", packed_set, tmp_path / "whole", LONG)
    assert forked(whole.run) == 0
    job = Job(verb, "dlsr", packed_set, tmp_path / "killed", LONG).keeping()
    chance, told = random.Random(verb), []
    for number in [*signals, None]:
        before = job.saved()[-1:]
        process = subprocess.Popen(
            [sys.executable, "-m", "sr", *job.command()], cwd=REPO, stderr=subprocess.PIPE, text=True
        )
        if number is not None:
            while job.saved()[-1:] == before and process.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.1))
            process.send_signal(number)
        _, said = process.communicate(timeout=120)
        told.append(said)
        # A signal that can be obeyed is: one line, and the exit code of a shell.
        assert process.returncode == {None: 0, signal.SIGKILL: -9}.get(number, 128 + (number or 0)), said
    assert job.results() == whole.results()
    for said in told[1:]:
        assert re.search(r"^resumed at step \d+/(60|40) from ", said, re.M)
    stopped = told[-2].splitlines()[-1]
    assert re.fullmatch(rf"error: {signal.Signals(signals[-1]).name}: stopped after step \d+\. The same .*", stopped)
    assert f"resumed at step {stopped.split('step ')[1].split('.')[0]}/" in told[-1]
