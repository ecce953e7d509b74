"""Style and types: whatever ``make lint`` finds is a failing test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.repository import REPO

CHECKS = (REPO / "Makefile").read_text().split("\nlint:")[1].split("\n\n")[0].splitlines()[1:]


def call(command: str, folder: Path = REPO) -> subprocess.CompletedProcess[str]:
    """Run a command with this environment's programs; in the repository mypy keeps its cache, as after `make lint`."""
    first = Path(sys.executable).parent
    given = {**os.environ, "RUFF_NO_CACHE": "true", "PATH": f"{first}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", command], cwd=folder, env=given, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("check", [line.strip() for line in CHECKS])
def test_make_lint_finds_nothing(check: str) -> None:
    done = call(check)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("part", ["    container:", "    log:"])
def test_make_lint_fails_for_a_finding_of_snakemake(tmp_path: Path, part: str) -> None:
    rule = 'rule a:\n    output: "a"\n    log: "a.log"\n    container: "a.sif"\n    shell: "touch {output} 2> {log}"\n'
    lines = [line for line in rule.splitlines() if not line.startswith(part)]
    (tmp_path / "Snakefile").write_text("\n".join(lines).replace(" 2> {log}" * (part == "    log:"), ""))
    (check,) = (line.strip() for line in CHECKS if line.endswith("all --lint"))
    assert call(check, tmp_path).returncode == 1
    (tmp_path / "Snakefile").write_text(rule)
    assert call(check, tmp_path).returncode == 0
