"""Benchmarks of overhead: --help, a run with nothing to do, and the fork server that starts a run's jobs."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.harness import Row, Stats, stats
from sr.core.files import ROOT
from sr.core.fork_client import VARIABLE

# Files that a copy of the project needs to run.
PARTS = ("Snakefile", "profiles", "workflow", "sr", "data/genotypes", "data/*.yaml", "data/*.csv")


def rows(repeats: int, quick: bool) -> list[Row]:
    """Return the rows of the group; the pipeline's only where Snakemake is installed, and not in a quick run."""
    python = [sys.executable, "-m", "sr"]
    result = [
        Row("startup/help", "s", timed([*python, "--help"], ROOT, repeats), None, ("value", "<=", 0.5), "wall clock"),
        Row("startup/import torch", "s", timed([python[0], "-c", "import torch"], ROOT, repeats), note="wall clock"),
    ]
    if quick or importlib.util.find_spec("snakemake") is None:
        return result
    with tempfile.TemporaryDirectory() as folder:
        return result + pipeline(Path(folder))


def timed(command: list[str], folder: Path, repeats: int) -> Stats:
    """Return the wall-clock seconds of a command, run ``repeats`` times after one warm-up."""
    return stats([once(command, folder) for _ in range(repeats + 1)][1:])


def once(command: list[str], folder: Path, variables: Mapping[str, str] | None = None) -> float:
    """Return the wall-clock seconds of a command with this Python first in its PATH, and further ``variables``."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment |= variables or {}
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, check=True, env=environment)
    return time.perf_counter() - start


def copy(folder: Path) -> None:
    """Copy the project's program, with the smoke preset, into ``folder``."""
    for source in (path for part in PARTS for path in ROOT.glob(part)):
        target = folder / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target, follow_symlinks=False)
    shutil.copy(ROOT / "workflow" / "presets" / "smoke.yaml", folder / "params.yaml")


def pipeline(folder: Path) -> list[Row]:
    """Run the smoke preset with the fork server and without it, then with nothing to do."""
    snakemake = [sys.executable, "-m", "snakemake", "--cores", "1"]
    seconds = {}
    for state in ("on", "off"):
        copy(folder / state)
        seconds[state] = stats([once([*snakemake, "all"], folder / state, {VARIABLE: state})])
    jobs = len(list((folder / "on" / "results" / "records").rglob("*.json")))
    note = f"smoke: wall clock of {jobs} jobs; reference: {VARIABLE}=off"
    idle = timed([*snakemake, "-n", "all"], folder / "on", 3)
    return [
        Row("startup/smoke", "s", seconds["on"], seconds["off"], ("ratio", ">=", 1.5), note),
        Row("startup/nothing to do", "s", idle, None, ("value", "<=", 6.0)),
    ]
