"""Crate of a finished run: what its profile requires, no more files than there are, and no path of a machine."""

import hashlib
import json
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from sr.cli.main import main
from sr.core.files import write_text
from tests.conftest import REPO
from tests.helpers.cli import refused
from tests.helpers.runs import change_json, write_run

Graph = dict[str, dict[str, Any]]
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
}
COMMAND = (
    "python -m sr retrain --params params.yaml --model dlsr --genotype results/genotype/dlsr.json --scale 2 "
    "--threads 1 --data data/packed/EmbeddedTrain --out results/weights/dlsr/x2.safetensors "
    "--history results/retrain/dlsr/x2.csv --state work --record results/records/retrain/dlsr_x2.json"
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run, one training of which has its real command and weights."""
    folder = write_run(tmp_path_factory.mktemp("run"), "smoke").parent
    for name in ("Snakefile", "LICENSE", "workflow/Snakefile"):
        write_text(folder / name, (REPO / name).read_text())
    write_text(folder / "results/weights/dlsr/x2.safetensors", "weights")
    write_text(folder / "results/logs/search/dlsr.log", "progress")
    write_text(folder / "data/packed/EmbeddedTrain/hr.npy", "images")
    change_json(folder / "results/records/retrain/dlsr_x2.json", lambda record: record.update(command=COMMAND))
    return folder


@pytest.fixture(scope="module")
def crate(finished: Path) -> tuple[Graph, dict[str, bytes]]:
    """Return the entities by identifier, and the files, of the run's crate."""
    assert main(["crate", "--params", str(finished / "params.yaml"), "--out", str(finished / "run.zip")]) == 0
    with zipfile.ZipFile(finished / "run.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    entities = json.loads(files["ro-crate-metadata.json"])["@graph"]
    graph = {entity["@id"]: entity for entity in entities}
    assert len(graph) == len(entities)
    return graph, files


def listed(value: Any) -> list[str]:
    """Return the identifiers in a property."""
    return [entry["@id"] for entry in (value if isinstance(value, list) else [value])]


def test_every_reference_leads_to_an_entity(crate: tuple[Graph, dict[str, bytes]]) -> None:
    graph, _ = crate
    outside = {"https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"}
    for entity in graph.values():
        for key, value in entity.items():
            for entry in value if isinstance(value, list) else [value]:
                if isinstance(entry, dict) and key not in ("identifier", "url"):
                    assert entry["@id"] in graph or entry["@id"] in outside, (entity["@id"], key)


def test_the_crate_and_its_workflow_are_described(crate: tuple[Graph, dict[str, bytes]]) -> None:
    graph, _ = crate
    descriptor, root = graph["ro-crate-metadata.json"], graph["./"]
    assert descriptor["about"] == {"@id": "./"}
    assert "https://w3id.org/ro/crate/1.1" in listed(descriptor["conformsTo"])
    assert root["@type"] == "Dataset"
    assert {"name", "description", "datePublished", "license"} <= set(root)
    assert set(listed(root["conformsTo"])) == PROFILES
    assert all(graph[url]["@type"] == "CreativeWork" for url in PROFILES)
    (main_entity,) = listed(root["mainEntity"])
    workflow = graph[main_entity]
    assert {"File", "SoftwareSourceCode", "ComputationalWorkflow"} == set(workflow["@type"])
    assert graph[workflow["programmingLanguage"]["@id"]]["@type"] == "ComputerLanguage"
    assert workflow["version"] == "0123456789abcdef0123456789abcdef01234567"


def test_files_are_those_of_the_run(crate: tuple[Graph, dict[str, bytes]], finished: Path) -> None:
    graph, files = crate
    entities = {unquote(name): e for name, e in graph.items() if "File" in e["@type"]}
    assert set(entities) == set(files) - {"ro-crate-metadata.json"}
    assert set(listed(graph["./"]["hasPart"])) == {e["@id"] for e in entities.values()}
    for name, content in files.items():
        if name not in ("ro-crate-metadata.json", "README.md"):
            assert content == (finished / name).read_bytes()
            assert entities[name]["sha256"] == hashlib.sha256(content).hexdigest()
    parts = ("results/logs/", "data/packed/", "results/records/page", "results/records/retrain/gone")
    assert {name for name in files if name.startswith(parts)} == {"results/records/page/index.json"}
    assert "Licence: CC0" in entities["data/manifests/Set5.json"]["description"]


def test_the_run_and_each_job_is_an_action(crate: tuple[Graph, dict[str, bytes]], finished: Path) -> None:
    graph, files = crate
    actions = {name: entity for name, entity in graph.items() if entity["@type"] == "CreateAction"}
    records = [name for name in files if name.startswith("results/records/")]
    assert set(listed(graph["./"]["mentions"])) == set(actions)
    assert len(actions) == len(records) + 1
    for action in actions.values():
        assert {"name", "description", "startTime", "endTime"} <= set(action)
        assert graph[action["instrument"]["@id"]]["@type"] in ("SoftwareApplication", graph["Snakefile"]["@type"])
    assert {graph[name]["about"]["@id"] for name in records} == set(actions) - {"#run"}
    run = actions["#run"]
    assert run["instrument"] == {"@id": "Snakefile"}
    assert {"params.yaml", "data/manifests/Set5.json"} <= set(listed(run["object"]))
    assert "results/weights/dlsr/x2.safetensors" in listed(run["result"])
    assert (run["startTime"], run["endTime"]) == ("2026-01-02T03:02:49+00:00", "2026-01-02T03:04:05+00:00")


def test_a_job_names_what_it_read_and_wrote(crate: tuple[Graph, dict[str, bytes]]) -> None:
    graph, _ = crate
    job = graph["#retrain/dlsr_x2"]
    assert listed(job["object"]) == ["params.yaml", "results/genotype/dlsr.json", "data/manifests/EmbeddedTrain.json"]
    assert listed(job["result"]) == ["results/weights/dlsr/x2.safetensors", "results/retrain/dlsr/x2.csv"]
    # A command that this version does not know names no files.
    assert not {"object", "result"} & set(graph["#retrain/dlsr_x3"])


def test_no_path_of_the_machine_is_in_it(crate: tuple[Graph, dict[str, bytes]], finished: Path) -> None:
    _, files = crate
    assert str(finished).encode() not in files["ro-crate-metadata.json"]


def test_weights_that_were_not_pulled_are_named(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["crate", "--params", str(finished / "params.yaml"), "--out", str(tmp_path / "a.zip")]) == 0
    assert "results/weights: no dlsr/x3, dlsr/x4; left out. To have them: dvc pull" in capsys.readouterr().err


def test_an_unfinished_run_is_refused(tmp_path: Path, finished: Path, capsys: pytest.CaptureFixture) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    command = ("crate", "--params", folder / "params.yaml", "--out")
    assert "a crate is a zip file" in refused(capsys, *command, tmp_path / "a.tar")
    (folder / "results/records/retrain/dlsr_x4.json").unlink()
    assert "dlsr_x4.json: no such file: the run is not finished. Run: snakemake" in refused(
        capsys, *command, tmp_path / "a.zip"
    )
    (folder / "Snakefile").unlink()
    assert "Snakefile: no such file. Give --params of a checkout" in refused(capsys, *command, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_without_its_package_it_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "sr.use.crate", raising=False)
    for name in ("rocrate", "rocrate.model", "rocrate.rocrate"):
        monkeypatch.setitem(sys.modules, name, None)
    assert "crate needs the package rocrate. Install it: pip install" in refused(
        capsys, "crate", "--out", tmp_path / "a.zip"
    )
