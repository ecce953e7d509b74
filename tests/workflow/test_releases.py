"""Released weights of the authors, evaluated in the pipeline by the same rule and protocol."""

import json
from pathlib import Path

import pytest

from tests.helpers.workspace import Workspace


@pytest.fixture
def released(copy: Workspace, release: Path, benchmarks: Path) -> Workspace:
    """Return a copy of the project with DLSR's released weights and Set5, by DLSR's own protocol."""
    copy.run("cp", "workflow/presets/smoke.yaml", "params.yaml")
    copy.edit("params.yaml", "releases: []", f"releases: [{release}]")
    copy.edit("params.yaml", "folders: {}", f"folders: {{Set5: {benchmarks / 'Set5' / 'HR'}}}")
    copy.edit("params.yaml", "    - EmbeddedTest", "    - Set5")
    copy.edit("params.yaml", "crop_border: scale", "crop_border: 4")
    return copy


@pytest.mark.pipeline
def test_released_weights_give_the_published_number(released: Workspace) -> None:
    target = "results/evaluate/dlsr_released/x2_Set5.json"
    released.run("snakemake", "--cores", "1", target)
    found = json.loads((released.path / target).read_text())
    assert found["model"] == "dlsr_released"
    assert (round(found["mean"]["psnr"], 2), round(found["mean"]["ssim"], 4)) == (38.04, 0.9606)
    record = json.loads((released.path / "results/records/evaluate/dlsr_released_x2_Set5.json").read_text())
    assert record["model"] == "dlsr_released"


def test_releases_add_evaluations_and_no_other_job(released: Workspace) -> None:
    with_release = {target: released.plan(target) for target in ("all", "main")}
    path = released.path / "params.yaml"
    path.write_text(
        "".join("  releases: []\n" if "releases:" in row else f"{row}\n" for row in path.read_text().split("\n"))
    )
    for target, planned in with_release.items():
        without = released.plan(target)
        assert planned.pop("evaluate") - without.pop("evaluate") == (target != "main"), target
        assert planned == without


def test_checks_without_training_wait_for_no_other_job(released: Workspace) -> None:
    assert released.plan("verified") == {"verify": 4, "verified": 1}


def test_a_missing_file_is_named(released: Workspace, release: Path) -> None:
    released.edit("params.yaml", str(release), "nowhere.pt")
    message = "data.releases: nowhere.pt: no such file. Correct the path or remove the entry"
    assert message in released.run("snakemake", "-n", "all", code=1)


def test_an_unknown_file_is_named(released: Workspace, release: Path, tmp_path: Path) -> None:
    (tmp_path / "changed.pt").write_bytes(release.read_bytes()[:-1] + b"\0")
    released.edit("params.yaml", str(release), str(tmp_path / "changed.pt"))
    message = released.run("snakemake", "-n", "all", code=1)
    assert "changed.pt: not a checkpoint of data/sources.yaml (SHA-256 " in message


def test_a_release_by_name_is_fetched(released: Workspace, release: Path) -> None:
    before = released.plan("evaluated")
    released.edit("params.yaml", f"[{release}]", "[dlsr_released, dlsr_s_released]")
    planned = released.plan("evaluated")
    assert planned["fetch_weights"] == 2
    assert planned["evaluate"] == before["evaluate"] + 1
