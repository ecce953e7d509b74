"""Networks with the weights of a supernet, and which of them a run ranks."""

import copy
import json
from pathlib import Path

import pytest
import torch
import yaml

from sr.cli.main import main
from sr.core import config
from sr.core.config import PRESETS
from sr.core.genotype_files import ranked
from sr.core.yaml_files import read_yaml
from sr.methods import registry
from sr.methods.weights import save_supernet
from sr.nas.genotype import write_genotype
from tests.helpers.networks import random_genotype

METHODS = ("dlsr", "mran")


@pytest.fixture
def params_file(tmp_path: Path) -> Path:
    """Return the smoke preset with both methods."""
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(read_yaml(PRESETS / "smoke.yaml") | {"methods": list(METHODS)}))
    return path


@pytest.mark.parametrize("method", METHODS)
def test_the_order_is_that_of_the_inherited_weights(
    method: str, params_file: Path, packed_set: Path, tmp_path: Path
) -> None:
    """A supernet that interpolates gives every network a sensible image; one spoilt operation spoils its networks."""
    params = config.load(params_file)
    definition, model = registry.find(method), params.model(method)
    torch.manual_seed(0)
    supernet = definition.supernet(model.network, 2)
    definition.initialise(supernet, 2, "interpolation")
    save_supernet(tmp_path / "supernet.safetensors", supernet)
    networks = []
    for number in range(3):
        write_genotype(tmp_path / f"{number}.json", _fitting(definition, model.network, number))
        networks.append(f"net{number}={tmp_path / f'{number}.json'}")
    out = tmp_path / "rank.json"
    options = ["rank", "--params", str(params_file), "--model", method, "--data", str(packed_set), "--out", str(out)]
    assert main([*options, "--weights", str(tmp_path / "supernet.safetensors"), "--networks", *networks]) == 0
    document = json.loads(out.read_text())
    assert (document["supernet"], list(document["psnr"])) == (method, ["net0", "net1", "net2"])
    assert document["images"] == model.search.validation_images
    assert all(20 < value < 50 for value in document["psnr"].values())


def _fitting(definition, network, number: int):
    from sr.nas.random_genotype import draw

    return draw(definition.derive, definition.choices(network), str(number), lambda _: True)


def test_a_file_that_is_no_supernet_is_refused(
    params_file: Path, packed_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "supernet.safetensors").write_bytes(b"nothing")
    write_genotype(tmp_path / "g.json", random_genotype(registry.find("dlsr"), 1))
    options = ["--params", str(params_file), "--model", "dlsr", "--data", str(packed_set), "--out", str(tmp_path / "o")]
    options += ["--weights", str(tmp_path / "supernet.safetensors"), "--networks", f"a={tmp_path / 'g.json'}"]
    assert main(["rank", *options]) == 1
    assert "supernet.safetensors: not weights of a supernet" in capsys.readouterr().err


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
