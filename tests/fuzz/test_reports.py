"""Damaged input files of the report: a page, or one line of error that names the file."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr.methods import published
from sr.report.page import page
from sr.report.run import reader as run
from sr.report.run import results
from tests.fuzz.fuzzing import as_json, damaged, fuzzed, outcome, scrambled
from tests.helpers.reporting import complexity_file, metrics_file
from tests.helpers.repository import REPO
from tests.helpers.runs import write_run, write_tables

READERS = {
    "metrics": lambda path: results.read_metrics([path]),
    "complexity": lambda path: results.read_complexity([path]),
    "records": lambda path: results.read_records([path]),
    "operations": results.read_operations,
    "reference": results.read_reference,
}
PARTS = [
    "results/evaluate/dlsr/x2_Set5.json",
    "results/counts/dlsr.json",
    "results/counts/operations_dlsr.json",
    "results/counts/reference_dlsr.json",
    "results/records/search/dlsr.json",
    "results/records/retrain/dlsr_x2.json",
    "results/genotype/dlsr.json",
    "results/search/dlsr/history.csv",
    "results/retrain/dlsr/x2.csv",
    "results/panels/*.json",
    "results/tables/dlsr_table2.json",
    "results/tables/dlsr_table2.csv",
    "data/manifests/Set5.json",
    "data/published.csv",
    "data/published_other.csv",
    "data/published_recent.csv",
    "data/published_years.csv",
]


def only_dlsr(raw: dict[str, Any]) -> None:
    raw["methods"], raw["scales"] = ["dlsr"], [2]
    raw["dlsr"]["variants"], raw["dlsr"]["search"]["seeds"] = {}, []
    raw["data"]["test"] = ["Set5"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(write_run(tmp_path_factory.mktemp("run"), change=only_dlsr))


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    whole = write_run(folder / "run", change=only_dlsr).parent / "results"
    files = {"records": "records/search/dlsr.json", "operations": "counts/operations_dlsr.json"}
    files |= {"reference": "counts/reference_dlsr.json"}
    made = {"metrics": metrics_file(folder, "dlsr", 2, "Set5", 38.0), "complexity": complexity_file(folder)}
    return {kind: Path(path) for kind, path in made.items()} | {kind: whole / path for kind, path in files.items()}


@pytest.mark.parametrize("kind", READERS)
@fuzzed(25)
@given(st.data())
def test_readers(tmp_path_factory: Any, valid: dict[str, Path], kind: str, data: st.DataObject) -> None:
    content = valid[kind].read_bytes()
    path = tmp_path_factory.getbasetemp() / f"{kind}.json"
    path.write_bytes(data.draw(st.one_of(damaged(json.loads(content)).map(as_json), scrambled(content))))
    outcome(lambda: READERS[kind](path), path)


PUBLISHED = {
    "published.csv": published.read,
    "published_other.csv": published.read_other,
    "published_recent.csv": published.read_recent,
    "published_years.csv": published.read_years,
}


@pytest.mark.parametrize(("name", "read"), PUBLISHED.items())
@fuzzed(30)
@given(st.data())
def test_published_numbers(tmp_path_factory: Any, name: str, read: Any, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data.draw(scrambled((REPO / "data" / name).read_bytes())))
    outcome(lambda: read(path), path)


def page_or_message(finished: Path, part: str, data: st.DataObject) -> None:
    """Damage one file of a run; check that it gives a page, or one line of error."""
    path = sorted(finished.parent.glob(part))[0]
    kept = path.with_name(path.name + ".kept")
    shutil.copy(path, kept)
    content = path.read_bytes()
    changes = [scrambled(content)]
    if path.suffix == ".json":
        changes.append(damaged(json.loads(content)).map(as_json))
    path.write_bytes(data.draw(st.one_of(changes)))
    try:
        outcome(lambda: page.context(run.read(finished)))
    finally:
        kept.rename(path)


@fuzzed(8)
@given(st.sampled_from(PARTS), st.data())
def test_page(finished: Path, part: str, data: st.DataObject) -> None:
    page_or_message(finished, part, data)


@pytest.mark.thorough
@pytest.mark.parametrize("part", PARTS)
@fuzzed(2)
@given(st.data())
def test_page_with_each_part_damaged(finished: Path, part: str, data: st.DataObject) -> None:
    page_or_message(finished, part, data)
