"""The estimate before a run: which jobs there are, which cost the same, what they add up to, and real steps timed."""

import copy
import json

import pytest
import yaml

from sr.cli.main import main
from sr.core import config
from sr.core.files import ROOT
from sr.stages import estimate
from sr.stages.estimate import Cost, Job

PRESETS = ROOT / "workflow" / "presets"


@pytest.fixture(scope="module")
def paper() -> config.Params:
    return config.load(PRESETS / "paper.yaml")


def test_every_search_and_training_is_a_job(paper) -> None:
    found = estimate.jobs(paper)
    searches = {job.model for job in found if job.kind == "search"}
    assert searches == {"dlsr", "dlsr_b", "dlsr_l1", "dlsr_hfen", "dlsr_seed1", "dlsr_seed2", "mran"}
    assert {(job.model, job.scale) for job in found if job.kind == "retrain"} == {
        (name, scale) for name, model in paper.models.items() for scale in model.scales
    }
    assert Job("search", "dlsr", 2, 200_000) in found
    assert Job("retrain", "dlsr", 3, 2_000_000) in found


def test_only_what_changes_the_work_is_timed_apart(paper) -> None:
    def key(kind: str, model: str, scale: int = 2) -> str:
        return estimate._key(paper.model(model), Job(kind, model, scale, 1))

    assert key("search", "dlsr") == key("search", "dlsr_seed1")
    assert len({key("search", name) for name in ("dlsr", "dlsr_b", "dlsr_l1", "dlsr_hfen", "mran")}) == 5
    assert key("retrain", "dlsr") == key("retrain", "dlsr_hfen")
    assert len({key("retrain", "dlsr", 2), key("retrain", "dlsr", 3), key("retrain", "dlsr_s", 2)}) == 3


def test_hours_and_the_longest_chain(paper) -> None:
    cost = Cost(step=0.5, warmup=0.2, memory=0)
    # 20,000 steps of warm-up and 180,000 others.
    assert estimate.hours(paper, Job("search", "dlsr", 2, 200_000), cost) == pytest.approx((4_000 + 90_000) / 3600)
    assert estimate.hours(paper, Job("retrain", "dlsr", 2, 7_200), cost) == pytest.approx(1.0)
    each = {
        Job("search", "dlsr", 2, 1): 5.0,
        Job("retrain", "dlsr", 2, 1): 3.0,
        Job("retrain", "dlsr", 3, 1): 1.0,
        Job("retrain", "dlsr", 4, 1): 2.0,
        # Has no search of its own, so it waits for dlsr's.
        Job("retrain", "dlsr_s", 2, 1): 4.0,
        Job("retrain", "dlsr_s", 4, 1): 2.5,
        Job("search", "mran", 2, 1): 7.0,
    }
    assert estimate.critical_path(paper, each) == 5.0 + 4.0 + 2.5


def test_of_several_devices_one_share_of_the_batch_is_timed(paper, monkeypatch) -> None:
    raw = copy.deepcopy(paper.raw)
    raw["dlsr"]["retrain"]["devices"] = 4
    several, tried = config.check(raw), []
    monkeypatch.setattr(estimate, "_in_process", lambda function, *given: tried.append(given) or (1.0, 0.0, 100.0))
    for params in (paper, several):
        estimate._cost(params, Job("retrain", "dlsr", 2, 1), 1)
        estimate._cost(params, Job("search", "dlsr", 2, 1), 1)
    assert [given[2] for given in tried if len(given) > 1] == [32, 64, 8, 64]
    keys = [estimate._key(params.model("dlsr"), Job("retrain", "dlsr", 2, 1)) for params in (paper, several)]
    assert keys[0] != keys[1]


@pytest.mark.parametrize(("ys", "x", "expected"), [([1.0, 3.0], 4, 7.0), ([2.0, 2.0], 9, 2.0), ([3.0, 2.0], 9, 3.0)])
def test_full_batch_lies_on_the_line(ys, x, expected) -> None:
    assert estimate._line((1, 2), ys, x) == expected


@pytest.mark.parametrize(
    ("gpu", "seconds", "sizes"),
    [
        # A GPU takes the full batch at once; so does a CPU that is fast enough.
        (True, 9.0, [64]),
        (False, 0.01, [1, 64]),
        (False, 0.1, [1, 3, 10]),
        (False, 5.0, [1, 2]),
    ],
)
def test_trials_stay_short(paper, monkeypatch, gpu, seconds, sizes) -> None:
    tried = []

    def alone(function, *arguments):
        if function is estimate._has_gpu:
            return gpu
        tried.append(arguments[2])
        return seconds * arguments[2], 0.0, 100.0

    monkeypatch.setattr(estimate, "_in_process", alone)
    cost = estimate._cost(paper, Job("search", "dlsr", 2, 1), 1)
    assert tried == sizes
    assert cost.step == pytest.approx(64 * seconds)
    assert cost.memory == 100.0


def test_verb_times_real_steps(tmp_path, capsys) -> None:
    out, params = tmp_path / "estimate.json", tmp_path / "params.yaml"
    params.write_text(yaml.safe_dump(yaml.safe_load((PRESETS / "smoke.yaml").read_text()) | {"scales": [2]}))
    assert main(["estimate", "--params", str(params), "--json", str(out)]) == 0
    written = json.loads(out.read_text())
    assert [job["job"] for job in written["jobs"]] == ["search of dlsr", "retraining of dlsr ×2"]
    assert all(job["seconds_per_step"] > 0 for job in written["jobs"])
    assert all(50e6 < job["bytes"] < 8e9 for job in written["jobs"])
    assert written["hours"] == pytest.approx(sum(job["hours"] for job in written["jobs"]))
    # One model is one chain.
    assert written["critical_path_hours"] == pytest.approx(written["hours"])
    assert "longest chain" in capsys.readouterr().out
