"""The networks of the model zoo are what their cards say."""

import json

import pytest

from sr.cli.main import main
from sr.core.files import read_json, sha256_file
from sr.evaluate.complexity import parameters
from sr.methods.releases import load_weights
from sr.use import zoo
from sr.use.card_text import page


@pytest.mark.parametrize("name", zoo.names())
def test_card_and_weights_belong_together(name: str) -> None:
    model = zoo.find(name)
    assert model.card is not None
    trained = load_weights(model.weights)
    assert (trained.method.name, trained.scale) == (model.method, model.scale)
    assert sha256_file(model.weights) == model.card.weights_sha256
    assert model.weights.stat().st_size <= 2 * 1024**2
    assert parameters(trained.network()) == model.card.params
    assert read_json(model.weights.parent / "genotype.json") == trained.genotype.without_evidence()


@pytest.mark.parametrize("name", zoo.names())
def test_card_has_the_measured_metrics(name: str, benchmarks, tmp_path) -> None:
    model, out = zoo.find(name), tmp_path / "metrics.json"
    arguments = [
        "--hr",
        str(benchmarks / "Set5" / "HR"),
        "--scale",
        str(model.scale),
        "--crop-border",
        str(model.scale),
    ]
    assert main(["evaluate", "--weights", str(model.weights), *arguments, "--json", str(out)]) == 0
    mean, printed = json.loads(out.read_text())["mean"], model.card.test_sets["Set5"]
    assert mean["psnr"] == pytest.approx(printed.network["psnr"], abs=1e-3)
    assert mean["ssim"] == pytest.approx(printed.network["ssim"], abs=1e-5)
    assert printed.network["psnr"] > printed.bicubic["psnr"] + 1


@pytest.mark.parametrize("name", zoo.names())
def test_page_follows_from_the_card(name: str) -> None:
    model = zoo.find(name)
    assert model.card is not None
    curve = model.weights.with_name("curve.png").is_file()
    assert model.weights.with_name("card.md").read_text() == page(model.card, with_curve=curve)


def test_there_is_a_default_for_each_scale() -> None:
    assert [zoo.default(scale).scale for scale in (2, 3, 4)] == [2, 3, 4]
