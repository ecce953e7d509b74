"""Crate of a real run: every job's recorded command is understood."""

import json
import zipfile

import pytest

from tests.helpers.workspace import Workspace


@pytest.mark.pipeline
def test_jobs_of_a_run_are_linked_by_their_files(finished: Workspace) -> None:
    out = finished.path.parent / "run.zip"
    finished.run("python", "-m", "sr", "crate", "--out", str(out))
    with zipfile.ZipFile(out) as archive:
        graph = {entity["@id"]: entity for entity in json.loads(archive.read("ro-crate-metadata.json"))["@graph"]}
    actions = {name: entity for name, entity in graph.items() if entity["@type"] == "CreateAction"}
    assert len(actions) == len(list((finished.path / "results" / "records").rglob("*.json"))) + 1
    # Counts are written to a folder, and packed images are not in the crate.
    without = {name for name, action in actions.items() if "result" not in action}
    assert {name.split("/")[0] for name in without} == {"#count", "#degrade"}
    assert {"@id": "results/genotype/dlsr.json"} in actions["#retrain/dlsr_x2"]["object"]
    assert actions["#genotype/dlsr"]["result"] == {"@id": "results/genotype/dlsr.json"}
    assert {"@id": "results/weights/dlsr/x2.safetensors"} in actions["#evaluate/dlsr_x2_EmbeddedTest"]["object"]
