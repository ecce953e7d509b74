"""Style and types: whatever ``make lint`` finds is a failing test; and what it lets pass of Snakemake's findings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.repository import REPO

CHECKS = (REPO / "Makefile").read_text().split("\nlint:")[1].split("\n\n")[0].splitlines()[1:]
ACCEPTED = "Lints for rule a (line 1, a.smk):\n    * Specify a conda environment or container for each rule.:\n"
FOUND = "Lints for rule b (line 2, b.smk):\n    * No log directive defined:\n      Why\n"


def call(command: str, first: Path = Path(sys.executable).parent) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository with its programs from ``first``; mypy keeps its cache, as after `make lint`."""
    given = {**os.environ, "RUFF_NO_CACHE": "true", "PATH": f"{first}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", command], cwd=REPO, env=given, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("check", [line.strip() for line in CHECKS])
def test_make_lint_finds_nothing(check: str) -> None:
    done = call(check)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("said", "code", "shown"),
    [
        ("Congratulations", 0, ""),
        (ACCEPTED, 0, ""),
        (ACCEPTED + FOUND, 1, FOUND),
        (FOUND + ACCEPTED, 1, FOUND),
        ("WorkflowError in file Snakefile", 1, "WorkflowError in file Snakefile"),
    ],
)
def test_lint_of_the_workflow_accepts_one_finding(tmp_path: Path, said: str, code: int, shown: str) -> None:
    program = tmp_path / "snakemake"
    program.write_text(f"#!/bin/sh\ncat <<'END' >&2\n{said}\nEND\nexit {0 if said == 'Congratulations' else 1}\n")
    program.chmod(0o755)
    done = call("workflow/lint.sh", first=tmp_path)
    assert (done.returncode, done.stderr.strip()) == (code, shown.strip())
