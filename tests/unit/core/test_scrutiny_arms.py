"""Arms that only a scrutiny makes: marked variants, and further seeds of everything else."""

import re
from collections import Counter
from typing import Any

import pytest

from sr.core import config
from sr.core.errors import UserError
from sr.core.yaml_files import read_yaml
from sr.stages import estimate
from tests.helpers.repository import REPO

PAPER = REPO / "workflow" / "presets" / "paper.yaml"


@pytest.fixture
def raw() -> dict[str, Any]:
    return read_yaml(PAPER)


def scrutinised(raw: dict[str, Any], **keys: Any) -> config.Params:
    raw["scrutiny"] = {**raw["scrutiny"], "run": True, **keys}
    return config.check(raw)


def test_marked_variants_are_made_only_if_asked_for(raw: dict[str, Any]) -> None:
    marked = {name for method in raw["methods"] for name, keys in raw[method]["variants"].items() if "scrutiny" in keys}
    assert marked
    assert not marked & {*config.check(raw).models}
    assert marked <= {*scrutinised(raw).models}


def test_every_other_arm_is_repeated_as_it_was_made(raw: dict[str, Any]) -> None:
    models = scrutinised(raw, seeds=[0, 5]).models
    # A search of its own, another's search, a given genotype; and random draws, which have seeds of their own.
    assert models["dlsr_b_seed5"].searches
    assert models["dlsr_s_seed5"].genotype_of == "dlsr_seed5"
    assert models["mran_fitted_retrain5"].repeats == "mran_fitted"
    assert models["mran_seed5"].searches
    assert "random_retrain5" not in models
    # Seeds that the parameters had already stay.
    assert {"dlsr_seed1", "dlsr_seed2", "dlsr_seed5"} <= {*models}


def test_a_method_whose_genotype_is_given_is_trained_again(raw: dict[str, Any]) -> None:
    raw["dlsr"]["retrain"]["genotype"] = "published"
    raw["dlsr"]["search"]["seeds"], raw["dlsr"]["variants"] = [], {}
    models = scrutinised(raw, seeds=[0, 5]).models
    assert "dlsr_retrain5" in models
    assert "dlsr_seed5" not in models


def test_without_the_runs_own_seed_it_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="scrutiny.seeds: the run's seed, 0, is not among them"):
        scrutinised(raw, seeds=[1, 2])


def test_parameters_without_the_section_make_no_such_arms(raw: dict[str, Any]) -> None:
    usual = config.check(raw).models
    del raw["scrutiny"]
    assert config.check(raw).models == usual


def test_the_preset_says_what_it_costs(raw: dict[str, Any]) -> None:
    before, after = (estimate.jobs(params) for params in (config.check(raw), scrutinised(raw)))
    more = Counter(job.kind for job in after)
    more.subtract(job.kind for job in before)
    times = sum(job.steps for job in after) / sum(job.steps for job in before)
    words = {3: "three", 4: "four", 5: "five"}[round(times)]
    remark = f"true: {more['search']} searches and {more['retrain']} trainings more, {words} times the training steps"
    assert re.search(rf"^  run: false  # {remark}$", PAPER.read_text(), flags=re.M)
