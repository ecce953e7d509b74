"""The lines that end a run: gains over bicubic, a word about every network below it, and the verdicts."""

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from sr.core.files import write_json
from sr.report.claims import engine, verdicts
from sr.report.page import page, summary
from sr.report.run import reader as run
from sr.report.run.reader import FinishedRun
from tests.helpers.runs import write_run


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    return run.read(write_run(tmp_path_factory.mktemp("run")))


def with_psnr(given: FinishedRun, model: str, scale: int, test_set: str, value: float) -> FinishedRun:
    """Return the run with another PSNR of one network."""
    frame: pd.DataFrame = given.metrics.copy()
    chosen = (frame["model"] == model) & (frame["scale"] == scale) & (frame["test_set"] == test_set)
    assert chosen.sum() == 1
    frame.loc[chosen, "psnr"] = value
    return dataclasses.replace(given, metrics=frame)


def test_main_networks_on_each_set(given: FinishedRun) -> None:
    lines = summary.of_methods(given)
    assert [line.partition(":")[0] for line in lines] == [
        "DLSR on EmbeddedTest", "DLSR on Set5", "MRAN on EmbeddedTest", "MRAN on Set5",
    ]  # fmt: skip
    assert lines[1].startswith("DLSR on Set5: ×2 38.01 dB (+5.01), ×3 34.01 dB (+3.51), ×4 ")


def test_without_bicubic_there_is_nothing_to_say(given: FinishedRun) -> None:
    frame = given.metrics
    bare = dataclasses.replace(given, metrics=frame[frame["model"] != "bicubic"])
    assert summary.of_methods(bare) == []
    assert summary.against_bicubic(bare) == (True, "No network was measured beside bicubic.")


def test_all_above(given: FinishedRun) -> None:
    above, sentence = summary.against_bicubic(given)
    count = sum(len(model.scales) for model in given.models.values()) * len(given.params.data.test)
    assert above
    assert sentence.startswith(f"All {count} measured networks are above bicubic, the least: ")


@pytest.mark.parametrize("difference", [-1.27, 0.004, 0.0])
def test_a_network_that_is_not_above_is_named(given: FinishedRun, difference: float) -> None:
    frame = given.metrics.set_index(["model", "scale", "test_set"])["psnr"]
    worse = with_psnr(given, "mran", 4, "Set5", frame["bicubic", 4, "Set5"] + difference)
    above, sentence = summary.against_bicubic(worse)
    assert not above
    assert "1 of " in sentence
    assert "mran ×4 on Set5 (" in sentence
    assert f"warning: {sentence}" in summary.text(worse, engine.judge(worse), Path("index.html"))
    assert sentence in page.html(worse)
    assert 'role="alert"' in page.html(worse)


def test_text_has_verdicts_and_the_page(given: FinishedRun) -> None:
    judged = engine.judge(given)
    lines = summary.text(given, judged, Path("results/report/index.html")).splitlines()
    assert lines[-1] == "The page with all of it: results/report/index.html"
    tallies = verdicts.tallied(judged.verdicts)
    assert lines[-2] == (
        f"Claims of the papers by grade of evidence: B {verdicts.in_words(tallies['B'])}; "
        f"D {verdicts.in_words(tallies['D'])}."
    )
    assert f"B holds {tallies['B']['holds']}, fitted {tallies['B']['fitted']}" in lines[-2]
    assert len(lines) == 8
    assert 'role="alert"' not in page.html(given)


def test_test_images_that_look_like_training_images_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    params = write_run(folder)
    near = [{"test": f"Set5/{name}", "train": f"BSDS400/{name}", "distance": 18} for name in "abcdef"]
    write_json(folder / "data" / "inspection.json", {"train": ["BSDS400"], "test": ["Set5"], "lookalikes": near})
    given = run.read(params)
    sentence = summary.lookalikes(given)
    assert sentence.startswith("6 test images may have been trained on: Set5/a (as BSDS400/a), ")
    assert sentence.endswith("Set5/d (as BSDS400/d) and 2 more.")
    judged = engine.judge(given)
    assert f"warning: {sentence}" in summary.text(given, judged, Path("index.html"))
    assert page.context(given, judged)["lookalikes"] == sentence
