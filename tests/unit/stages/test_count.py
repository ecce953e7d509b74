"""Counts of models, operations and reference sizes: the numbers, the files, and the options of the verb."""

from pathlib import Path

import pytest
import torch

from sr.cli.main import main
from sr.core import config, formats
from sr.evaluate.complexity import tally
from sr.evaluate.formats import ModelCounts, OperationCounts, ReferenceCounts
from sr.stages.count import count_reference
from tests.conftest import REPO

PAPER = str(REPO / "workflow" / "presets" / "paper.yaml")
DLSR, MRAN = (f"{REPO}/data/genotypes/{name}.json" for name in ("dlsr", "mran"))


def test_networks_have_a_file_each(tmp_path: Path) -> None:
    assert main(["count", "--networks", f"dlsr={DLSR}", f"mran={MRAN}", "--params", PAPER, "--out", str(tmp_path)]) == 0
    dlsr, mran = (formats.load(tmp_path / f"{name}.json", ModelCounts) for name in ("dlsr", "mran"))
    assert [dlsr.scales[scale].params for scale in ("2", "3", "4")] == [322_620, 329_115, 338_208]
    assert mran.scales["2"].mult_adds == 108_453_889_024
    assert set(dlsr.genotype) == {"format", "method", "cell", "inputs"}


def test_counts_for_a_challenges_input(tmp_path: Path) -> None:
    genotype = REPO / "data/genotypes/dlsr.json"
    given = ["--networks", f"dlsr={genotype}", "--params", str(REPO / "workflow/presets/paper.yaml")]
    assert main(["count", *given, "--out", str(tmp_path)]) == 0
    counts = formats.load(tmp_path / "dlsr.json", ModelCounts).scales["4"]
    # Everything but the attention's pooled part grows with the pixels; 20.2 G are known for DLSR x4 at 256x256.
    ratio = 256 * 256 / (320 * 180)
    assert counts.challenge.mult_adds == pytest.approx(counts.mult_adds * ratio, rel=2e-3)
    assert counts.challenge.mult_adds / 1e9 == pytest.approx(20.2, abs=0.05)
    assert counts.challenge.activations == pytest.approx(counts.activations * ratio, rel=2e-3)


def test_activations_are_what_convolutions_return() -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(8, 5, 1, stride=2))
    assert tally(net, (20, 10)).activations == 8 * 20 * 10 + 5 * 10 * 5


def test_operations_of_a_method(tmp_path: Path) -> None:
    assert main(["count", "--operations", "dlsr", "--channels", "50", "--out", str(tmp_path)]) == 0
    counts = formats.load(tmp_path / "operations_dlsr.json", OperationCounts)
    assert counts.operations["conv_3x3"].params == 9 * 50 * 50
    assert counts.operations["conv_3x3"].mult_adds == 9 * 50 * 50 * 640 * 360


def test_reference_has_every_model_or_the_given_ones(tmp_path: Path) -> None:
    command = ["count", "--reference", f"mran={MRAN}", "--params", PAPER, "--out", str(tmp_path)]
    assert main(command) == 0
    counts = formats.load(tmp_path / "reference_mran.json", ReferenceCounts)
    assert {row.model for row in counts.rows} >= {"mran", "mran_rb", "mran_mrab_csrm"}
    assert all(row.model.startswith("mran") for row in counts.rows)
    assert {row.model for row in count_reference(config.load(PAPER), "mran", MRAN, ["mran"]).rows} == {"mran"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--networks", "dlsr", "--params", PAPER], "dlsr: not of the form NAME=FILE"),
        (["--networks", f"nothing={DLSR}", "--params", PAPER], "unknown model 'nothing'"),
        (
            ["--networks", f"dlsr={MRAN}", "--params", PAPER],
            "mran.json: genotype.method: 'mran'. Use a genotype of 'dlsr'",
        ),
        (["--networks", f"dlsr={DLSR}"], "--params is missing: --networks needs it"),
        (["--operations", "dlsr"], "--channels is missing: --operations needs it"),
        (["--operations", "dlsr", "--channels", "50", "--scale", "2"], "--scale has no effect with --operations"),
        (["--operations", "nothing", "--channels", "50"], "unknown method 'nothing'"),
        (["--operations", "dlsr", "--channels", "0"], "'0': must be a whole number from 1"),
        (["--reference", f"nothing={DLSR}", "--params", PAPER], "unknown method 'nothing'"),
        (["--reference", f"mran={MRAN}", "--params", PAPER, "--channels", "8"], "--channels has no effect"),
        (["--params", PAPER], "one of the arguments --networks --operations --reference --peers is required"),
    ],
)
def test_mistakes_are_named(capsys: pytest.CaptureFixture, arguments: list[str], message: str) -> None:
    assert main(["count", *arguments]) == 1
    assert message in capsys.readouterr().err
