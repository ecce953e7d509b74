"""Whether a model has the paper's budget depends on its own sections alone."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sr.core import config
from sr.core.config import Params
from sr.report.run import budget


def edited(change: Callable[[dict[str, Any]], Any]) -> Params:
    """Return the papers' parameters with a change."""
    raw = copy.deepcopy(budget.preset().raw)
    change(raw)
    return config.check(raw)


UNRELATED = {
    "seed": lambda raw: (raw.update(seed=1), raw["dlsr"]["search"].update(seeds=[1])),
    "methods": lambda raw: raw.update(methods=["dlsr"]),
    "sets": lambda raw: raw["data"].update(test=["Set5"]),
    "scales": lambda raw: (raw.update(scales=[2]), raw["dlsr"].update(variants={}), raw["mran"].update(variants={})),
    "tile": lambda raw: raw["evaluate"].update(tile=96),
    "log_every": lambda raw: raw["dlsr"]["retrain"].update(log_every=7),
    "variant": lambda raw: raw["dlsr"]["variants"].update(mine={"scales": [2], "network": {"channels": 8}}),
    "other scale": lambda raw: raw["dlsr"]["retrain"]["steps"].update(x4=7),
    "other method": lambda raw: raw["mran"]["retrain"].update(batch=7),
}


@pytest.mark.parametrize("name", UNRELATED)
def test_what_changes_no_result_of_a_model_leaves_its_budget_full(name: str) -> None:
    found = budget.of_model(edited(UNRELATED[name]), "dlsr", 2)
    assert found == budget.Budget("", "")
    assert found.full


RELATED = {
    "retrain.batch 7 instead of": lambda raw: raw["dlsr"]["retrain"].update(batch=7),
    "retrain.mu_hfen 0.5 instead of 0.2": lambda raw: raw["dlsr"]["retrain"].update(mu_hfen=0.5),
    "search.batch 7 instead of": lambda raw: raw["dlsr"]["search"].update(batch=7),
    "retrain.steps.x2 7 instead of": lambda raw: raw["dlsr"]["retrain"]["steps"].update(x2=7),
    "pixel_range 1 instead of 255": lambda raw: raw["dlsr"]["network"].update(
        pixel_range=1 if raw["dlsr"]["network"]["pixel_range"] == 255 else 255
    ),
}


@pytest.mark.parametrize("words", RELATED)
def test_what_changes_a_result_is_named(words: str) -> None:
    training = budget.of_model(edited(RELATED[words]), "dlsr", 2).training
    assert words.split(" instead")[0].split(" 255")[0].split(" 1")[0] in training
    assert training.startswith("budget too small to judge" if "steps" in words else "not the paper's training")


def test_size_and_training_are_separate() -> None:
    params = edited(lambda raw: raw["dlsr"]["network"].update(channels=16))
    found = budget.of_model(params, "dlsr", 2)
    assert found.size == "different size: channels 16 instead of 48"
    # The search ran on the smaller supernet, too.
    assert found.training == "not the paper's training: search.network.channels 16 instead of 48"


def test_a_variant_is_compared_with_the_same_variant_and_a_seed_with_its_method() -> None:
    params = edited(lambda raw: raw["dlsr"]["search"].update(seeds=[0, 5], seed_scales=[2]))
    assert budget.of_model(params, "dlsr_seed5", 2).full
    assert budget.of_model(params, "dlsr_b", 2).full
    assert budget.of_model(edited(UNRELATED["variant"]), "mine", 2).training == "mine is not a model of the paper"
    assert budget.all_full(params)
