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
    kinds = ("float32", "bfloat16", "bfloat16, float32 tail", "share of the limit")
    assert set(names) >= wanted | {f"gpu/{name}/x2/{kind}" for name in tiny.models for kind in kinds}
    assert all(row.ours.median > 0 for row in rows)
    hours = {row.name: row.ours.median for row in rows}["gpu/paper, main models"]
    rates = {row.name: row.ours.median for row in rows if row.unit == "steps/s"}
    expected = sum(
        model.search.steps / rates[f"gpu/{name}/search"] + model.retrain.steps.x2 / rates[f"gpu/{name}/x2/float32"]
        for name, model in tiny.models.items()
    )
    assert hours == pytest.approx(expected / 3600)


def test_traffic_is_what_the_layers_read_and_write() -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(8, 3, 1))
    values = (3 + 8) + (8 + 8) + (8 + 3)
    assert gpu.traffic(net, torch.rand(2, 3, 5, 7)) == 4 * values * 2 * 5 * 7


@pytest.mark.parametrize(("seconds", "share"), [(4.0, 0.5), (2.0, 1.0)])
def test_the_share_is_of_the_tighter_limit(tiny: config.Params, seconds: float, share: float) -> None:
    model = tiny.models["dlsr"]
    with torch.device("meta"):
        net = gpu.network(model.method, model.network, 2)
        moved = gpu.traffic(
            net, torch.empty(1, 3, model.retrain.hr_patch.at(2) // 2, model.retrain.hr_patch.at(2) // 2)
        )
    limits = gpu.Limits(operations=1e18, bytes=3 * moved / 2.0)
    row = gpu.share_of_limit("gpu/dlsr/x2", model, 2, seconds, limits)
    assert row.ours.median == pytest.approx(share)
    assert row.note.startswith("limited by memory")


def test_the_tail_is_computed_in_float32() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.Conv2d(8, 3, 3, padding=1))
    x = torch.rand(1, 3, 8, 8)
    body = net[0](x).bfloat16().float()
    expected = torch.nn.functional.conv2d(body, net[1].weight, net[1].bias, padding=1)
    assert torch.allclose(gpu.with_float32_tail(net)(x), expected, atol=2e-2)
    outputs = []
    net[1].register_forward_hook(lambda layer, inputs, output: outputs.append(output.dtype))
    gpu.with_float32_tail(net)(x)
    assert outputs == [torch.float32]


def test_without_a_gpu_there_are_no_rows() -> None:
    if not torch.cuda.is_available():
        assert gpu.rows(1, True) == []
