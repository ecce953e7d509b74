"""Other networks in the pipeline: checked before any training, measured and counted beside the models."""

import json
import re
from pathlib import Path

import pytest

from tests.helpers.onnx_files import nearest
from tests.helpers.repository import REPO
from tests.helpers.workspace import Workspace, duplicate, jobs


@pytest.fixture
def compared(copy: Workspace, tmp_path: Path) -> Workspace:
    """Return a copy of the project whose run has another network, at two scales."""
    copy.run("cp", "workflow/presets/smoke.yaml", "params.yaml")
    files = [nearest(tmp_path / f"near {scale}.onnx", scale) for scale in (2, 4)]
    entry = f"{{label: Near, year: 2024, x2: '{files[0]}', x4: {{file: '{files[1]}', min_side: 16}}}}"
    copy.edit("params.yaml", "peers: {}", f"peers: {{near: {entry}}}")
    return copy


def test_networks_add_evaluations_and_a_count(compared: Workspace) -> None:
    planned = compared.plan("all")
    path = compared.path / "params.yaml"
    path.write_text(
        "".join("  peers: {}\n" if "  peers:" in row else f"{row}\n" for row in path.read_text().split("\n"))
    )
    without = compared.plan("all")
    assert planned.pop("count_peer") == 1
    assert planned.pop("evaluate") - without.pop("evaluate") == 2
    assert planned == without


def test_a_missing_file_and_a_taken_name_are_named(compared: Workspace) -> None:
    (compared.path / "near 4.onnx").unlink()
    message = f"data.peers.near.x4: {compared.path / 'near 4.onnx'}: no such file. Correct the path or remove the entry"
    assert message in compared.run("snakemake", "-n", "all", code=1)
    compared.edit("params.yaml", "peers: {near:", "peers: {mran:")
    message = "params.yaml: data.peers.mran: mran is a method already. Choose another name"
    assert message in compared.run("snakemake", "-n", "all", code=1)


@pytest.mark.pipeline
def test_a_changed_file_is_measured_and_counted_again(compared: Workspace) -> None:
    targets = [*(f"results/evaluate/near/x{scale}_EmbeddedTest.json" for scale in (2, 4)), "results/counts/near.json"]
    compared.run("snakemake", "--cores", "1", *targets)
    metrics, counts = (json.loads((compared.path / name).read_text()) for name in targets[1:])
    assert (metrics["model"], metrics["peer"], metrics["scale"]) == ("near", True, 4)
    assert {scale: row["params"] for scale, row in counts["scales"].items()} == {"2": 36, "4": 144}
    record = json.loads((compared.path / "results/records/evaluate/near_x4_EmbeddedTest.json").read_text())
    assert record["model"] == "near"
    assert compared.plan(*targets) == {}
    nearest(compared.path / "near 4.onnx", 4, {"input": "BGR 0..255"})
    assert compared.plan(*targets) == {"evaluate": 1, "count_peer": 1}
    compared.edit("params.yaml", "min_side: 16", "min_side: 17")
    compared.edit("params.yaml", "label: Near", "label: Far")
    assert compared.plan(*targets) == {"evaluate": 1, "count_peer": 1}


@pytest.mark.pipeline
def test_a_file_that_cannot_be_measured_ends_the_run_before_any_training(compared: Workspace) -> None:
    file = nearest(compared.path / "near 4.onnx", 3)
    output = compared.run("snakemake", "--cores", "1", "all", code=1)
    assert f"data.peers.near.x4: {file}: turns 24x25 pixels into 1x3x72x75, not x4. Check the scale" in output
    assert not list(compared.path.glob("results/search/*/*"))
    assert not (compared.path / "work").exists() or not list((compared.path / "work").glob("*/*/*"))


@pytest.mark.pipeline
def test_the_recipe_of_the_docs_runs_to_its_end(smoke_run: Workspace, tmp_path: Path) -> None:
    workspace = duplicate(smoke_run, tmp_path)
    recipe = re.search(r"```yaml\n# replace peers of params\.yaml\n(.*?)```", (REPO / "docs/data.md").read_text(), re.S)
    assert recipe is not None
    workspace.edit("params.yaml", "  peers: {}\n", recipe[1])
    (workspace.path / "peers").mkdir()
    nearest(workspace.path / "peers" / "smfanet_x2.onnx", 2)
    nearest(workspace.path / "peers" / "smfanet_x4.onnx", 4, facts={})
    done = jobs(workspace.run("snakemake", "--cores", "1", "all"))
    assert (done["evaluate"], done["count_peer"], done["inspect"]) == (2, 1, 1)
    assert not {"search", "retrain", "panel"} & set(done)
    assert "Nothing to be done" in workspace.run("snakemake", "-n", "all")
    results = workspace.path / "results"
    assert set(json.loads((results / "metrics.json").read_text())["smfanet"]) == {"x2", "x4"}
    assert "SMFANet (DF2K), re-measured" in (results / "tables" / "dlsr_table2.md").read_text()
    assert "SMFANet (DF2K) ×2" in (results / "figures" / "dlsr_psnr_vs_params.svg").read_text()
    page = (results / "report" / "index.html").read_text()
    assert "re-measured, since 2021" in page
    assert "Re-measured" in page
