"""Benchmarks of overhead: --help, a run with nothing to do, and the time of jobs outside their computations."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import Row, Stats, stats
from sr.core.files import ROOT

# Files that a copy of the project needs to run.
PARTS = ("Snakefile", "profiles", "workflow", "sr", "data/genotypes", "data/claims.yaml", "data/published.csv",
         "data/published_other.csv", "data/sources.yaml")  # fmt: skip


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
        copy(Path(folder))
        return result + pipeline(Path(folder), result[1].ours.median)


def timed(command: list[str], folder: Path, repeats: int) -> Stats:
    """Return the wall-clock seconds of a command, run ``repeats`` times after one warm-up."""
    return stats([once(command, folder) for _ in range(repeats + 1)][1:])


def once(command: list[str], folder: Path) -> float:
    """Return the wall-clock seconds of a command with this Python first in its PATH."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, check=True, env=environment)
    return time.perf_counter() - start


def copy(folder: Path) -> None:
    """Copy the project's program, with the smoke preset, into ``folder``."""
    for part in PARTS:
        source, target = ROOT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target, follow_symlinks=False)
    shutil.copy(ROOT / "workflow" / "presets" / "smoke.yaml", folder / "params.yaml")


def pipeline(folder: Path, torch_import: float) -> list[Row]:
    """Run the smoke preset once, then with nothing to do; return the share of time outside computations."""
    snakemake = [sys.executable, "-m", "snakemake", "--cores", "1"]
    wall = once([*snakemake, "all"], folder)
    records = [json.loads(path.read_text()) for path in (folder / "results" / "records").rglob("*.json")]
    verbs = sum(record["seconds"] for record in records)
    imports = torch_import * sum("threads" in record["machine"] for record in records)
    note = f"smoke: {wall:.0f} s, {len(records)} jobs, {verbs:.0f} s in verbs, {imports:.0f} s of them importing torch"
    # Shares of the wall time outside the verbs, without and with the import of torch inside them.
    outside = (wall - verbs) / wall
    with_imports = (wall - verbs + imports) / wall
    return [
        Row("startup/smoke overhead", "share", stats([outside]), None, ("value", "<=", 0.4), note),
        Row("startup/smoke overhead with imports", "share", stats([with_imports]), note=note),
        Row("startup/nothing to do", "s", timed([*snakemake, "-n", "all"], folder, 3), None, ("value", "<=", 6.0)),
    ]
