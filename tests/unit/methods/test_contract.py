"""What every method must do; runs for each method found in the package, unasked."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from sr.core import config
from sr.core.errors import UserError
from sr.core.genotype_files import given_genotype
from sr.core.yaml_files import read_yaml
from sr.data.degrade import crop_to_multiple, downscale
from sr.evaluate.metrics import crop, luma, psnr
from sr.methods import registry
from sr.methods.method import Method
from sr.nas.derive import decide
from sr.nas.genotype import Genotype, read_genotype, write_genotype
from sr.stages.retrain import UPSAMPLER
from tests.conftest import REPO
from tests.helpers.networks import random_genotype, random_table, small

PRESETS = REPO / "workflow" / "presets"


@pytest.fixture(params=registry.names())
def method(request: pytest.FixtureRequest) -> Method:
    return registry.find(request.param)


def as_searched(method: Method, genotype: Genotype) -> torch.nn.Module:
    """Return the derived network that has the search network's shape."""
    return method.network(genotype, method.searched(small(method)), 2)


def untrained(method: Method, kind: str, scale: int, seed: int) -> torch.nn.Module:
    """Return a supernet, or the derived network of a random genotype."""
    if kind == "supernet":
        return method.supernet(small(method), scale)
    return method.network(random_genotype(method, seed), small(method), scale)


def test_the_package_has_methods() -> None:
    assert "dlsr" in registry.names()
    with pytest.raises(UserError, match="unknown method 'nobody'. Known: .*dlsr"):
        registry.find("nobody")


def test_it_says_what_it_is(method: Method) -> None:
    assert method.title
    assert len(method.primitives) > 1


GIVEN = {"dlsr": "published", "mran": "fitted"}


# The smallest preset has fewer cells than DLSR's published genotype.
@pytest.mark.parametrize(
    ("preset", "searched"), [("smoke", True), ("demo", True), ("demo", False), ("paper", True), ("paper", False)]
)
def test_every_preset_holds_every_method(preset: str, searched: bool) -> None:
    """Every model takes its genotype, also if none is searched."""
    raw = read_yaml(PRESETS / f"{preset}.yaml") | {"methods": registry.names()}
    for name in () if searched else GIVEN:
        raw[name]["retrain"]["genotype"] = GIVEN[name]
    params = config.check(raw)
    for model in params.models.values():
        method = registry.find(model.method)
        network = model.network
        genotype = method.derive({name: list(c.options[: c.keep]) for name, c in method.choices(network).items()})
        if model.retrain.genotype != "searched":
            genotype = read_genotype(REPO / given_genotype(model.name, method.name), method.genotype_type)
        with torch.device("meta"):
            for scale in model.scales:
                method.network(genotype, network, scale)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_output_shapes(method: Method, scale: int) -> None:
    lr = torch.rand(2, 3, 17, 19) * 255
    assert method.supernet(small(method), scale)(lr).shape == (2, 3, 17 * scale, 19 * scale)
    assert method.network(random_genotype(method, 0), small(method), scale)(lr).shape == (2, 3, 17 * scale, 19 * scale)


def test_gradient_reaches_every_parameter(method: Method) -> None:
    """A ReLU of few channels may be off for one draw of the weights; a parameter off in all draws is cut off."""
    torch.manual_seed(0)
    dead = None
    for _ in range(20):
        supernet = method.supernet(small(method), 2)
        (supernet(torch.rand(2, 3, 32, 32) * 255).square().mean() + supernet.parameter_loss()).backward()
        names = dict(supernet.named_parameters())
        assert any(name.startswith("arch.") for name in names)
        still = {name for name, p in names.items() if p.grad is None or not p.grad.abs().sum() > 0}
        dead = still if dead is None else dead & still
        if not dead:
            break
    assert dead == set()


# dB that an untrained network may lie below bilinear enlargement. MRAN's x4 is two bilinear stages, and its blocks and
# attentions have no skip connection around all of them.
BELOW_BILINEAR = {"mran": 1.5}


@pytest.mark.parametrize("kind", ["supernet", "derived"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_an_interpolating_start_enlarges_bilinearly(method: Method, kind: str, scale: int, photo: np.ndarray) -> None:
    hr = crop_to_multiple(photo, scale)
    lr = torch.from_numpy(downscale(hr, scale).copy()).permute(2, 0, 1)[None].float()
    bilinear = torch.nn.functional.interpolate(lr, scale_factor=scale, mode="bilinear")

    def quality(sr: torch.Tensor) -> float:
        image = sr.clamp(0, 255).round()[0].permute(1, 2, 0).numpy().astype(np.uint8)
        return psnr(crop(luma(image), scale), crop(luma(hr), scale))

    for seed in range(3):
        torch.manual_seed(seed)
        network = untrained(method, kind, scale, seed)
        assert quality(network(lr).detach()) < quality(bilinear) - 3  # or the test shows nothing
        method.initialise(network, scale, "interpolation")
        assert quality(network(lr).detach()) > quality(bilinear) - BELOW_BILINEAR.get(method.name, 0.5)


@pytest.mark.parametrize("kind", ["supernet", "derived"])
def test_gradient_reaches_every_parameter_of_an_interpolating_start(method: Method, kind: str) -> None:
    dead: set[str] | None = None
    for seed in range(20):
        torch.manual_seed(seed)
        network = untrained(method, kind, 2, 0)
        method.initialise(network, 2, "interpolation")
        network(torch.rand(2, 3, 32, 32) * 255).square().mean().backward()
        still = {name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0}
        dead = still if dead is None else dead & still
        if not dead:
            break
    assert dead == set()


def test_supernet_choices_are_the_methods(method: Method) -> None:
    supernet = method.supernet(small(method), 2)
    assert supernet.arch.choices == method.choices(small(method))
    for probabilities in supernet.arch().values():
        assert probabilities.sum().item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_hot_supernet_equals_derived_network(method: Method, seed: int) -> None:
    """With weight 1 on what is kept, 0 elsewhere, and the same weights, both compute the same image."""
    torch.manual_seed(seed)
    supernet = method.supernet(small(method), 2).double()
    decisions = decide(random_table(method, seed), method.choices(small(method)))
    genotype = method.derive(decisions)
    one_hot = {
        name: torch.tensor([float(option in decisions[name]) for option in choice.options], dtype=torch.double)
        for name, choice in method.choices(small(method)).items()
    }
    network = as_searched(method, genotype).double()
    network.load_state_dict(method.inherit(supernet, genotype))
    lr = torch.rand(2, 3, 20, 23, dtype=torch.double) * 255
    torch.testing.assert_close(supernet(lr, one_hot), network(lr), rtol=1e-9, atol=1e-9)


def test_genotype_survives_json(method: Method, tmp_path: Path) -> None:
    genotype = random_genotype(method, 3)
    write_genotype(tmp_path / "g.json", genotype)
    assert read_genotype(tmp_path / "g.json", method.genotype_type) == genotype


def test_published_genotype_is_valid(method: Method) -> None:
    path = REPO / "data" / "genotypes" / f"{method.name}.json"
    if not path.exists():
        pytest.skip(f"{method.name} ships no published genotype")
    read_genotype(path, method.genotype_type)


def test_warm_start_leaves_only_the_upsampler(method: Method) -> None:
    genotype = random_genotype(method, 1)
    x2, x4 = (method.network(genotype, small(method), scale).state_dict() for scale in (2, 4))
    # x4 may take more stages than x2, so the upsamplers may differ in names as well as in shapes.
    outside = [{k: v.shape for k, v in state.items() if not k.startswith(UPSAMPLER)} for state in (x2, x4)]
    inside = [{k: v.shape for k, v in state.items() if k.startswith(UPSAMPLER)} for state in (x2, x4)]
    assert outside[0] == outside[1]
    assert outside[0]
    assert inside[0] != inside[1]


def test_min_size_is_enough(method: Method) -> None:
    side = method.min_size
    supernet = method.supernet(small(method), 2).eval()
    for seed in range(5):
        network = method.network(random_genotype(method, seed), small(method), 2).eval()
        assert network(torch.rand(1, 3, side, side) * 255).shape == (1, 3, 2 * side, 2 * side)
    with pytest.raises(RuntimeError):
        supernet(torch.rand(1, 3, side - 1, side) * 255)


def test_unknown_operation_is_named(method: Method, tmp_path: Path) -> None:
    text = json.dumps(random_genotype(method, 0).without_evidence())
    kept = next(name for name in method.primitives if f'"{name}"' in text)
    (tmp_path / "g.json").write_text(text.replace(f'"{kept}"', '"conv_9x9"'))
    with pytest.raises(UserError, match=r'g\.json: genotype\..*: "conv_9x9": unknown operation. Choose from '):
        read_genotype(tmp_path / "g.json", method.genotype_type)
