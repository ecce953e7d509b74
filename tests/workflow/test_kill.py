"""Power loss during a training: Snakemake and its job are killed, and the training resumes from its saved state."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.helpers.workspace import Workspace, duplicate

TARGET = "results/weights/dlsr/x2.safetensors"


@pytest.mark.pipeline
def test_a_killed_training_resumes(smoke_run: Workspace, tmp_path: Path) -> None:
    copy = duplicate(smoke_run, tmp_path)
    copy.edit("params.yaml", "      x2: 12", "      x2: 100")
    copy.edit("workflow/rules/retrain.smk", "--state work", "--state work --state-every 0.1")
    command = ["snakemake", "--cores", "1", TARGET]
    process = subprocess.Popen(
        command, cwd=copy.path, env=copy.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    end = time.monotonic() + 120
    while not (states := list((copy.path / "work" / "retrain").rglob("step*.pt"))) and time.monotonic() < end:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert states
    assert not (copy.path / TARGET).exists()
    assert "LockException" in copy.run(*command, code=1)
    copy.run("snakemake", "--unlock", TARGET)
    assert "resumed at step " in copy.run(*command)
    resumed = (copy.path / TARGET).read_bytes()
    assert not list((copy.path / "work").rglob("*.pt"))
    assert "resumed" not in copy.run(*command, "--forcerun", "retrain")
    assert (copy.path / TARGET).read_bytes() == resumed
