"""What a run's searches are worth: arms, differences, agreement, ranking and budgets of runs whose truth is known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sr.core.formats import load, write
from sr.evaluate.formats import InheritedMetrics
from sr.evaluate.latency_formats import Latency, Timing
from sr.report.run import reader
from sr.report.scrutiny import build, words
from sr.report.scrutiny.formats import Scrutiny
from tests.helpers import runs

SEEDS = [0, 1, 2, 3, 4]
SEARCHED = ["dlsr", *(f"dlsr_seed{seed}" for seed in SEEDS[1:])]
RANDOM = ["chance", *(f"chance_draw{number}" for number in range(2, 9))]
LONG = ["chance_long", *(f"chance_long_draw{number}" for number in range(2, 9))]
FIXED = ["fixed", *(f"fixed_retrain{seed}" for seed in SEEDS[1:])]
BASE = 35.0


def arms(raw: dict[str, Any]) -> None:
    draws = {"draws": 8, "like": "dlsr"}
    raw["methods"] = ["dlsr"]
    raw["dlsr"]["search"].update(seeds=SEEDS, seed_scales=[2])
    raw["dlsr"]["variants"] = {
        "chance": {"scales": [2], "random": draws, "retrain": {"genotype": "random"}},
        "chance_long": {"scales": [2], "random": draws, "retrain": {"genotype": "random", "steps": {"x2": 9000}}},
        "fixed": {"scales": [2], "retrain": {"genotype": "published", "seeds": SEEDS}},
    }


def finished(folder: Path, monkeypatch: pytest.MonkeyPatch, quality: dict[str, float]) -> Scrutiny:
    """Return the scrutiny of a run in which models have this PSNR at x2 on every set."""
    numbers = {(name, 2, test): (psnr, 0.9) for name, psnr in quality.items() for test in runs.SETS}
    monkeypatch.setattr(runs, "QUALITY", numbers)
    params = runs.write_run(folder, "demo", arms)
    order = {name: value for name, value in quality.items() if name in SEARCHED + RANDOM}
    write(folder / "results/rank/dlsr.json", InheritedMetrics(supernet="dlsr", data_digests=[], images=1, psnr=order))
    return build.of_run(reader.read(params))


def spread(names: list[str], mean: float, sd: float, seed: int) -> dict[str, float]:
    """Return normal values whose mean and standard deviation are exactly these."""
    values = np.random.default_rng(seed).normal(size=len(names))
    values = (values - values.mean()) / values.std(ddof=1)
    return dict(zip(names, (mean + sd * values).tolist(), strict=True))


@pytest.mark.parametrize(
    ("gain", "beginning"),
    [(-0.3, "No, it is worse: −0.300 dB"), (0.0, "No difference is shown; one of 0."), (0.3, "Yes: +0.300 dB")],
)
def test_the_search_against_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gain: float, beginning: str
) -> None:
    quality = spread(SEARCHED, BASE + gain, 0.05, 1) | spread(RANDOM, BASE, 0.06, 2)
    scrutiny = finished(tmp_path, monkeypatch, quality)
    (difference,) = [each for each in scrutiny.differences if each.second == "chance"]
    assert difference.gain == pytest.approx(gain, abs=1e-9)
    assert difference.seeds == [5, 8]
    assert (difference.adjusted < 0.05) == bool(gain)
    answers = dict(words.sentences(scrutiny, "dlsr"))
    assert answers["Is the search better than chance (chance)?"].startswith(beginning)
    share = {-0.3: 0.0, 0.3: 1.0}
    (standing,) = scrutiny.standings
    assert (standing.model, standing.draws) == ("dlsr", "chance")
    assert standing.share == share.get(gain, standing.share)
    elsewhere = scrutiny.model_copy(update={"standings": []})  # as for random networks of another size or budget
    assert not [question for question, _ in words.sentences(elsewhere, "dlsr") if "chance (chance)" in question]


def test_arms_are_the_repetitions_and_the_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quality = spread(SEARCHED, BASE, 0.05, 1) | spread(RANDOM, BASE, 0.06, 2) | spread(FIXED, 36.0, 0.04, 3)
    scrutiny = finished(tmp_path, monkeypatch, quality)
    assert [(arm.name, arm.kind, len(arm.models)) for arm in scrutiny.arms] == [
        *(("dlsr", "searched", 5), ("chance", "random", 8), ("chance_long", "random", 8), ("fixed", "given", 5))
    ]
    fixed = scrutiny.arms[-1]
    assert (fixed.models, fixed.mean, fixed.sd) == (FIXED, pytest.approx(36.0), pytest.approx(0.04))
    assert fixed.sets == pytest.approx(dict.fromkeys(runs.SETS, 36.0))
    (difference,) = [each for each in scrutiny.differences if each.second == "fixed"]
    assert (difference.seeds, difference.gain) == ([5, 5], pytest.approx(-1.0))
    rows = words.rows(scrutiny, "dlsr")
    assert rows[-1]["psnr"] == "36.000 ± 0.040"
    assert rows[-1]["gain"].startswith("+1.000 (")
    assert all(0 <= point <= words.WIDTH for row in rows for point in row["strip"].points)


def test_order_of_the_supernet_and_of_another_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The written ranking has the order of the retrained networks; the long trainings have the reverse one."""
    quality = spread(SEARCHED, BASE, 0.05, 1) | spread(RANDOM, BASE, 0.06, 2)
    quality |= {long: 70 - quality[short] for long, short in zip(LONG, RANDOM, strict=True)}
    scrutiny = finished(tmp_path, monkeypatch, quality)
    (ranking,) = scrutiny.rankings
    assert (ranking.model, ranking.networks, ranking.tau) == ("dlsr", 13, pytest.approx(1))
    (order,) = scrutiny.budgets
    assert (order.first, order.second, order.steps[1]) == ("chance", "chance_long", 9000)
    assert (order.networks, order.tau) == (8, pytest.approx(-1))


def test_searches_that_agree_and_that_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scrutiny = finished(tmp_path, monkeypatch, spread(SEARCHED, BASE, 0.05, 1))
    (apart,) = scrutiny.agreements
    assert (apart.model, apart.searches) == ("dlsr", 5)
    assert apart.p > 0.01  # each search has probabilities of its own
    for name in SEARCHED:
        runs.search(tmp_path, name, "dlsr", seed=7)
    same = build.of_run(reader.read(tmp_path / "params.yaml"))
    (agreement,) = same.agreements
    assert (agreement.observed, set(agreement.choices.values())) == (1, {1.0})
    assert agreement.p < 0.01  # two choices alone: 1 in 1296 by chance
    answer = dict(words.sentences(same, "dlsr"))["Do the searches agree?"]
    assert "5 searches of DLSR keep the same options in 1.00 of the choices" in answer
    assert answer.endswith("(p = 0.001).")


def test_the_course_of_a_search_ends_with_its_decisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scrutiny = finished(tmp_path, monkeypatch, spread(SEARCHED, BASE, 0.05, 1))
    assert [course.model for course in scrutiny.courses] == SEARCHED
    for course in scrutiny.courses:
        assert course.entropy[0] == pytest.approx(1)
        assert course.entropy[-1] < course.entropy[0]
        assert course.decided[-1] == 1
        assert set(course.idle) == {0.0}


def test_a_run_of_single_networks_has_nothing_to_scrutinise(tmp_path: Path) -> None:
    def single(raw: dict[str, Any]) -> None:
        raw["methods"] = ["mran"]
        raw["mran"]["variants"] = {}

    scrutiny = build.of_run(reader.read(runs.write_run(tmp_path, "demo", single)))
    assert (scrutiny.arms, scrutiny.differences, scrutiny.agreements, scrutiny.standings) == ([], [], [], [])
    assert list(words.sentences(scrutiny, "mran")) == []


def test_the_file_can_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scrutiny = finished(tmp_path, monkeypatch, spread(SEARCHED, BASE, 0.05, 1))
    uncounted = scrutiny.replace(arms=[arm.replace(params=None, mult_adds=None) for arm in scrutiny.arms])
    write(tmp_path / "scrutiny.json", uncounted)
    assert load(tmp_path / "scrutiny.json", Scrutiny) == uncounted


def two_methods(raw: dict[str, Any]) -> None:
    raw["methods"] = ["dlsr", "mran"]
    for method in raw["methods"]:
        raw[method]["search"].update(seeds=SEEDS[:3], seed_scales=[2])
        raw[method]["variants"] = {}
    raw["mran"]["variants"] = {"small": {"scales": [2], "retrain": {"genotype": "fitted", "seeds": SEEDS[:3]}}}
    raw["scrutiny"] = {"run": False, "latency": True}


@pytest.mark.parametrize("timed", [True, False])
def test_methods_are_compared_where_they_cost_about_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, timed: bool
) -> None:
    """MRAN takes as long as DLSR with half of the Mult-Adds; its small network is the other way round."""
    dlsr, mran = (["", "_seed1", "_seed2"], ["", "_seed1", "_seed2"])
    quality = spread([f"dlsr{end}" for end in dlsr], BASE + 0.4, 0.02, 1)
    quality |= spread([f"mran{end}" for end in mran], BASE, 0.02, 2)
    quality |= spread(["small", "small_retrain1", "small_retrain2"], BASE + 0.8, 0.02, 3)
    monkeypatch.setattr(runs, "QUALITY", {(n, 2, test): (db, 0.9) for n, db in quality.items() for test in runs.SETS})
    params = runs.write_run(tmp_path, "demo", two_methods)
    for name in quality:
        size = 1.0 if "mran" not in name else 0.5
        runs.change_json(tmp_path / f"results/counts/{name}.json", lambda counts, size=size: resize(counts, size))
    times = {"dlsr": 100.0, "mran": 104.0, "small": 50.0}
    rows = [Timing(model=n, scale=2, median=ms, low=ms, high=ms) for n, ms in times.items() if timed]
    rows += [
        Timing(model=f"{n}_seed{i}", scale=2, median=times[n], low=1, high=200) for n in times for i in (1, 2) if timed
    ]
    facts = {"hr_size": [1280, 720], "device": "cpu", "processor": "CPU", "threads": 1, "warmup": 2, "rounds": 9}
    write(tmp_path / "results/latency.json", Latency(**facts, rows=rows))
    scrutiny = build.of_run(reader.read(params))
    near = {(each.difference.first, each.difference.second): each for each in scrutiny.across}
    answers = dict(words.sentences(scrutiny, "dlsr"))
    if timed:
        assert {*near} == {("dlsr", "mran"), ("mran", "dlsr")}
        assert near["dlsr", "mran"].ratio == pytest.approx(100 / 104)
        assert len({each.difference.adjusted for each in near.values()}) == 1  # one comparison on both sides
        answer = answers["Is it better than MRAN's mran at about equal latency?"]
        assert answer.startswith("Yes: +0.400 dB (95 % interval +0.3")
        assert [row["latency"] for row in words.rows(scrutiny, "mran")] == ["104", "50"]
    else:
        assert {*near} == {("dlsr", "small")}
        assert near["dlsr", "small"].measure == "mult_adds"
        answer = answers["Is it better than MRAN's small at about equal Mult-Adds?"]
        assert answer.startswith("No, it is worse: −0.400 dB")
        assert {row["latency"] for row in words.rows(scrutiny, "mran")} == {"–"}


def resize(counts: dict, size: float) -> None:
    counts["scales"]["2"] |= {"params": 50_000, "mult_adds": int(1e10 * size)}
