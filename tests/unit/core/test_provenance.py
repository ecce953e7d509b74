"""Run records: written and read by one declaration."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from sr.core import provenance
from sr.core.errors import UserError
from sr.core.files import read_json, write_json
from sr.core.formats import load
from sr.core.provenance import Record, SearchRecord, TrainingRecord
from tests.helpers.repository import REPO

SMOKE = str(REPO / "workflow" / "presets" / "smoke.yaml")
USED = {"seconds": 1.5, "energy": None}
TRAINING = {
    "model": "dlsr",
    "seed": 0,
    "scale": 3,
    "steps": 4,
    "loss": 1.25,
    "device": "cpu",
    "devices": 1,
    "warm_start": None,
    "data_digests": ["a"],
    "resumed": {"step": 2, "seconds": 0.5},
}


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_torch_facts", lambda: {"threads": 1, "gpu": None})


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Return the file of a training's record."""
    path = tmp_path / "record.json"
    provenance.write(path, provenance.describe(["retrain", "--scale", "3"], SMOKE, USED, TRAINING))
    return path


def test_a_record_comes_back_as_it_was_written(record: Path) -> None:
    written = provenance.describe(["retrain", "--scale", "3"], SMOKE, USED, TRAINING)
    loaded = load(record, TrainingRecord)
    assert loaded.replace(finished="") == TrainingRecord(**written.model_dump()).replace(finished="")
    assert loaded.command == "python -m sr retrain --scale 3"
    assert (loaded.params.preset, loaded.warm_start, loaded.energy) == ("smoke", None, None)
    assert loaded.resumed == provenance.Resumed(step=2, seconds=0.5)


def test_facts_for_people_have_a_place_of_their_own(record: Path) -> None:
    """Unknown values are written as null, and nothing is written that was not said."""
    content = read_json(record)
    assert content["facts"] == {"loss": 1.25}
    assert content["warm_start"] is None
    assert content["energy"] is None
    assert "facts" not in provenance.describe(["page"], None, USED, {}).model_dump(exclude_unset=True)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (TrainingRecord, {"steps": None}, r"steps: null: input should be a valid integer"),
        (TrainingRecord, {"scale": 5}, r"scale: 5: input should be 2, 3 or 4"),
        (SearchRecord, {"params": None}, r"params: input should be a mapping of keys to values|params: null"),
        (Record, {"seconds": -1}, r"seconds: -1: input should be greater than or equal to 0"),
        (Record, {"model_name": "dlsr"}, r"\(top level\): unknown key 'model_name'; did you mean 'model'\?"),
        (Record, {"git": {"commit": None}}, r"git: key 'dirty' is missing"),
    ],
)
def test_a_damaged_record_is_one_line(record: Path, kind: type[Record], change: dict[str, Any], message: str) -> None:
    write_json(record, read_json(record) | change)
    with pytest.raises(UserError, match=rf"record\.json: {message}"):
        load(record, kind)


def git(folder: Path, *arguments: str) -> str:
    """Run git in ``folder`` and return what it prints."""
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def repository(folder: Path) -> str:
    """Make a repository of one empty commit; return the commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", f"of {folder.name}")
    return git(folder, "rev-parse", "HEAD")


@pytest.mark.parametrize("own", [True, False], ids=["a repository of its own", "unpacked inside another"])
@pytest.mark.parametrize("foreign", [True, False], ids=["GIT_DIR set", "no variable"])
def test_the_commit_is_the_projects_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool, foreign: bool
) -> None:
    project = tmp_path / "outer" / "project"
    commits = {repository(tmp_path / name) for name in ("outer", "other")}
    project.mkdir()
    commit = repository(project) if own else None
    monkeypatch.setattr(provenance, "ROOT", project)
    if foreign:
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
        monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    assert provenance.git_state() == {"commit": commit, "dirty": False if own else None}
    assert commit not in commits
