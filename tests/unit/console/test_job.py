"""Jobs on the console: names, work in proportion to time, what their logs tell, and rates learnt from them."""

from pathlib import Path

import pytest

from sr.console.job import SEARCHING, Job, Rates
from sr.core.config import Params
from sr.core.progress import Progress


def retrain(scale: str, model: str = "dlsr", log: Path | None = None) -> Job:
    return Job("retrain", {"model": model, "scale": scale}, log)


@pytest.mark.parametrize(
    ("job", "name"),
    [
        (retrain("2"), "retrain dlsr ×2"),
        (Job("evaluate", {"name": "Set5", "scale": "3", "model": "bicubic"}), "evaluate bicubic ×3 Set5"),
        (Job("metrics", {}), "metrics"),
    ],
)
def test_a_person_can_read_its_name(job: Job, name: str) -> None:
    assert job.name == name


def test_work_is_steps_times_pixels_times_channels(smoke: Params) -> None:
    model = smoke.model("dlsr")
    section = model.retrain
    pixels = (section.hr_patch.x3 / 3) ** 2
    expected = section.steps.x3 * section.batch * pixels * model.network.channels
    assert retrain("3").work(smoke.models) == expected
    pixels = (model.search.hr_patch / 2) ** 2
    expected = SEARCHING * model.search.steps * model.search.batch * pixels * model.network.channels
    assert Job("search", {"model": "dlsr"}).work(smoke.models) == expected
    assert Job("table", {"table": "dlsr_table2"}).work(smoke.models) == 1


def test_its_log_tells_progress_and_last_words(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    log = tmp_path / "job.log"
    job = retrain("2", log=log)
    assert job.progress() is None
    assert job.last_line() == ""
    progress = Progress(7200, every_seconds=0)
    progress.start -= 3600  # an hour for half of the steps
    print("resumed at step 3/7200")
    progress.show(3600, "loss 1.0")
    print("warning: low\n\n")
    output = capsys.readouterr()
    log.write_text(output.err + output.out)
    step, left = job.progress() or ("", 0.0)
    assert step == "3600/7200"
    assert left == pytest.approx(3600, abs=2)
    assert job.lines("warning: ", "resumed ") == ["resumed at step 3/7200", "warning: low"]
    assert job.last_line() == "warning: low"


def test_rates_come_from_the_most_similar_jobs(smoke: Params) -> None:
    rates = Rates()
    kinds = retrain("2").kinds(smoke.models)
    assert rates.of(kinds) is None
    rates.add(Job("search", {"model": "dlsr"}).kinds(smoke.models), 10, 100)
    assert rates.of(kinds) == 0.1  # of any long job
    rates.add(kinds, 30, 100)
    assert rates.of(kinds) == 0.3
    copied = Rates(rates)
    copied.add(kinds, 70, 100)
    assert (rates.of(kinds), copied.of(kinds)) == (0.3, 0.5)
    assert rates.of(Job("table", {}).kinds(smoke.models)) is None
