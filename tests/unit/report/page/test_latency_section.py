"""Time and memory on the page: plots, and whether Mult-Adds tell the time."""

from pathlib import Path

import pytest

from sr.core.formats import load, write
from sr.evaluate.latency_formats import Latency, Timing
from sr.report.page import latency_section as section
from sr.report.run import reader, timings
from tests.helpers.runs import write_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> reader.FinishedRun:
    return reader.read(write_run(tmp_path_factory.mktemp("run")))


def test_plots_are_of_each_scale_and_set(run: reader.FinishedRun) -> None:
    figures = section.figures(run, timings.read(run))
    assert set(figures) == {f"{scale}|{name}" for scale in (2, 3, 4) for name in run.params.data.test}
    (points,) = figures["2|Set5"]["data"]
    assert (points["x"], points["text"]) == ([200.0, 200.0], ["DLSR (this run)", "MRAN (this run)"])


@pytest.mark.parametrize(("times", "tau"), [([1, 2, 3, 4], "1.00"), ([4, 3, 2, 1], "−1.00")])
def test_mult_adds_and_time(run: reader.FinishedRun, times: list[int], tau: str) -> None:
    names = ["dlsr", "mran", "dlsr_s", "dlsr_b"]
    frame = run.complexity
    for size, name in enumerate(names, 1):
        frame.loc[(frame["model"] == name) & (frame["scale"] == 2), "mult_adds"] = size * 10**9
    rows = [
        Timing(model=name, scale=2, median=time, low=time, high=time) for name, time in zip(names, times, strict=True)
    ]
    (sentence,) = section.section(run, timings.read(run).replace(rows=rows), None)["orders"]
    assert sentence.startswith(f"×2: Kendall's τ between Mult-Adds and latency is {tau} (95 % interval ")


def test_a_run_without_timings(tmp_path: Path) -> None:
    params = write_run(tmp_path)
    (tmp_path / "results/latency.json").unlink()
    run = reader.read(params)
    assert timings.read(run) is None
    assert section.section(run, None, None) is None
    assert section.figures(run, None) == {}


def test_timings_are_read_as_written(tmp_path: Path) -> None:
    facts = {"hr_size": [1280, 720], "device": "cpu", "processor": "p", "threads": 1, "warmup": 0, "rounds": 1}
    written = Latency(**facts, rows=[Timing(model="a", scale=3, median=2.5, low=2.0, high=3.0)])
    write(tmp_path / "latency.json", written)
    assert load(tmp_path / "latency.json", Latency) == written
