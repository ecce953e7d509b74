"""The pipeline on a real Slurm of one node: identical results, few submissions, resumed trainings."""

import os
import re
import signal
from pathlib import Path

import pytest

from tests.cluster.conftest import STEPS, WEIGHTS, Cluster
from tests.cluster.slurm import OneNode, missing
from tests.helpers.workspace import Workspace, duplicate, jobs

pytestmark = pytest.mark.pipeline

# What a run makes that says nothing of when and how it was made. Table 4 prints the hours of the search; the page, all.
SAME = ("weights/*/*", "supernet/*", "genotype/*", "search/*/probabilities.json", "evaluate/*/*", "counts/*")
SAME += ("metrics.json", "tables/*", "figures/*.png", "panels/*")
TIMED = "dlsr_table4"


def results(workspace: Workspace | Cluster) -> dict[str, bytes]:
    """Return the files of a run that must not depend on where it ran."""
    root = workspace.path / "results"
    files = [path for pattern in SAME for path in root.glob(pattern)]
    return {str(path.relative_to(root)): path.read_bytes() for path in files if path.stem != TIMED}


def test_results_are_those_of_a_local_run(whole: Cluster, smoke_run: Workspace) -> None:
    here, there = results(smoke_run), results(whole)
    assert len(here) > 30
    assert set(there) == set(here)
    assert [name for name in here if there[name] != here[name]] == []


def test_few_submissions_make_the_whole_run(whole: Cluster) -> None:
    """Groups take the short jobs; a search and a training have each a job of their own."""
    submitted = whole.jobs()
    assert {job["state"] for job in submitted} == {"COMPLETED"}
    kinds = sorted(re.sub(r"_(wildcards|reference|latex|degrade).*", "", job["rule"]) for job in submitted)
    assert kinds == ["rule_data"] * 2 + ["rule_measure", "rule_report"] + ["rule_retrain"] * 3 + ["rule_search"]
    assert {job["cpus"] for job in submitted} == {"1"}


def test_without_a_gpu_in_the_parameters_none_is_asked_for(whole: Cluster) -> None:
    assert {(job["partition"], job["gpus"]) for job in whole.jobs()} == {("cpu", "N/A")}


def test_afterwards_nothing_is_to_be_done_on_any_machine(whole: Cluster) -> None:
    """The login node records jobs as a local run does: by content, whatever the files' times."""
    for age, path in enumerate(sorted((whole.path / "data").rglob("*"), reverse=True)):
        os.utime(path, (1_700_000_000 + age, 1_700_000_000 + age))
    assert "Nothing to be done" in whole.workspace.run("snakemake", "-n", "all")
    assert "Nothing to be done" in whole.snakemake("-n", "all")


def test_afterwards_dvc_records_the_run_without_a_job(whole: Cluster) -> None:
    output = whole.workspace.run("dvc", "repro")
    assert jobs(output) == {}
    assert output.count("Nothing to be done") == 5
    assert "Data and pipelines are up to date" in whole.workspace.run("dvc", "status")


def test_a_gpu_is_asked_for_where_the_parameters_allow_one(
    slurm: OneNode, smoke_run: Workspace, tmp_path: Path
) -> None:
    cluster = Cluster(duplicate(smoke_run, tmp_path), slurm)
    cluster.workspace.edit("params.yaml", "device: cpu", "device: auto")
    cluster.snakemake("--forcerun", "search", "--", "results/search/dlsr/probabilities.json")
    (job,) = cluster.jobs()
    assert (job["state"], job["partition"], job["gpus"]) == ("COMPLETED", "gpu", "gres:gpu:1")


def test_a_cancelled_training_goes_on_with_more_memory_and_time(training: Cluster) -> None:
    """Slurm's SIGTERM comes long before the first state by the clock, so the job itself must save."""
    snakemake = training.begin(WEIGHTS)
    training.slurm.call("scancel", training.jobs()[0]["id"])
    assert snakemake.wait() == 0, training.output()
    first, second = training.jobs()
    assert (first["state"], first["memory"], first["limit"]) == ("CANCELLED", "16000M", "12:00:00")
    assert (second["state"], second["memory"], second["limit"]) == ("COMPLETED", "32000M", "1-00:00:00")
    assert_resumed(training)
    assert_same_as_undisturbed(training)


def test_a_job_that_is_over_its_memory_gets_more(training: Cluster) -> None:
    """Real memory, looked at by Slurm: too little for PyTorch and Snakemake at first."""
    training.snakemake("--set-resources", "retrain:mem_mb=300*attempt", "--", WEIGHTS)
    first, *others = training.jobs()
    assert (first["state"], first["memory"]) == ("FAILED", "300M")
    assert (others[-1]["state"], others[-1]["memory"]) == ("COMPLETED", f"{300 * (1 + len(others))}M")


def test_after_ctrl_c_the_same_command_goes_on(training: Cluster) -> None:
    snakemake = training.begin(WEIGHTS)
    os.killpg(snakemake.pid, signal.SIGINT)
    assert snakemake.wait() == 1, training.output()
    assert training.slurm.idle()
    training.snakemake(WEIGHTS)
    assert_resumed(training)


def test_after_a_kill_of_snakemake_the_training_goes_on(training: Cluster) -> None:
    """As docs/scaling.md says: end its jobs by the name of the run, unlock, run again."""
    snakemake = training.begin(WEIGHTS)
    os.killpg(snakemake.pid, signal.SIGKILL)
    snakemake.wait()
    (name,) = re.findall(r"SLURM run ID: (\S+)", training.output())
    assert [job["state"] for job in training.jobs()] == ["RUNNING"]
    training.slurm.call("scancel", "--me", "--name", name)
    assert training.slurm.idle()
    training.snakemake("--unlock", WEIGHTS)
    training.snakemake(WEIGHTS)
    assert_resumed(training)


def assert_resumed(training: Cluster) -> None:
    """Look for two jobs, the second of which began where the first one was cancelled."""
    assert [job["state"] for job in training.jobs()] == ["CANCELLED", "COMPLETED"]
    assert "resumed at step " in training.log()


def assert_same_as_undisturbed(training: Cluster) -> None:
    """Train again without Slurm, and compare the weights."""
    resumed = (training.path / WEIGHTS).read_bytes()
    training.workspace.run("snakemake", "--cores", "1", "--forcerun", "retrain", "--", WEIGHTS)
    assert "resumed" not in training.log()
    assert f"step {STEPS}/{STEPS} " in training.log()
    assert (training.path / WEIGHTS).read_bytes() == resumed


def test_a_machine_with_a_slurm_of_its_own_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = tmp_path / "slurm.conf"
    monkeypatch.setattr("tests.cluster.slurm.SYSTEM", system)
    assert "of its own" not in missing()
    system.touch()
    assert "of its own" in missing()


def test_nothing_is_left_when_it_cannot_start(slurm: OneNode) -> None:
    broken = OneNode(memory="as much as there is")
    with pytest.raises(AssertionError, match="RealMemory"), broken:
        pass
    assert broken.daemons == {}
    assert not broken.base.exists()
