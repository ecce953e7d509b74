"""Run records: written and read by one declaration."""

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
