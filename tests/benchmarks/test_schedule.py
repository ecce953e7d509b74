"""The simulated schedule: what Snakemake's dry run says, hand-made cases, and bounds that any schedule keeps."""

import json
import math
import shutil
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.schedule import Task, chains, dag, main, parse, simulate, summary, timed
from sr.core.files import ROOT

DRY_RUN = """host: here
Building DAG of jobs...
[Sun Nov 22 18:39:29 2026]
rule search:
    input: data/packed/A/hr.npy
    output: results/search/dlsr/probabilities.json, results/supernet/dlsr.safetensors
    wildcards: model=dlsr
    resources: tmpdir=/tmp, gpu=1

[Sun Nov 22 18:39:29 2026]
localrule genotype:
    input: results/search/dlsr/probabilities.json
    output: results/genotype/dlsr.json
    wildcards: model=dlsr

[Sun Nov 22 18:39:29 2026]
rule retrain:
    input: results/genotype/dlsr.json
    output: results/weights/dlsr/x2.safetensors
    wildcards: model=dlsr, scale=2

Job stats:
"""


def test_a_dry_run_is_read() -> None:
    search, genotype, retrain = parse(DRY_RUN)
    assert (search.name, search.rule, search.after) == ("search of dlsr", "search", ())
    assert (genotype.rule, genotype.after) == ("genotype", ("search of dlsr",))
    assert (retrain.name, retrain.after) == ("retraining of dlsr ×2", (genotype.name,))


def test_jobs_without_hours_only_pass_on_who_waits_for_whom() -> None:
    found = timed(parse(DRY_RUN), {"search of dlsr": 3.0, "retraining of dlsr ×2": 5.0})
    assert [(t.after, t.hours) for t in found] == [((), 3.0), (("search of dlsr",), 5.0)]


@pytest.mark.skipif(shutil.which("snakemake") is None, reason="snakemake is not installed")
def test_the_dag_is_snakemakes() -> None:
    tasks = dag(ROOT / "workflow" / "presets" / "smoke.yaml")
    hours = {"search of dlsr": 1.0, **{f"retraining of dlsr ×{scale}": 1.0 for scale in (2, 3, 4)}}
    after = {task.name: task.after for task in timed(tasks, hours)}
    assert after == {
        "search of dlsr": (),
        "retraining of dlsr ×2": ("search of dlsr",),
        # A warm start beside the genotype.
        "retraining of dlsr ×3": ("retraining of dlsr ×2", "search of dlsr"),
        "retraining of dlsr ×4": ("retraining of dlsr ×2", "search of dlsr"),
    }
    assert len(tasks) > 30


def test_a_schedule_by_hand() -> None:
    tasks = [Task("a", "search", (), 2.0), Task("b", "retrain", ("a",), 3.0), Task("c", "retrain", ("a",), 4.0)]
    tasks.append(Task("d", "search", (), 1.0))
    assert chains(tasks) == {"a": 6.0, "b": 3.0, "c": 4.0, "d": 1.0}
    two = {slot.task.name: (slot.device, slot.start, slot.end) for slot in simulate(tasks, 2)}
    assert two == {"a": (0, 0.0, 2.0), "d": (1, 0.0, 1.0), "c": (0, 2.0, 6.0), "b": (1, 2.0, 5.0)}
    assert summary(tasks, 2) == pytest.approx(
        {"devices": 2, "hours": 6.0, "device_hours": 10.0, "speedup": 10 / 6, "efficiency": 10 / 12}
    )


@st.composite
def dags(draw: st.DrawFn) -> list[Task]:
    tasks: list[Task] = []
    for number in range(draw(st.integers(1, 12))):
        after = draw(st.sets(st.sampled_from([t.name for t in tasks]))) if tasks else set()
        tasks.append(Task(f"t{number}", "search", tuple(sorted(after)), draw(st.integers(1, 9)) / 2))
    return tasks


@given(dags(), st.integers(1, 5))
@settings(deadline=None, derandomize=True)
def test_every_schedule_is_possible_and_not_worse_than_graham(tasks: list[Task], devices: int) -> None:
    slots = simulate(tasks, devices)
    at = {slot.task.name: slot for slot in slots}
    assert sorted(at) == sorted(task.name for task in tasks)
    assert len(slots) == len(tasks)
    for slot in slots:
        assert all(at[name].end <= slot.start for name in slot.task.after)
        others = [s for s in slots if s.device == slot.device and s is not slot]
        assert all(other.end <= slot.start or slot.end <= other.start for other in others)
        assert 0 <= slot.device < devices
    total, longest = sum(task.hours for task in tasks), max(chains(tasks).values())
    last = max(slot.end for slot in slots)
    assert max(total / devices, longest) <= last <= total / devices + longest * (1 - 1 / devices)
    if devices == 1:
        assert math.isclose(last, total)


def test_the_command_writes_table_and_plot(tmp_path, capsys: pytest.CaptureFixture, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.schedule.dag", lambda params: parse(DRY_RUN))
    estimate = tmp_path / "estimate.json"
    jobs = [{"job": "search of dlsr", "hours": 3}, {"job": "retraining of dlsr ×2", "hours": 5}]
    estimate.write_text(json.dumps({"preset": "paper", "jobs": jobs}))
    assert main(["--estimate", str(estimate), "--devices", "1", "2", "--out", str(tmp_path / "schedule")]) == 0
    said = capsys.readouterr().out
    assert "2 of 3 jobs need a device; the longest chain takes 8 hours" in said
    assert "efficiency  50%" in said
    assert {path.suffix for path in tmp_path.glob("schedule.*")} == {".json", ".png", ".svg", ".pdf"}
    help_of = subprocess.run([sys.executable, "-m", "benchmarks.schedule", "--help"], cwd=ROOT, capture_output=True)
    assert help_of.returncode == 0
