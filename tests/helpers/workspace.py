"""Scratch repositories in which the workflow's commands run as a user would type them."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.helpers.repository import REPO


class Workspace:
    """A checkout in which commands run as a user would type them."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self.environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "GIT_AUTHOR_NAME": "Tester",
            "GIT_AUTHOR_EMAIL": "tester@example.org",
            "GIT_COMMITTER_NAME": "Tester",
            "GIT_COMMITTER_EMAIL": "tester@example.org",
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def run(self, *command: str, code: int | None = 0) -> str:
        """Run a command; return its output. ``code`` is the exit code that it must have, None for any."""
        done = subprocess.run(
            command,
            cwd=self.path,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert code in (None, done.returncode), f"{' '.join(command)} gave {done.returncode}:\n{done.stdout[-6000:]}"
        return done.stdout

    def plan(self, *targets: str) -> dict[str, int]:
        """Return how many jobs of each rule Snakemake would run; empty if nothing is to be done."""
        # A dry run prints its table twice.
        return jobs(self.run("snakemake", "-n", *(targets or ("all",))).rpartition("Job stats:")[2])

    def commit(self, message: str) -> None:
        """Commit everything that the ignore rules let through."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", message)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace text that must be there."""
        path = self.path / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new))


def jobs(output: str) -> dict[str, int]:
    """Return how many jobs of each rule finished, or are planned in a dry run's table; targets do not count."""
    counts = dict(Counter(re.findall(r"^\[ *\d+/\d+\] (\w+)", output, re.M)))
    for rule, count in re.findall(r"^([a-z_]\w*) +(\d+)$", output, re.M):
        if rule not in ("total", "all", "main", "data", "evaluated") and not rule.startswith(
            ("searched_", "retrained_")
        ):
            counts[rule] = counts.get(rule, 0) + int(count)
    return counts


def fresh(path: Path) -> Workspace:
    """Make a repository with the project's files and the smoke preset."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=REPO, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (REPO / name).exists():
            shutil.copy2(REPO / name, target, follow_symlinks=False)
    home = path.parent / "home"
    home.mkdir()
    workspace = Workspace(path, home)
    workspace.run("git", "init", "-q", "-b", "main")
    workspace.run("cp", "workflow/presets/smoke.yaml", "params.yaml")
    workspace.commit("Choose the smoke preset")
    return workspace


def duplicate(workspace: Workspace, folder: Path) -> Workspace:
    """Return a copy of a repository, with its data, checkpoints and DVC cache, in a new folder."""
    shutil.copytree(workspace.path, folder / "repository", symlinks=True)
    (folder / "home").mkdir()
    return Workspace(folder / "repository", folder / "home")


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Workspace:
    """Return the repository that the first of the parallel test workers makes, to be read or copied."""
    root = factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder = root / name
    with FileLock(root / f"{name}.lock"):
        if not folder.exists():
            part = root / f"{name}.part"
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            make(part)
            part.rename(folder)
    return Workspace(folder / "repository", folder / "home")
