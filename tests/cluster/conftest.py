"""Fixtures: one Slurm for the session, and checkouts in which Snakemake submits to it."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.slurm import OneNode, missing
from tests.helpers.workspace import Workspace, duplicate, fresh

# As docs/scaling.md has it, but asking more often.
SNAKEMAKE = ["snakemake", "--workflow-profile", "workflow/profiles/slurm"]
SNAKEMAKE += ["--slurm-init-seconds-before-status-checks", "3"]
WEIGHTS = "results/weights/dlsr/x2.safetensors"
# Enough for a signal to come in the middle.
STEPS = 600


class Cluster:
    """A checkout on the login node of a Slurm, and the jobs that were submitted from it."""

    def __init__(self, workspace: Workspace, slurm: OneNode) -> None:
        self.workspace, self.slurm = workspace, slurm
        self.workspace.environment["PATH"] = f"{slurm.bin}{os.pathsep}{workspace.environment['PATH']}"
        self._before = len(slurm.jobs())

    @property
    def path(self) -> Path:
        return self.workspace.path

    def jobs(self) -> list[dict[str, str]]:
        """Return this checkout's jobs, the first submitted first."""
        return self.slurm.jobs()[self._before :]

    def snakemake(self, *arguments: str, code: int | None = 0) -> str:
        """Run Snakemake with the profile; return what it printed."""
        # One that lost its cluster would wait for ever.
        return self.workspace.run("timeout", "600", *SNAKEMAKE, *arguments, code=code)

    def begin(self, *arguments: str) -> subprocess.Popen:
        """Start Snakemake with the profile and return when a training has made steps; its output is a file."""
        with open(self.path.parent / "snakemake.log", "wb") as out:
            process = subprocess.Popen(
                [*SNAKEMAKE, *arguments], cwd=self.path, env=self.workspace.environment, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + 120
        while not re.search(rf"step \d+/{STEPS} ", self.log()):
            assert process.poll() is None, self.output()
            assert time.monotonic() < end, self.output()
            time.sleep(0.1)
        return process

    def output(self) -> str:
        """Return what the Snakemake of ``begin`` has printed."""
        return (self.path.parent / "snakemake.log").read_text()

    def log(self) -> str:
        """Return the log of the training."""
        path = self.path / "results" / "logs" / "retrain" / "dlsr_x2.log"
        return path.read_text() if path.exists() else ""


@pytest.fixture(scope="session")
def slurm() -> Iterator[OneNode]:
    """Return a Slurm that runs on this machine; tests skip without one, or fail if REQUIRE_SLURM=1."""
    required = os.environ.get("REQUIRE_SLURM") == "1"
    if reason := missing():
        (pytest.fail if required else pytest.skip)(reason)
    if not required:
        pytest.skip("takes minutes, so not in every `make test`: make test-slurm")
    with OneNode() as running:
        yield running


@pytest.fixture(scope="session")
def whole(slurm: OneNode, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """Return a checkout in which the profile ran the smoke preset from beginning to end."""
    cluster = Cluster(fresh(tmp_path_factory.mktemp("whole") / "repository"), slurm)
    cluster.snakemake("all")
    return cluster


@pytest.fixture
def training(slurm: OneNode, smoke_run: Workspace, tmp_path: Path) -> Iterator[Cluster]:
    """Return a checkout in which one longer training is to be done and nothing else."""
    cluster = Cluster(duplicate(smoke_run, tmp_path), slurm)
    (cluster.path / "results" / "logs" / "retrain" / "dlsr_x2.log").unlink()
    cluster.workspace.edit("params.yaml", "      x2: 12", f"      x2: {STEPS}")
    yield cluster
    # The next test begins with an idle node, whatever this one left behind.
    slurm.call("scancel", "--user=root")
    assert slurm.idle()
