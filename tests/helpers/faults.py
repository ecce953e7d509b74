"""Faults in a run: watching its processes, comparing its results, and the table in docs/faults.md."""

import base64
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.helpers.workspace import Workspace

# Files that must be restored byte for byte. Records, loss curves and the page contain times.
FINAL = (
    "data/packed",
    "results/panels",
    "results/evaluate",
    "results/figures",
    "results/genotype",
    "results/metrics.json",
    "results/report/tables.tex",
    "results/supernet",
    "results/tables",
    "results/weights",
)
HEADER = """# Faults tried, and what repairs them

Made by `make test-faults`, which breaks the smoke run in each of these ways, runs the commands, and compares tables,
figures, metrics, weights and packed images with those of an undisturbed run, byte by byte. "None" under "noticed by"
means that `snakemake -n all`, `dvc status` and `git status` all miss the fault. The seconds are what the commands took
on the machine of the last run. What the commands do: [pipeline.md](pipeline.md#when-something-broke).

| fault | noticed by | command | outcome | seconds |
|---|---|---|---|---:|
"""


@dataclass
class Row:
    """A line of the table."""

    fault: str
    noticed: str
    commands: tuple[str, ...]
    outcome: str
    seconds: float

    def __str__(self) -> str:
        commands = "<br>".join(f"`{command}`" for command in self.commands)
        return f"| {self.fault} | {self.noticed} | {commands} | {self.outcome} | {self.seconds:.0f} |\n"


def files(workspace: Workspace, *folders: str) -> dict[str, bytes]:
    """Return the content of each final file, or of those in ``folders``, without temporary ones."""
    found = {}
    for name in folders or FINAL:
        root = workspace.path / name
        for path in [root] if root.is_file() else root.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                found[str(path.relative_to(workspace.path))] = path.read_bytes()
    return found


def differences(workspace: Workspace, expected: dict[str, bytes]) -> list[str]:
    """Return the names of the final files that are missing, new or different."""
    now = files(workspace)
    return sorted(name for name in now.keys() | expected.keys() if now.get(name) != expected.get(name))


def forget(workspace: Workspace, *names: str) -> None:
    """Delete files and folders with their records, and all saved states of trainings."""
    shutil.rmtree(workspace.path / "work", ignore_errors=True)
    for name in names:
        path = workspace.path / name
        if path.is_dir():
            shutil.rmtree(path)
            path.mkdir()
        else:
            path.unlink()
    for record in (workspace.path / ".snakemake" / "metadata").iterdir():
        output = base64.b64decode(record.name.replace("_", "/")).decode()
        if any(output == name or output.startswith(f"{name}/") for name in names):
            record.unlink()


def processes(workspace: Workspace) -> set[int]:
    """Return the processes that work in a repository."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            inside = Path(os.readlink(path / "cwd")).is_relative_to(workspace.path)
            alive = (path / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            continue
        if inside and alive:
            found.add(int(path.name))
    return found


def until(condition: Callable[[], object], seconds: float = 300) -> None:
    """Wait until ``condition`` is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.01)


class Running:
    """Snakemake in the background, paused at a point of a job (see hold/sitecustomize.py)."""

    def __init__(self, workspace: Workspace, verb: str, point: str) -> None:
        self.workspace = workspace
        self.marker = workspace.path.parent / "held"
        self.marker.unlink(missing_ok=True)
        self.log = workspace.path.parent / "background.log"
        hook = Path(__file__).parent / "hold"
        with open(self.log, "w") as stream:
            self.process = subprocess.Popen(
                ["snakemake", "--cores", "1", "all"],
                cwd=workspace.path,
                env=workspace.environment | {"PYTHONPATH": str(hook), "HOLD": f"{verb} {point} {self.marker}"},
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(lambda: self.marker.exists() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()[-3000:]

    def kill_all(self) -> None:
        """Kill Snakemake and its jobs at once, as a power loss does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        until(lambda: not processes(self.workspace))

    def kill_snakemake(self) -> None:
        """Kill Snakemake alone; its job continues."""
        self.process.kill()
        self.process.wait()
        assert processes(self.workspace)

    def resume(self) -> None:
        """Let the paused job continue."""
        self.marker.unlink()


def cached(workspace: Workspace, name: str) -> Path:
    """Return the object in DVC's cache that holds a file of results/weights/dlsr."""

    def object_path(digest: str) -> Path:
        return workspace.path / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]

    stage = yaml.safe_load((workspace.path / "dvc.lock").read_text())["stages"]["retrain@dlsr"]
    folder = next(out["md5"] for out in stage["outs"] if out["path"] == "results/weights/dlsr")
    entries = json.loads(object_path(folder).read_text())
    return object_path(next(entry["md5"] for entry in entries if entry["relpath"] == name))


def overwrite(path: Path, content: bytes) -> None:
    """Replace a file's content, even that of an object in DVC's cache, and keep its mode."""
    mode = path.stat().st_mode
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(mode)
