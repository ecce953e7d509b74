"""Networks with the weights of a supernet, and which of them a run ranks."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from sr.cli.main import main
from sr.core import config
from sr.core.config import PRESETS
from sr.core.genotype_files import ranked
from sr.core.yaml_files import read_yaml
from sr.data.packed import Pairs
from sr.evaluate.metrics import crop, luma, psnr
from sr.methods import registry
from sr.methods.method import Method
from sr.methods.weights import save_supernet
from sr.nas.genotype import Genotype, write_genotype
from sr.nas.random_genotype import draw
from tests.helpers.cli import refused
from tests.helpers.networks import random_genotype

METHODS = ("dlsr", "mran")


@pytest.fixture
def params_file(tmp_path: Path) -> Path:
    """Return the smoke preset with both methods."""
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(read_yaml(PRESETS / "smoke.yaml") | {"methods": list(METHODS)}))
    return path


@pytest.mark.parametrize("method", METHODS)
def test_the_psnr_is_that_of_the_supernet_with_the_choices_made(
    method: str, params_file: Path, packed_set: Path, tmp_path: Path
) -> None:
    """Against the supernet itself with weight 1 on what a genotype keeps and 0 on the rest."""
    model, definition = config.load(params_file).model(method), registry.find(method)
    torch.manual_seed(0)
    supernet = definition.supernet(model.network, 2)
    definition.initialise(supernet, 2, "interpolation")
    with torch.no_grad():
        for parameter in supernet.parameters():  # so that each operation shows in the image
            parameter += 0.1 * torch.randn_like(parameter)
    save_supernet(tmp_path / "supernet.safetensors", supernet)
    networks, expected = [], []
    for number in range(3):
        decisions = drawn(definition, model.network, number)
        write_genotype(tmp_path / f"{number}.json", definition.derive(decisions))
        networks.append(f"net{number}={tmp_path / f'{number}.json'}")
        expected.append(of_supernet(supernet, decisions, packed_set, model.search.validation_images))
    out = tmp_path / "rank.json"
    options = ["rank", "--params", str(params_file), "--model", method, "--data", str(packed_set), "--out", str(out)]
    assert main([*options, "--weights", str(tmp_path / "supernet.safetensors"), "--networks", *networks]) == 0
    document = json.loads(out.read_text())
    assert (document["supernet"], list(document["psnr"])) == (method, ["net0", "net1", "net2"])
    assert document["images"] == model.search.validation_images
    # A value at the edge of rounding may fall to either side.
    assert list(document["psnr"].values()) == pytest.approx(expected, abs=0.01)
    assert len({round(value, 2) for value in expected}) == 3


def drawn(definition: Method, network: Any, number: int) -> dict[str, list[str]]:
    """Return the decisions of a random genotype."""
    kept: list[dict[str, list[str]]] = []

    def derive(decisions: Mapping[str, list[str]]) -> Genotype:
        kept.append(dict(decisions))
        return definition.derive(decisions)

    draw(derive, definition.choices(network), str(number), lambda *_: True)
    return kept[-1]


def of_supernet(supernet: Any, decisions: dict[str, list[str]], folder: Path, images: int) -> float:
    """Return the mean PSNR of the supernet's own images, of the last ``images`` of a packed set."""
    choices = supernet.arch.choices
    one_hot = {
        name: torch.tensor([float(option in decisions[name]) for option in choice.options])
        for name, choice in choices.items()
    }
    pairs = Pairs([folder], 2)
    values = []
    for number in range(len(pairs) - images, len(pairs)):
        high, low = pairs[number]
        with torch.no_grad():
            image = supernet(torch.from_numpy(low.copy()).permute(2, 0, 1)[None].float(), one_hot)
        enlarged = image[0].clamp(0, 255).round().byte().permute(1, 2, 0).numpy()
        values.append(psnr(crop(luma(enlarged), 2), crop(luma(high), 2)))
    return sum(values) / len(values)


def test_a_file_that_is_no_supernet_is_refused(
    params_file: Path, packed_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "supernet.safetensors").write_bytes(b"nothing")
    write_genotype(tmp_path / "g.json", random_genotype(registry.find("dlsr"), 1))
    options = ["--params", str(params_file), "--model", "dlsr", "--data", str(packed_set), "--out", str(tmp_path / "o")]
    options += ["--weights", str(tmp_path / "supernet.safetensors"), "--networks", f"a={tmp_path / 'g.json'}"]
    assert main(["rank", *options]) == 1
    assert "supernet.safetensors: not weights of a supernet" in capsys.readouterr().err


def test_a_model_without_a_search_has_no_supernet(
    params_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = read_yaml(params_file)
    raw["dlsr"]["variants"] = {"chance": {"random": {"draws": 1}, "retrain": {"genotype": "random"}}}
    params_file.write_text(yaml.safe_dump(raw))
    options = ["--model", "chance", "--weights", "w", "--networks", "a=g", "--data", "d", "--out", tmp_path / "o"]
    line = refused(capsys, "rank", "--params", params_file, *options)
    assert "--model chance: has no search of its own, so no supernet" in line


def test_a_run_ranks_searches_and_draws_of_the_same_budget() -> None:
    raw = copy.deepcopy(read_yaml(PRESETS / "demo.yaml"))
    raw["dlsr"]["search"]["seeds"] = [0, 1]
    raw["dlsr"]["variants"] = {
        "chance": {"random": {"draws": 2, "like": "dlsr"}, "retrain": {"genotype": "random"}},
        "chance_long": {
            "random": {"draws": 2, "like": "dlsr"},
            "retrain": {"genotype": "random", "steps": {"x2": 5000}},
        },
        "any_size": {"random": {"draws": 2}, "retrain": {"genotype": "random"}},
    }
    assert ranked(config.check(raw).models) == {"dlsr": ["dlsr", "dlsr_seed1", "chance", "chance_draw2"]}
    raw["dlsr"]["retrain"]["genotype"] = "published"
    raw["dlsr"]["search"]["seeds"] = []
    assert ranked(config.check(raw).models) == {}
