"""A finished smoke run in a scratch repository, made once: real images, real Snakemake, real DVC."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.conftest import REPO


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
    """Read the tables of job counts that Snakemake prints; phony targets do not count."""
    counts: dict[str, int] = {}
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
    """Return the repository that the first of the parallel test workers makes; nobody changes it."""
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


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return the repository after `snakemake --cores 1 all`, to be copied."""

    def make(folder: Path) -> None:
        output = fresh(folder / "repository").run("snakemake", "--cores", "1", "all")
        assert jobs(output)["retrain"] == 3

    return once(tmp_path_factory, "smoke", make)


@pytest.fixture(scope="session")
def smoke_record(smoke_run: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return the repository after the recording `dvc repro`, committed, to be copied."""

    def make(folder: Path) -> None:
        workspace = duplicate(smoke_run, folder)
        workspace.run("dvc", "repro")
        workspace.commit("Record the run")

    return once(tmp_path_factory, "record", make)


@pytest.fixture(scope="session")
def finished(smoke_run: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a finished run to work in."""
    return duplicate(smoke_run, tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="session")
def recorded(finished: Workspace) -> tuple[Workspace, str]:
    """Return the finished repository after the recording `dvc repro`, committed, and what that printed."""
    output = finished.run("dvc", "repro")
    finished.commit("Record the run")
    return finished, output


@pytest.fixture(scope="session")
def fault_table(request: pytest.FixtureRequest) -> Iterator[list]:
    """Return the table of faults; `make test-faults` has it written when all tests have passed."""
    from tests.workflow.faults import HEADER

    rows: list = []
    yield rows
    target = os.environ.get("FAULTS_TABLE")
    if target and not request.session.testsfailed:
        Path(target).write_text(HEADER + "".join(map(str, rows)))


@pytest.fixture
def copy(tmp_path: Path) -> Workspace:
    """Return a copy of the project's code, tests and parameters."""
    for name in ("sr", "tests", "workflow", "data", "pyproject.toml", "params.yaml", "Snakefile", "profiles"):
        source = REPO / name
        if source.is_dir() and not source.is_symlink():
            ignore = shutil.ignore_patterns("__pycache__", "packed", "raw", "downloads")
            shutil.copytree(source, tmp_path / name, ignore=ignore, symlinks=True)
        else:
            shutil.copy2(source, tmp_path / name, follow_symlinks=False)
    return Workspace(tmp_path, tmp_path)
