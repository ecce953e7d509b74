"""Faults in a finished run: the documented commands must restore every file byte for byte."""

import contextlib
import os
import random
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.faults import Row, Running, cached, differences, files, forget, overwrite, processes, until
from tests.helpers.repository import REPO
from tests.helpers.workspace import Workspace, duplicate, fresh, jobs

pytestmark = pytest.mark.pipeline

RUN = "snakemake --cores 1 all"
UNLOCK = "snakemake --unlock"
# For a run that was recorded: git has the small files, DVC's cache the large ones.
RESTORE = ("git checkout -- dvc.lock results data/manifests .snakemake/metadata", "dvc checkout --force", RUN)
WEIGHTS = "results/weights/dlsr/x4.safetensors"
TRAINED = (WEIGHTS, "results/retrain/dlsr/x4.csv", "results/records/retrain/dlsr_x4.json")
PIXELS = "data/packed/EmbeddedTest/x4.npy"
METRICS = "results/evaluate/dlsr/x4_EmbeddedTest.json"
GARBAGE = bytes(range(256)) * 8
SAME = "same bytes"
KILLS = 25
# Files with the time of the search, which every run measures anew.
TIMED = re.compile(r"results/tables/dlsr_table4\.|results/report/tables\.tex$")


@dataclass(frozen=True)
class Fault:
    """A fault, the commands that notice it, and its repair."""

    name: str
    cause: Callable[[Workspace], None]
    commands: tuple[str, ...]
    # Of the three commands that look at a run.
    noticed: tuple[str, ...] = ()
    # Jobs that the repair runs.
    jobs: dict[str, int] = field(default_factory=dict)


def noticed(workspace: Workspace) -> tuple[str, ...]:
    """Return which commands see that something is wrong."""
    plan = workspace.run("snakemake", "-n", "all")
    found = []
    if "Nothing to be done" not in plan or "corrupted" in plan:
        found.append("snakemake -n")
    if "Data and pipelines are up to date" not in workspace.run("dvc", "status"):
        found.append("dvc status")
    if workspace.run("git", "status", "--porcelain"):
        found.append("git status")
    return tuple(found)


def repair(workspace: Workspace, commands: tuple[str, ...]) -> tuple[str, float]:
    """Run commands as documented; return what they printed and how long they took."""
    start = time.monotonic()
    output = "".join(workspace.run(*shlex.split(command)) for command in commands)
    return output, time.monotonic() - start


@pytest.fixture(scope="module")
def expected(smoke_record: Workspace) -> dict[str, bytes]:
    """Return the final files of the undisturbed run."""
    found = files(smoke_record)
    assert {WEIGHTS, PIXELS, METRICS, "results/tables/dlsr_table2.tex"} <= set(found)
    return found


@pytest.fixture(scope="module")
def shelf() -> list[Workspace]:
    """Return the repaired run that the next case uses, if any."""
    return []


@pytest.fixture
def workspace(
    shelf: list[Workspace], smoke_record: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    """Return a recorded run: the last case's if it was repaired, else a new copy."""
    workspace = shelf.pop() if shelf else duplicate(smoke_record, tmp_path_factory.mktemp("faults"))
    yield workspace
    for process in processes(workspace):
        os.kill(process, 9)


@pytest.fixture
def give_back(
    shelf: list[Workspace], expected: dict[str, bytes], fault_table: list[Row]
) -> Callable[[Workspace, Row], None]:
    """Return a function that ends a case: compare all bytes, add a row to the table, keep the run for the next case."""

    def check(workspace: Workspace, row: Row) -> None:
        assert differences(workspace, expected) == []
        fault_table.append(row)
        shelf.append(workspace)

    return check


def truncate_weights(workspace: Workspace) -> None:
    path = workspace.path / WEIGHTS
    path.write_bytes(path.read_bytes()[:1000])


def spoil_pixels(workspace: Workspace) -> None:
    (workspace.path / PIXELS).write_bytes(GARBAGE)


def truncate_genotype(workspace: Workspace) -> None:
    """Truncate it and run: the job that reads it fails with a message."""
    os.truncate(workspace.path / "results/genotype/dlsr.json", 50)
    output = workspace.run(*shlex.split(RUN), code=1)
    assert "results/genotype/dlsr.json: not a JSON document" in output


def forge_metrics(workspace: Workspace) -> None:
    """Change a number and run: both tools accept it, the tables print it, and dvc.lock records them."""
    text = (workspace.path / METRICS).read_text()
    (workspace.path / METRICS).write_text(re.sub(r'("psnr": )\d+', r"\g<1>99", text, count=1))
    before = files(workspace, "results/tables")
    assert jobs(workspace.run("dvc", "repro"))["table"] >= 1
    assert files(workspace, "results/tables") != before


def delete_weights(workspace: Workspace) -> None:
    (workspace.path / WEIGHTS).unlink()


def edit_table(workspace: Workspace) -> None:
    path = workspace.path / "results/tables/dlsr_table2.csv"
    path.write_bytes(path.read_bytes()[:-30])


def spoil_provenance(workspace: Workspace) -> None:
    next((workspace.path / ".snakemake" / "metadata").iterdir()).write_text('{"code": ')


def spoil_cache(workspace: Workspace) -> None:
    overwrite(cached(workspace, "x4.safetensors"), GARBAGE)
    assert "1 wrong objects" in workspace.run("python", "workflow/check_cache.py", code=1)


def spoil_cache_and_use_it(workspace: Workspace) -> None:
    """`dvc checkout` does not check the object."""
    store = workspace.path.parent / "shelf"
    workspace.run("dvc", "remote", "add", "--local", "--force", "--default", "shelf", str(store))
    workspace.run("dvc", "push")
    overwrite(cached(workspace, "x4.safetensors"), GARBAGE)
    (workspace.path / WEIGHTS).unlink()
    workspace.run("dvc", "checkout")
    assert (workspace.path / WEIGHTS).read_bytes() == GARBAGE


def spoil_weights_without_cache(workspace: Workspace) -> None:
    """Delete all that recording the run added, then damage the weights."""
    workspace.run("rm", "-rf", ".dvc/cache", "dvc.lock")
    (workspace.path / WEIGHTS).write_bytes(GARBAGE)


CASES = [
    Fault("weights truncated", truncate_weights, RESTORE, ("snakemake -n", "dvc status")),
    Fault("packed images overwritten with garbage", spoil_pixels, RESTORE, ("snakemake -n", "dvc status")),
    Fault(
        "searched genotype truncated, then `snakemake all`",
        truncate_genotype,
        RESTORE,
        ("snakemake -n", "dvc status", "git status"),
    ),
    Fault(
        "a PSNR changed by hand in a metrics file, then `dvc repro`",
        forge_metrics,
        RESTORE,
        ("git status",),
    ),
    Fault("an intermediate file deleted (weights)", delete_weights, RESTORE, ("dvc status",)),
    Fault("a table edited by hand", edit_table, RESTORE, ("snakemake -n", "dvc status", "git status")),
    Fault("a record in .snakemake/metadata truncated", spoil_provenance, RESTORE, ("snakemake -n", "git status")),
    Fault(
        "a wrong object in DVC's cache, the run itself intact",
        spoil_cache,
        ("python workflow/check_cache.py --delete", "dvc repro"),
    ),
    Fault(
        "a wrong object in DVC's cache, brought into the run by `dvc checkout`",
        spoil_cache_and_use_it,
        (
            "python workflow/check_cache.py --delete",
            "dvc fetch",
            "rm -r results/weights/dlsr",
            "dvc checkout --force",
            RUN,
        ),
        ("snakemake -n",),
    ),
    Fault(
        "weights overwritten with garbage in a run that was never recorded",
        spoil_weights_without_cache,
        (f"rm {WEIGHTS}", f"snakemake --cores 1 {WEIGHTS}", RUN),
        ("snakemake -n", "dvc status", "git status"),
        {"retrain": 1, "page": 1},
    ),
]


def cases() -> list[Any]:
    """Return the faults; `make test` runs one that damages the run, and one that damages the cache."""
    quick = (truncate_weights, spoil_cache)
    marks = {fault.name: [] if fault.cause in quick else [pytest.mark.thorough] for fault in CASES}
    return [pytest.param(fault, id=fault.name, marks=marks[fault.name]) for fault in CASES]


@pytest.mark.parametrize("fault", cases())
def test_damaged_files_come_back(
    workspace: Workspace, fault: Fault, give_back: Callable[[Workspace, Row], None], shelf: list[Workspace]
) -> None:
    fault.cause(workspace)
    assert noticed(workspace) == fault.noticed
    output, seconds = repair(workspace, fault.commands)
    assert jobs(output) == fault.jobs
    if not fault.jobs:
        assert "Nothing to be done" in output
        assert "Data and pipelines are up to date" in workspace.run("dvc", "status")
        assert workspace.run("git", "status", "--porcelain") == ""
        assert "0 wrong objects" in workspace.run("python", "workflow/check_cache.py")
    give_back(workspace, Row(fault.name, ", ".join(fault.noticed) or "none", fault.commands, SAME, seconds))
    if fault.jobs:
        shelf.clear()


def half_written(workspace: Workspace, expected: dict[str, bytes]) -> list[str]:
    """Return the final files that exist with wrong content."""
    return [name for name in differences(workspace, expected) if (workspace.path / name).exists()]


def refused(workspace: Workspace) -> None:
    """Check that Snakemake does not start while another runs, or after one was killed."""
    output = workspace.run(*shlex.split(RUN), code=1)
    assert "cannot be locked" in output
    assert "--unlock" in output


def assert_temporary_files_are_ignored(workspace: Workspace, output: str) -> None:
    """Check that a killed job left a temporary file beside ``output``, which DVC and git do not report."""
    path = workspace.path / output
    temporary = [found.name for found in path.parent.glob(f".{path.stem}*")]
    assert temporary
    status = workspace.run("dvc", "status", code=None) + workspace.run("git", "status", "--porcelain")
    assert [name for name in temporary if name in status] == []


@pytest.mark.thorough
def test_power_loss_in_training_and_as_weights_are_written(
    workspace: Workspace, expected: dict[str, bytes], give_back: Callable[[Workspace, Row], None]
) -> None:
    forget(workspace, *TRAINED, METRICS, "results/tables")
    for point in ("step", WEIGHTS):
        Running(workspace, "retrain", point).kill_all()
        assert half_written(workspace, expected) == []
        assert not (workspace.path / WEIGHTS).exists()
        refused(workspace)
        workspace.run(*shlex.split(UNLOCK))
    output, seconds = repair(workspace, (RUN,))
    assert jobs(output)["retrain"] == 1
    assert "Nothing to be done" in workspace.run("snakemake", "-n", "all")
    assert_temporary_files_are_ignored(workspace, WEIGHTS)
    give_back(
        workspace,
        Row(
            "Snakemake and its job killed in training, and again as weights were written",
            "snakemake: cannot be locked",
            (UNLOCK, RUN),
            f"nothing half-written; {SAME}",
            seconds,
        ),
    )


@pytest.mark.thorough
def test_snakemake_killed_alone_in_training(
    workspace: Workspace, expected: dict[str, bytes], give_back: Callable[[Workspace, Row], None]
) -> None:
    forget(workspace, *TRAINED, METRICS, "results/tables")
    running = Running(workspace, "retrain", "step")
    running.kill_snakemake()
    refused(workspace)
    assert half_written(workspace, expected) == []
    running.resume()
    # Documented: wait for the job that goes on by itself, or kill it.
    until(lambda: not processes(workspace))
    assert half_written(workspace, expected) == []
    output, seconds = repair(workspace, (UNLOCK, RUN))
    assert jobs(output)["retrain"] == 1
    give_back(
        workspace,
        Row(
            "Snakemake alone killed in training; its job goes on and ends",
            "snakemake: cannot be locked",
            (UNLOCK, RUN),
            f"the job is run again; {SAME}",
            seconds,
        ),
    )


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("verb", "lost", "output"),
    [
        ("evaluate", (METRICS, "results/tables"), METRICS),
        ("table", ("results/tables",), "results/tables/dlsr_table2.html"),
    ],
)
def test_power_loss_as_a_result_is_written(
    workspace: Workspace,
    expected: dict[str, bytes],
    give_back: Callable[[Workspace, Row], None],
    verb: str,
    lost: tuple[str, ...],
    output: str,
) -> None:
    forget(workspace, *lost)
    Running(workspace, verb, output).kill_all()
    assert half_written(workspace, expected) == []
    refused(workspace)
    printed, seconds = repair(workspace, (UNLOCK, RUN))
    assert jobs(printed)[verb] >= 1
    assert_temporary_files_are_ignored(workspace, output)
    row = (f"Snakemake and its job killed as `{verb}` wrote its result", "snakemake: cannot be locked", (UNLOCK, RUN))
    give_back(workspace, Row(*row, f"nothing half-written; {SAME}", seconds))


@pytest.mark.thorough
def test_two_at_once(workspace: Workspace, give_back: Callable[[Workspace, Row], None]) -> None:
    """A second Snakemake and a `dvc repro` are refused, and the first finishes as if alone."""
    forget(workspace, "results/tables/dlsr_table1.html")
    start = time.monotonic()
    running = Running(workspace, "table", "/dlsr_table1.html")
    refused(workspace)
    assert "failed to reproduce 'report'" in workspace.run("dvc", "repro", "--single-item", "report", code=255)
    running.resume()
    assert running.process.wait(300) == 0, running.log.read_text()
    assert "Nothing to be done" in workspace.run("snakemake", "-n", "all")
    row = ("a second Snakemake, and a `dvc repro`, while one runs", "snakemake: cannot be locked")
    give_back(workspace, Row(*row, ("(wait for the first)",), f"both refused; {SAME}", time.monotonic() - start))


@pytest.mark.thorough
def test_full_disk(
    workspace: Workspace, expected: dict[str, bytes], give_back: Callable[[Workspace, Row], None]
) -> None:
    """Mount a file system of 8 KB over results/tables, in a mount namespace that ends with the command."""
    forget(workspace, "results/tables")
    own = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    mount = "mount -t tmpfs -o size=8k full results/tables"
    if subprocess.run([*own, "sh", "-c", mount], cwd=workspace.path, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a file system")
    script = f"{mount} && {{ {RUN}; code=$?; echo left: $(ls -A results/tables); exit $code; }}"
    output = workspace.run(*own, "sh", "-c", script, code=1)
    assert "No space left on device" in output
    assert re.search(r"^left:$", output, re.M), output[-500:]
    assert half_written(workspace, expected) == []
    _, seconds = repair(workspace, (RUN,))
    row = ("disk full as a table is written", "the job: No space left on device", (RUN,))
    give_back(workspace, Row(*row, f"nothing half-written; {SAME}", seconds))


@pytest.mark.thorough
def test_parameters_edited_in_training(workspace: Workspace, give_back: Callable[[Workspace, Row], None]) -> None:
    """The run's jobs keep the values with which it started, and its end says that the file has others."""
    forget(workspace, *TRAINED, METRICS, "results/tables")
    text = (workspace.path / "params.yaml").read_text()
    running = Running(workspace, "retrain", "step")
    workspace.edit("params.yaml", "seed: 0", "seed: 1")
    running.resume()
    assert running.process.wait(300) == 1
    assert "params.yaml: edited during the run" in running.log.read_text()
    (workspace.path / "params.yaml").write_text(text)
    output, seconds = repair(workspace, (RUN,))
    assert jobs(output) == {}
    row = ("params.yaml edited while a network trains, and edited back", "the run: edited during the run", (RUN,))
    give_back(workspace, Row(*row, f"no job saw the edit; {SAME}", seconds))


@pytest.mark.thorough
def test_random_kills(expected: dict[str, bytes], fault_table: list[Row], tmp_path: Path) -> None:
    """Kill a whole run again and again, Snakemake and its jobs at once, wherever it is."""
    workspace = fresh(tmp_path / "repository")
    moments = random.Random(0)
    start = time.monotonic()
    for _ in range(KILLS):
        process = subprocess.Popen(
            shlex.split(RUN), cwd=workspace.path, env=workspace.environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(moments.uniform(2, 9))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        until(lambda: not processes(workspace))
        assert [name for name in half_written(workspace, expected) if not TIMED.match(name)] == []
        workspace.run(*shlex.split(UNLOCK))
    workspace.run(*shlex.split(RUN))
    assert [name for name in differences(workspace, expected) if not TIMED.match(name)] == []
    row = (f"Snakemake and its job killed {KILLS} times at random", "snakemake: cannot be locked", (UNLOCK, RUN))
    fault_table.append(Row(*row, f"nothing half-written; {SAME}", time.monotonic() - start))


@pytest.mark.skipif("FAULTS_TABLE" in os.environ, reason="the page is being made")
def test_page_lists_these_faults_and_commands() -> None:
    """docs/faults.md is made by `make test-faults`."""
    page = (REPO / "docs" / "faults.md").read_text()
    for fault in CASES:
        row = Row(fault.name, ", ".join(fault.noticed) or "none", fault.commands, SAME, 0)
        assert str(row).rpartition("| ")[0].rpartition("|")[0] in page
    pipeline = (REPO / "docs" / "pipeline.md").read_text()
    for command in {command for fault in CASES for command in fault.commands} | {UNLOCK}:
        assert command.replace(WEIGHTS, "FILE") in pipeline, command
