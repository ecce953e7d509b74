"""Selection of weights on a test set: the best row's weights, the same after a kill, and off by default."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from sr.core.config import PRESETS, load
from sr.core.files import read_json
from sr.train.selection import BestWeights
from tests.helpers.jobs import Job, forked

KEEP = "dlsr.retrain.keep"
CONSTANT = {"kind": "halve", "warmup": 0, "every": 100}


def steps(number: int) -> dict[str, Any]:
    return {"dlsr.retrain.steps": {"x2": number, "x3": 1, "x4": 1}}


def test_the_first_of_the_best_weights_is_restored() -> None:
    network, scores = nn.Linear(1, 1), iter([1.0, 3.0, 3.0, 2.0])
    best, weights = BestWeights(lambda _: next(scores)), []
    for step in (10, 20, 30, 40):
        with torch.no_grad():
            network.weight.fill_(step)
        best.offer(network, step)
        weights.append(network.weight.item())
    assert (best.step, network.training) == (20, True)
    other = BestWeights(lambda _: 2.5)
    other.load_state_dict(best.state_dict())
    other.offer(network, 50)
    other.restore(network)
    assert network.weight.item() == 20


def test_every_preset_keeps_the_last_step_and_the_printed_losses() -> None:
    for preset in PRESETS.glob("*.yaml"):
        for name, model in load(preset).models.items():
            # The study has an arm with the losses of the authors' release.
            if name.startswith("dlsr_release_losses"):
                continue
            assert (model.retrain.keep, model.retrain.grad_clip, model.retrain.hfen) == ("last", 0.0, "printed")
            assert (model.search.hfen, model.search.params_loss) == ("printed", "printed")


def test_a_training_ends_with_the_weights_of_its_best_row(packed_set: Path, tmp_path: Path) -> None:
    """They are those of a training that ends there: a learning rate this large makes the last step a bad one."""
    changes = {"dlsr.retrain.log_every": 1, "dlsr.retrain.lr": 0.03, "dlsr.retrain.lr_schedule": CONSTANT}
    best = Job("retrain", "dlsr", packed_set, tmp_path / "best", changes | steps(6) | {KEEP: "best_on_Crops"})
    best.options["select-on"] = packed_set
    assert best.run() == 0
    kept = read_json(best.options["record"])["facts"]["kept_step"]
    assert 1 <= kept < 6
    plain = Job("retrain", "dlsr", packed_set, tmp_path / "plain", changes | steps(kept))
    assert plain.run() == 0
    assert best.results()[1] == plain.results()[1]


def stopped(job: Job, last: int) -> int:
    """Run a job that is asked to stop after the step ``last``."""
    offer = BestWeights.offer

    def stop(self: BestWeights, network: nn.Module, step: int) -> None:
        offer(self, network, step)
        if step == last:
            os.kill(os.getpid(), signal.SIGTERM)

    BestWeights.offer = stop  # type: ignore[method-assign]
    return job.run()


def test_the_best_weights_survive_a_kill(packed_set: Path, tmp_path: Path) -> None:
    changes = steps(4) | {"dlsr.retrain.log_every": 1, "dlsr.retrain.lr": 0.03, KEEP: "best_on_Crops"}
    results = []
    for name in ("whole", "killed"):
        job = Job("retrain", "dlsr", packed_set, tmp_path / name, changes).keeping()
        job.options["select-on"] = packed_set
        if name == "killed":
            assert forked(lambda job=job: stopped(job, 2)) == 128 + signal.SIGTERM
        assert job.run() == 0
        results.append(job.results())
    assert results[0] == results[1]


@pytest.mark.parametrize("given", [True, False])
def test_the_set_must_be_the_one_that_the_key_names(
    given: bool, packed_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    job = Job("retrain", "dlsr", packed_set, tmp_path, {} if given else {KEEP: "best_on_Crops"})
    if given:
        job.options["select-on"] = packed_set
    assert job.run() == 1
    assert capsys.readouterr().err.startswith("error: --select-on: " + ("Crops" if given else "None"))
