"""DLSR: counts of the paper's tables, the released weights, and genotypes that cannot be built."""

import json
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from sr.cli.main import main
from sr.core.errors import UserError
from sr.core.files import read_json
from sr.evaluate.complexity import mult_adds, mult_adds_thop, parameters
from sr.evaluate.network_counts import network_counts
from sr.evaluate.output_size import lr_size
from sr.methods.dlsr.network import METHOD, PRIMITIVES, Network
from sr.methods.releases import load_weights
from sr.nas.genotype import read_genotype
from tests.conftest import REPO

PUBLISHED = read_genotype(REPO / "data" / "genotypes" / "dlsr.json", METHOD.genotype_type)
PAPER = Network(channels=48, cells=6, network_level=True, pixel_range=255)


@pytest.mark.parametrize(
    ("name", "kilo_params", "giga_mult_adds"),
    [
        ("conv_1x1", 2.5, 0.576),
        ("conv_3x3", 22.5, 5.184),
        ("conv_5x5", 62.5, 14.400),
        ("conv_7x7", 122.5, 28.224),
        ("sep_conv_3x3", 5.9, 1.359),
        ("sep_conv_5x5", 7.5, 1.728),
        ("sep_conv_7x7", 9.9, 2.281),
        ("dil_conv_3x3", 2.95, 0.680),
        ("dil_conv_5x5", 3.75, 0.864),
    ],
)
def test_table_1_at_50_channels(name: str, kilo_params: float, giga_mult_adds: float) -> None:
    operation = PRIMITIVES[name](50)
    assert parameters(operation) == round(kilo_params * 1000)
    width, height = lr_size(2)
    assert round(parameters(operation) * width * height / 1e9, 3) == pytest.approx(giga_mult_adds, abs=5e-4)
    image = torch.rand(1, 50, 18, 18)
    assert operation(image).shape == image.shape


def test_table_1_lists_all_operations() -> None:
    assert len(PRIMITIVES) == 9


def test_published_params_and_mult_adds() -> None:
    """DLSR Table 2 prints 322 / 329 / 338 K, and 68.1 / 30.9 / 17.9 G, which is thop's count."""
    counts = network_counts(lambda scale: METHOD.network(PUBLISHED, PAPER, scale), [2, 3, 4])
    assert [counts[s].params for s in "234"] == [322_620, 329_115, 338_208]
    assert [round(counts[s].mult_adds / 1e9, 3) for s in "234"] == [67.306, 30.527, 17.719]
    assert [round((counts[s].mult_adds_thop or 0) / 1e9, 1) for s in "234"] == [68.1, 30.9, 17.9]
    assert [counts[s].lr_size for s in "234"] == [[640, 360], [426, 240], [320, 180]]


def test_thops_rule_on_a_network_counted_by_hand() -> None:
    """A 3x3 with bias on 640x360, LeakyReLU, ReLU (free), a 1x1 without bias: by the definition, nothing measured."""
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.LeakyReLU(), torch.nn.ReLU(), torch.nn.Conv2d(4, 2, 1, bias=False)
    ).to("meta")
    pixels = 640 * 360
    assert mult_adds(network, 2) == pixels * (3 * 4 * 9 + 4 * 2)
    assert mult_adds_thop(network, 2) == pixels * (3 * 4 * 9 + 4 * 2) + pixels * 4 + pixels * 4


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_mult_adds_agree_with_torchs_flop_counter(scale: int) -> None:
    """FlopCounterMode counts two operations a multiply-add, for convolutions only in this network."""
    with torch.device("meta"):
        network = METHOD.network(PUBLISHED, PAPER, scale)
        width, height = lr_size(scale)
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, 3, height, width))
    assert counter.get_total_flops() == 2 * mult_adds(network, scale)


def test_release_is_recognised(release: Path) -> None:
    trained = load_weights(release)
    assert trained.genotype.without_evidence() == PUBLISHED.without_evidence()
    assert (trained.method.name, trained.config, trained.scale) == ("dlsr", PAPER, 2)
    assert parameters(trained.network()) == 322_620


@pytest.mark.parametrize(
    ("name", "crop", "psnr", "ssim"),
    [
        ("Set5", 4, 38.04, 0.9606),
        pytest.param("Set14", 4, 33.67, 0.9183, marks=pytest.mark.thorough),
        ("Set5", 2, 38.04, 0.9606),
        pytest.param("Set14", 2, 33.63, 0.9184, marks=pytest.mark.thorough),
    ],
)
def test_released_weights_give_the_published_numbers(
    release: Path, benchmarks: Path, tmp_path: Path, name: str, crop: int, psnr: float, ssim: float
) -> None:
    out = tmp_path / "out.json"
    images = ["--hr", str(benchmarks / name / "HR"), "--lr", str(benchmarks / name / "LR_bicubic" / "X2")]
    command = ["evaluate", "--weights", str(release), *images, "--scale", "2", "--crop-border", str(crop)]
    assert main([*command, "--params", str(REPO / "params.yaml"), "--json", str(out)]) == 0
    mean = read_json(out)["mean"]
    assert (round(mean["psnr"], 2), round(mean["ssim"], 4)) == (psnr, ssim)


def test_degrading_hr_itself_gives_the_same_numbers(release: Path, benchmarks: Path, tmp_path: Path) -> None:
    given, made = tmp_path / "given.json", tmp_path / "made.json"
    command = ["evaluate", "--weights", str(release), "--hr", str(benchmarks / "Set5" / "HR"), "--scale", "2"]
    command += ["--crop-border", "4", "--params", str(REPO / "params.yaml")]
    assert main([*command, "--lr", str(benchmarks / "Set5" / "LR_bicubic" / "X2"), "--json", str(given)]) == 0
    assert main([*command, "--json", str(made)]) == 0
    assert read_json(given)["images"] == read_json(made)["images"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"cell": ["conv_1x1", "conv_1x1", "conv_9x9"]},
            r'cell\.2: "conv_9x9": unknown operation. Choose ',
        ),
        ({"cell": ["conv_1x1"]}, r"cell: list should have at least 3 items"),
        ({"method": "mran"}, "method: 'mran'. Use a genotype of 'dlsr'"),
        ({"inputs": [[1, 1]]}, r"inputs\.0: reads a cell twice"),
        ({"inputs": [[1, 3]]}, "inputs.0: cell 3 cannot read cell 3"),
        ({"extra": 1}, "unknown key 'extra'"),
    ],
)
def test_a_wrong_genotype_is_refused(tmp_path: Path, change: dict, message: str) -> None:
    (tmp_path / "g.json").write_text(json.dumps(PUBLISHED.without_evidence() | change))
    with pytest.raises(UserError, match=r"g\.json: genotype.*" + message):
        read_genotype(tmp_path / "g.json", METHOD.genotype_type)


def test_wiring_for_another_number_of_cells_is_refused() -> None:
    with pytest.raises(UserError, match=r"inputs: for 5 cells, but network\.cells is 6 and network_level True"):
        METHOD.network(PUBLISHED.replace(inputs=[[1, 2], [2, 3], [2, 4]]), PAPER, 2)


def test_without_network_level_the_cells_are_a_chain() -> None:
    """DLSR-B (Table 5): no beta to search, no 1x1 convolution in front of a cell."""
    chain = PAPER.replace(network_level=False)
    assert list(METHOD.choices(chain)) == ["alpha_1", "alpha_2", "alpha_3"]
    genotype = METHOD.derive({f"alpha_{i}": ["conv_1x1"] for i in (1, 2, 3)})
    assert genotype.inputs == []
    network, supernet = METHOD.network(genotype, chain, 2), METHOD.supernet(chain, 2)
    assert not [name for name, _ in network.named_parameters() if name.startswith("merges")]
    network.load_state_dict(METHOD.inherit(supernet, genotype))
    image = torch.rand(1, 3, 16, 16) * 255
    one_hot = {name: torch.eye(9)[0] for name in METHOD.choices(chain)}
    torch.testing.assert_close(supernet(image, one_hot), network(image), rtol=1e-4, atol=1e-3)
