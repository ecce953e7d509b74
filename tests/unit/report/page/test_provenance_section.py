"""What the page shows besides the tables: choices, costs, jobs, provenance, and the gain over bicubic."""

import dataclasses
import re
from pathlib import Path

import pytest

from sr.core.files import read_json
from sr.core.provenance import Record
from sr.report.page import provenance_section as section
from sr.report.run import reader as run
from sr.report.run.reader import FinishedRun
from tests.helpers.runs import CHOICES, change_json, digest_of, drop, write_run


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    return run.read(write_run(tmp_path_factory.mktemp("run")))


def with_record(given: FinishedRun, key: str, **facts) -> FinishedRun:
    """Return the run with other facts in one record."""
    return dataclasses.replace(given, records={**given.records, key: _changed(given.records[key], facts)})


def _changed(record: Record, facts: dict) -> Record:
    return Record.model_validate(record.model_dump() | facts)


class TestChoices:
    """How clear a search was."""

    def test_rows_say_what_the_genotype_says(self, given):
        rows = {row["choice"]: row for row in section.choices(given, "dlsr")}
        assert list(rows) == list(CHOICES["dlsr"])
        entry = read_json(given.root / "results/genotype/dlsr.json")["evidence"]["alpha_1"]
        ranked = sorted(entry["probabilities"].items(), key=lambda item: -item[1])
        row = rows["alpha_1"]
        assert row["chosen"] == f"{ranked[0][0]} ({ranked[0][1]:.3f})"
        assert row["second"] == f"{ranked[1][0]} ({ranked[1][1]:.3f})"
        assert row["margin"] == f"{entry['margin']:.4f}"
        assert 0 < float(row["entropy"].removesuffix(" %")) < 100

    def test_uniform_is_all_of_the_entropy(self, tmp_path, given):
        chances = {"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25}
        entry = {"kept": ["a", "c"], "margin": 0.0, "entropy": 1.3862943611198906, "probabilities": chances}
        sure = {"kept": ["a"], "margin": 1.0, "entropy": 0.0, "probabilities": {"a": 1.0}}
        path = write_run(tmp_path)
        change_json(tmp_path / "results/genotype/dlsr.json", lambda g: g.update(evidence={"x": entry, "y": sure}))
        first, second = section.choices(run.read(path), "dlsr")
        assert (first["entropy"], first["chosen"], first["second"]) == ("100.0 %", "a (0.250), c (0.250)", "b (0.250)")
        assert (second["entropy"], second["second"]) == ("0.0 %", "–")

    def test_no_genotype(self, given):
        assert section.choices(given, "dlsr_s") == []


class TestCosts:
    """Time, steps, device and energy of searches and trainings."""

    def test_one_row_a_job_in_the_order_of_the_models(self, given):
        rows = section.costs(given)
        trainings = sum(len(model.scales) for model in given.models.values())
        assert len(rows) == trainings + 7
        assert [f"{row['job']} {row['scale']}" for row in rows[:4]] == [
            "search of dlsr ×2",
            *(f"retraining of dlsr ×{scale}" for scale in (2, 3, 4)),
        ]
        places = list(given.models)
        order = [places.index(row["model"]) for row in rows]
        assert order == sorted(order)

    def test_a_row(self, given):
        row = section.costs(given)[0]
        assert (row["time"], row["seconds"], row["device"]) == ("0:01:16", 75.5, "AMD EPYC, 1 thread")
        assert row["steps"] == f"{given.params.model('dlsr').search.steps:,}"
        assert (row["energy"], row["meter"]) == ("not measured by this machine", "")

    def test_a_gpu_with_a_meter(self, given):
        machine = {"system": "Linux", "processor": "AMD EPYC", "threads": 4, "gpu": "Some GPU"}
        facts = {"device": "cuda:0", "machine": machine, "energy": {"joules": 5400.0, "source": "the GPU's counter"}}
        row = section.costs(with_record(given, "search/dlsr", **facts))[0]
        assert (row["device"], row["energy"], row["meter"]) == ("Some GPU", "1.50 Wh", "the GPU's counter")
        row = section.costs(with_record(given, "search/dlsr", machine=machine))[0]
        assert row["device"] == "AMD EPYC, 4 threads"

    @pytest.mark.parametrize(
        ("seconds", "text"), [(0, "0:00:00"), (59.6, "0:01:00"), (3599.4, "0:59:59"), (360000, "100:00:00")]
    )
    def test_clock(self, seconds, text):
        assert section.clock(seconds) == text


class TestProvenance:
    """How everything was made."""

    def test_jobs(self, given):
        rows = {row["job"]: row for row in section.jobs(given)}
        assert set(rows) == set(given.records)
        row = rows["search/dlsr"]
        assert (row["time"], row["commit"]) == ("75.5 s", "0123456789")
        assert row["command"] == "python -m sr search --model dlsr"

    @pytest.mark.parametrize(
        ("git", "text"),
        [
            ({"commit": "a" * 40, "dirty": True}, "aaaaaaaaaa, with uncommitted changes"),
            ({"commit": None, "dirty": None}, "not a git repository"),
        ],
    )
    def test_commits(self, given, git, text):
        other = with_record(given, "search/dlsr", git=git)
        assert {row["job"]: row for row in section.jobs(other)}["search/dlsr"]["commit"] == text
        lines = dict(section.provenance(other))["Commit"]
        assert sorted(lines) == sorted([f"{text} (1 jobs)", f"0123456789 ({len(given.records) - 1} jobs)"])

    def test_all_in_one(self, given):
        found = dict(section.provenance(given))
        assert list(found) == ["Commit", "Parameters", "Seed", "Data", "Software", "Hardware", "Time"]
        assert found["Commit"] == ["0123456789"]
        assert found["Seed"] == ["0, for all models that are not listed here", "dlsr_seed1: 1", "dlsr_seed2: 2"]
        assert found["Hardware"] == ["Linux, AMD EPYC"]
        assert found["Software"] == ["python 3.11.7, torch 2.13.0"]
        assert found["Data"][0] == f"EmbeddedTest: 3 images, digest {digest_of('EmbeddedTest')}, CC0"
        (line,) = found["Parameters"]
        assert re.fullmatch(r"preset demo, SHA-256 of the values [0-9a-f]{64}", line)
        count = len(given.records)
        assert found["Time"] == [
            "2026-01-02T03:04:05+00:00 to 2026-01-02T03:04:05+00:00",
            f"{count} jobs, {section.clock(75.5 * count)} in all",
        ]

    def test_other_parameters_are_reported_but_for_the_papers_own(self, given):
        other = {"preset": "demo", "seed": 0, "digest": "0" * 64}
        lines = dict(section.provenance(with_record(given, "search/dlsr", params=other)))["Parameters"]
        assert lines[1].startswith(f"1 of {len(given.records)} jobs read another version of params.yaml")
        record = given.records["fetch/Set5"]
        counted = dataclasses.replace(
            given, records={**given.records, "count/reference_dlsr": _changed(record, {"params": other})}
        )
        assert len(dict(section.provenance(counted))["Parameters"]) == 1

    def test_a_folder_without_records_and_manifests(self, tmp_path: Path):
        path = write_run(tmp_path)
        drop(tmp_path, "records")
        (tmp_path / "data/manifests/Set5.json").unlink()
        bare = run.read(path)
        found = dict(section.provenance(bare))
        assert (found["Commit"], found["Time"], found["Software"]) == ([], [], [])
        assert "Set5: no manifest" in found["Data"]
        assert (section.jobs(bare), section.costs(bare)) == ([], [])
