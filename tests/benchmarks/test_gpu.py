"""The GPU's measurements, run on a CPU at tiny sizes: every row comes out, and bfloat16 trains."""

import pytest
import torch

from benchmarks import gpu
from sr.core import config
from tests.helpers.repository import REPO

CPU = torch.device("cpu")


@pytest.fixture
def tiny() -> config.Params:
    """Return the paper's preset with the sizes of the smoke preset, both methods, at x2."""
    paper, smoke = (config.load(REPO / "workflow" / "presets" / f"{name}.yaml") for name in ("paper", "smoke"))
    section = smoke.models["dlsr"]
    models = {
        name: model.replace(
            scales=[2],
            network=model.network.replace(channels=16),
            search=model.search.replace(batch=1, hr_patch=32),
            retrain=section.retrain.replace(steps=model.retrain.steps, batch=1),
        )
        for name, model in paper.models.items()
        if name in paper.methods
    }
    return paper.replace(models=models)


def test_every_row_comes_out(tiny: config.Params) -> None:
    rows = list(gpu.measure(CPU, 1, tiny, quick=False))
    names = [row.name for row in rows]
    assert len(names) == len(set(names))
    wanted = {"gpu/matmul", "gpu/dlsr/search", "gpu/mran/search", "gpu/dlsr/search, whole", "gpu/paper, main models"}
    assert set(names) >= wanted | {f"gpu/{name}/x2/{kind}" for name in tiny.models for kind in ("float32", "bfloat16")}
    assert all(row.ours.median > 0 for row in rows)
    hours = {row.name: row.ours.median for row in rows}["gpu/paper, main models"]
    rates = {row.name: row.ours.median for row in rows if row.unit == "steps/s"}
    expected = sum(
        model.search.steps / rates[f"gpu/{name}/search"] + model.retrain.steps.x2 / rates[f"gpu/{name}/x2/float32"]
        for name, model in tiny.models.items()
    )
    assert hours == pytest.approx(expected / 3600)


def test_without_a_gpu_there_are_no_rows() -> None:
    if not torch.cuda.is_available():
        assert gpu.rows(1, True) == []
