"""A training that Ctrl-C stops, and one that a power loss kills with Snakemake: both resume from the saved state."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.helpers.workspace import Workspace, duplicate

TARGET = "results/weights/dlsr/x2.safetensors"
COMMAND = ["snakemake", "--cores", "1", TARGET]


def states(workspace: Workspace) -> list[Path]:
    return list((workspace.path / "work").rglob("step*.pt"))


def ended(workspace: Workspace, number: signal.Signals) -> str:
    """Run the command until another state is saved, send all its processes a signal, and return what it printed."""
    before, end = set(states(workspace)), time.monotonic() + 120
    process = subprocess.Popen(
        COMMAND, cwd=workspace.path, env=workspace.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )  # fmt: skip
    while set(states(workspace)) <= before and time.monotonic() < end:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    os.killpg(process.pid, number)
    return process.communicate()[0]


@pytest.mark.pipeline
def test_a_stopped_and_a_killed_training_resume(smoke_run: Workspace, tmp_path: Path) -> None:
    copy = duplicate(smoke_run, tmp_path)
    copy.edit("params.yaml", "      x2: 12", "      x2: 300")
    copy.edit("workflow/rules/retrain.smk", "--state work", "--state work --state-every 0.1")
    # As a terminal does: the signal goes to Snakemake and its jobs alike.
    output = ended(copy, signal.SIGINT)
    assert "retrain dlsr ×2: error: SIGINT: stopped after step " in output
    assert "Ended after 0 min " in output
    ended(copy, signal.SIGKILL)
    assert states(copy)
    assert not (copy.path / TARGET).exists()
    assert "LockException" in copy.run(*COMMAND, code=1)
    copy.run("snakemake", "--unlock", TARGET)
    assert "retrain dlsr ×2: resumed at step " in copy.run(*COMMAND)
    resumed = (copy.path / TARGET).read_bytes()
    assert not states(copy)
    assert "resumed" not in copy.run(*COMMAND, "--forcerun", "retrain")
    assert (copy.path / TARGET).read_bytes() == resumed
