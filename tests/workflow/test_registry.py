"""The zoo as DVC artifacts: a tagged network comes by its name, and DVC has nothing to do for it."""

from pathlib import Path

import pytest
import yaml

from tests.helpers.repository import REPO
from tests.helpers.workspace import fresh

NAMES = list(yaml.safe_load((REPO / "results" / "zoo" / "dvc.yaml").read_text())["artifacts"])


@pytest.mark.parametrize("name", NAMES[:1])
def test_a_tagged_network_comes_by_its_name(tmp_path: Path, name: str) -> None:
    workspace = fresh(tmp_path / "repository")
    assert name not in workspace.run("dvc", "status")
    workspace.run("git", "tag", "-a", "-m", "First", f"results/zoo={name}@v0.1.0")
    assert f"results/zoo:{name}" in workspace.run("gto", "show")
    out = tmp_path / "weights.safetensors"
    workspace.run("dvc", "artifacts", "get", str(workspace.path), f"results/zoo:{name}", "-o", str(out))
    assert out.read_bytes() == (REPO / "results" / "zoo" / name / "weights.safetensors").read_bytes()
    missing = workspace.run("dvc", "artifacts", "get", str(workspace.path), f"results/zoo:{name}x", code=1)
    assert "Unable to find artifact" in missing
