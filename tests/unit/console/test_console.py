"""Snakemake's events as lines for a person."""

import io
import logging
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.logging import LogEvent

from sr.console import console
from sr.console.console import Console, attach
from sr.core.config import Params


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Run:
    """A console that is told what Snakemake tells it."""

    def __init__(self, params: Params, stream: io.StringIO, *jobs: tuple[str, dict[str, str]]) -> None:
        self.jobs, self.stream = jobs, stream
        planned = [
            SimpleNamespace(rule=SimpleNamespace(name=rule), wildcards_dict=wildcards, output=["file"])
            for rule, wildcards in jobs
        ]
        planned.append(SimpleNamespace(rule=SimpleNamespace(name="all"), wildcards_dict={}, output=[]))
        self.console = Console(params.models, lambda: planned, 1, stream)
        self.tell(LogEvent.RUN_INFO)

    def tell(self, event: Any = None, level: int = logging.INFO, text: str = "", **facts: Any) -> None:
        record = logging.LogRecord("snakemake", level, "", 0, text, None, None)
        record.__dict__ |= {"event": event, **facts}
        self.console.handle(record)

    def begin(self, number: int, log: Path | None = None) -> None:
        rule, wildcards = self.jobs[number]
        facts = {"rule_name": rule, "wildcards": wildcards, "output": ["file"], "log": [str(log)] if log else []}
        self.tell(LogEvent.JOB_INFO, jobid=number, **facts)

    def finish(self, number: int) -> None:
        self.tell(LogEvent.JOB_FINISHED, job_id=number)

    def fail(self, number: int) -> None:
        self.tell(LogEvent.JOB_ERROR, logging.ERROR, jobid=number, rule_name=self.jobs[number][0])

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


SEARCH, X2, X4 = (
    ("search", {"model": "dlsr"}),
    ("retrain", {"model": "dlsr", "scale": "2"}),
    ("retrain", {"model": "dlsr", "scale": "4"}),
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return a clock whose ``now`` the test sets; the thread that tells the progress does not run."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(console.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(console.threading, "Thread", lambda **_: SimpleNamespace(start=lambda: None))
    return clock


@pytest.fixture
def run(smoke: Params, clock: SimpleNamespace) -> Run:
    return Run(smoke, io.StringIO(), SEARCH, X2, X4)


def test_one_line_a_job_with_the_time_left(run: Run, clock: SimpleNamespace, tmp_path: Path) -> None:
    assert run.lines[0].startswith("3 jobs, of which 3 search or train.")
    run.begin(0)
    clock.now = 90.0
    run.finish(0)
    assert re.fullmatch(r"\[1/3\] search dlsr +1:30   1 min 30 s so far, about .* left", run.lines[1])
    log = tmp_path / "x2.log"
    run.begin(1, log)
    log.write_text("warning: the disk is slow\nstep 2/4  loss 1  1.0 steps/s  0:02 left\n")
    clock.now = 100.0
    run.finish(1)
    assert run.lines[2] == "retrain dlsr ×2: warning: the disk is slow"
    assert run.lines[3].startswith("[2/3] retrain dlsr ×2")
    run.begin(2)
    run.finish(2)
    run.console.succeeded()
    assert run.lines[-1] == "Took 1 min 40 s for 3 jobs."


def test_targets_have_no_line(run: Run) -> None:
    run.tell(LogEvent.JOB_INFO, jobid=9, rule_name="all", wildcards={}, output=[], log=[])
    run.tell(LogEvent.JOB_FINISHED, job_id=9)
    assert len(run.lines) == 1


def test_snakemakes_reasons_are_not_repeated(run: Run) -> None:
    for text in ("Select jobs to execute...", "Building DAG of jobs...", "Complete log(s): somewhere"):
        run.tell(text=text)
    assert len(run.lines) == 1
    run.tell(level=logging.WARNING, text="the file system has no space")
    run.tell(text="Nothing to be done (all requested files are present).")
    assert run.lines[1:] == ["the file system has no space", "Nothing to be done: every result is up to date."]


def test_a_failure_is_the_jobs_one_line(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "search.log"
    log.write_text("step 1/2  loss 1\nerror: out of memory. Lower search.batch\n")
    run.begin(0, log)
    run.tell(level=logging.ERROR, text="RuleException:\nCalledProcessError in file ...\n" * 20)
    run.fail(0)
    run.tell(level=logging.ERROR, text="At least one job did not complete successfully.")
    run.console.failed()
    assert run.lines[1:] == [
        "search dlsr: error: out of memory. Lower search.batch",
        f"  The whole log: {log}",
        "1 job failed. Ended after 0 min 0 s with 0 of 3 jobs done. The same command goes on from there.",
    ]


def test_a_failure_without_an_error_in_the_log_has_snakemakes_words(run: Run, tmp_path: Path) -> None:
    run.begin(0, tmp_path / "search.log")
    run.tell(level=logging.ERROR, text="MissingOutputException: results/search/dlsr")
    run.fail(0)
    assert run.lines[1] == "search dlsr: MissingOutputException: results/search/dlsr"


def test_an_error_before_any_job_is_shown(run: Run) -> None:
    run.tell(level=logging.ERROR, text="LockException: Directory cannot be locked")
    assert run.lines[1] == "LockException: Directory cannot be locked"


def test_after_ctrl_c_the_stopped_job_has_the_last_word(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "x2.log"
    run.begin(1, log)
    log.write_text("step 1/4\nerror: SIGINT: stopped after step 3. The same command resumes from there\n")
    run.console.failed()
    assert run.lines[1] == "retrain dlsr ×2: error: SIGINT: stopped after step 3. The same command resumes from there"
    assert "0 of 3 jobs done" in run.lines[2]


def test_time_left_is_learnt_from_the_running_job(run: Run, clock: SimpleNamespace, tmp_path: Path) -> None:
    """Of a training at x4 that has as many LR pixels as x2 in as many steps: twice the time that x2 will have taken."""
    log = tmp_path / "x2.log"
    run.begin(0)
    run.finish(0)
    run.begin(1, log)
    assert run.console._left() == 0  # the search took no time, and nothing else is known
    clock.now = 30.0
    log.write_text("step 1/4  loss 1  1.0 steps/s  1:30 left\n")
    x2, x4 = (console.Job(*job).work(run.console._models) for job in (X2, X4))
    assert run.console._left() == pytest.approx(90 + 120 * x4 / x2)


def test_on_a_terminal_progress_replaces_itself(smoke: Params, clock: SimpleNamespace) -> None:
    run = Run(smoke, Terminal(), SEARCH)
    run.begin(0)
    run.console._print("running", passing=True)
    run.finish(0)
    text = run.stream.getvalue()
    assert f"{console.ERASE}running{console.ERASE}[1/1] search dlsr" in text
    assert text.endswith("\n")


def test_the_summary_is_shown_if_this_run_made_the_page(
    smoke: Params, clock: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    summary = tmp_path / console.SUMMARY
    summary.parent.mkdir(parents=True)
    summary.write_text("DLSR gains\n")
    for jobs, shown in (((("page", {}),), True), ((("table", {}),), False)):
        run = Run(smoke, io.StringIO(), *jobs)
        run.begin(0)
        run.finish(0)
        run.console.succeeded()
        assert ("DLSR gains" in run.lines) == shown


@pytest.mark.parametrize("option", ["verbose", "printshellcmds", "dryrun", "quiet", "debug_dag", None])
def test_snakemakes_own_text_comes_back_on_request(smoke: Params, option: str | None) -> None:
    logger = logging.Logger("snakemake")
    theirs = logging.StreamHandler(io.StringIO())
    theirs.name = "DefaultStreamHandler"
    logger.addHandler(theirs)
    wanted = dict.fromkeys(("verbose", "printshellcmds", "dryrun", "quiet", "debug_dag"), False)
    settings = SimpleNamespace(**wanted | ({option: True} if option else {}))
    workflow = SimpleNamespace(
        logger_manager=SimpleNamespace(logger=logger, settings=settings),
        is_main_process=True,
        resource_settings=SimpleNamespace(cores=2),
    )
    attached = attach(workflow, smoke.models)
    assert (attached is None) == bool(option)
    assert logger.handlers == ([theirs] if option else [attached])
    workflow.is_main_process = False
    assert attach(workflow, smoke.models) is None
