"""Copies of one finished smoke run, before and after `dvc repro` recorded it, and copies of the code alone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.repository import REPO
from tests.helpers.workspace import Workspace, duplicate, once


@pytest.fixture(scope="session")
def smoke_record(smoke_run: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return the repository after the recording `dvc repro`, committed, to be copied."""

    def make(folder: Path) -> None:
        workspace = duplicate(smoke_run, folder)
        (folder / "repro.log").write_text(workspace.run("dvc", "repro"))
        workspace.commit("Record the run")

    return once(tmp_path_factory, "record", make)


@pytest.fixture(scope="session")
def finished(smoke_run: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a finished run to work in."""
    return duplicate(smoke_run, tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="session")
def recorded(smoke_record: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str]:
    """Return a recorded run to work in, and the output of its `dvc repro`."""
    output = (smoke_record.path.parent / "repro.log").read_text()
    return duplicate(smoke_record, tmp_path_factory.mktemp("recorded")), output


@pytest.fixture(scope="session")
def fault_table(request: pytest.FixtureRequest) -> Iterator[list]:
    """Return the table of faults; `make test-faults` has it written when all tests have passed."""
    from tests.helpers.faults import HEADER

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
