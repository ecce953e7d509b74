"""What `snakemake --cores 1 all` prints for a person: a line a job, the time left, warnings, and what came out.

Snakemake's own text, which says why each job runs and from which files, goes to its log in .snakemake/log. With -p,
--verbose, --quiet or -n Snakemake prints as ever.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from sr.console.job import Job, Models, Rates
from sr.core.progress import clock, duration

SUMMARY = Path("results/report/summary.txt")
# Seconds without a new line after which one shows the progress: on a terminal, where it replaces itself, and in a file.
TERMINAL, FILE = 1.0, 60.0
# Beginnings of lines of a job that are worth a line here.
SHOWN = ("warning: ", "resumed at ")
NOTHING = "Nothing to be done"
ERASE = "\r\033[K"


def attach(workflow: Any, models: Models) -> "Console | None":
    """Take the place of Snakemake's lines on the terminal; return None if its own lines are asked for.

    ``workflow`` is the object that Snakemake gives to a Snakefile.
    """
    logger, settings = workflow.logger_manager.logger, workflow.logger_manager.settings
    default = next((handler for handler in logger.handlers if handler.name == "DefaultStreamHandler"), None)
    raw = settings.verbose or settings.printshellcmds or settings.dryrun or settings.quiet or settings.debug_dag
    # A job on a cluster is a Snakemake of its own, whose log should have everything.
    if raw or default is None or not workflow.is_main_process:
        return None
    console = Console(
        models, lambda: workflow.dag.needrun_jobs(), workflow.resource_settings.cores or 1, default.stream
    )
    logger.removeHandler(default)
    logger.addHandler(console)
    return console


class Console(logging.Handler):
    """Handler of Snakemake's events that prints lines for a person to ``stream``.

    ``planned`` returns Snakemake's jobs that are still to run.
    """

    def __init__(self, models: Models, planned: Callable[[], Any], cores: int, stream: TextIO) -> None:
        super().__init__()
        self._models, self._planned, self._cores, self._stream = models, planned, cores, stream
        self._terminal = stream.isatty()
        self._start = self._shown = time.monotonic()
        self._waiting: list[Job] = []
        self._running: dict[int, tuple[Job, float]] = {}
        self._finished: list[Job] = []
        self._failed: list[Job] = []
        self._reason = ""
        self._rates = Rates()
        self._ended = threading.Event()
        self._on = {
            "RUN_INFO": self._plan,
            "JOB_INFO": self._begin,
            "JOB_FINISHED": self._finish,
            "JOB_ERROR": self._fail,
        }

    def emit(self, record: logging.LogRecord) -> None:
        """Print what a person wants to know of an event, if anything."""
        try:
            event = getattr(getattr(record, "event", None), "name", None)
            if event in self._on:
                self._on[event](vars(record))
            elif record.levelno >= logging.ERROR and (self._running or self._failed):
                # Snakemake's words for a job that fails come before the event, and again at the end.
                self._reason = record.getMessage()
            elif record.levelno >= logging.WARNING:
                self._print(record.getMessage())
            elif event is None and record.getMessage().startswith(NOTHING):
                self._print("Nothing to be done: every result is up to date.")
        except BrokenPipeError:
            raise
        except Exception:
            self.handleError(record)

    def succeeded(self) -> None:
        """Print what came out, if the page was made, and how long it took."""
        self._ended.set()
        if SUMMARY.is_file() and any(job.rule == "page" for job in self._finished):
            self._print(SUMMARY.read_text().rstrip())
        self._print(f"Took {self._so_far()} for {_count(self._finished)}.")

    def failed(self) -> None:
        """Print the last words of the jobs that were stopped, and how far the run came."""
        self._ended.set()
        for job, _ in self._running.values():
            self._print(f"{job.name}: {job.last_line() or 'stopped'}")
        failed = f"{_count(self._failed)} failed. " if self._failed else ""
        self._print(
            f"{failed}Ended after {self._so_far()} with {len(self._finished)} of {self._total()} jobs done. "
            "The same command goes on from there."
        )

    def _plan(self, _: Mapping[str, Any]) -> None:
        self._waiting = [Job(job.rule.name, dict(job.wildcards_dict)) for job in self._planned() if job.output]
        long = sum(job.long for job in self._waiting)
        self._print(f"{_count(self._waiting)}, of which {long} search or train. Snakemake's own text: .snakemake/log")
        threading.Thread(target=self._watch, daemon=True).start()

    def _begin(self, event: Mapping[str, Any]) -> None:
        if event["output"]:  # a target such as all has none
            log = Path(event["log"][0]) if event["log"] else None
            job = Job(event["rule_name"], dict(event["wildcards"]), log)
            self._waiting = [other for other in self._waiting if other.name != job.name]
            self._running[event["jobid"]] = job, time.monotonic()

    def _finish(self, event: Mapping[str, Any]) -> None:
        if event["job_id"] in self._running:
            job, start = self._running.pop(event["job_id"])
            seconds = time.monotonic() - start
            self._finished.append(job)
            self._rates.add(job.kinds(self._models), seconds, job.work(self._models))
            for line in job.lines(*SHOWN):
                self._print(f"{job.name}: {line}")
            self._print(f"{self._number()} {job.name:<44} {clock(seconds):>7}   {self._times()}")

    def _fail(self, event: Mapping[str, Any]) -> None:
        job, _ = self._running.pop(event["jobid"], (Job(event["rule_name"], {}), 0.0))
        self._failed.append(job)
        errors = job.lines("error: ")
        self._print(f"{job.name}: {errors[-1] if errors else self._reason or job.last_line()}")
        self._print(f"  The whole log: {job.log}")

    def _watch(self) -> None:
        """Show the progress whenever nothing else has been printed for a while."""
        every = TERMINAL if self._terminal else FILE
        while not self._ended.wait(1.0):
            self.acquire()
            try:
                if time.monotonic() - self._shown >= every and self._running:
                    running = ", ".join(self._what(job) for job, _ in self._running.values())
                    self._print(f"{self._number()} {running}   {self._times()}", passing=True)
            finally:
                self.release()

    def _what(self, job: Job) -> str:
        progress = job.progress()
        return f"{job.name}, step {progress[0]}" if progress else job.name

    def _number(self) -> str:
        total = self._total()
        return f"[{len(self._finished):>{len(str(total))}}/{total}]"

    def _total(self) -> int:
        return len(self._finished) + len(self._failed) + len(self._running) + len(self._waiting)

    def _times(self) -> str:
        left = self._left()
        return f"{self._so_far()} so far" + (f", about {duration(left)} left" if left else "")

    def _so_far(self) -> str:
        return duration(time.monotonic() - self._start)

    def _left(self) -> float | None:
        """Return the seconds left of the whole run; None while the time of some job is unknown."""
        rates, seconds = Rates(self._rates), 0.0
        waiting = list(self._waiting)
        for job, start in self._running.values():
            if progress := job.progress():
                rates.add(job.kinds(self._models), time.monotonic() - start + progress[1], job.work(self._models))
                seconds += progress[1]
            else:
                waiting.append(job)
        for job in waiting:
            rate = rates.of(job.kinds(self._models))
            if rate is None:
                return None
            seconds += rate * job.work(self._models)
        return seconds / self._cores

    def _print(self, text: str, passing: bool = False) -> None:
        """Print lines; on a terminal the next ones replace a ``passing`` one."""
        start, end = (ERASE, "" if passing else "\n") if self._terminal else ("", "\n")
        self._stream.write(f"{start}{text}{end}")
        self._stream.flush()
        self._shown = time.monotonic()


def _count(jobs: list[Job]) -> str:
    return f"{len(jobs)} job{'s' * (len(jobs) != 1)}"
