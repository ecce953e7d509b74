"""Checkpoints of the authors: known by their digest, refused otherwise, and the printed numbers that they give."""

import json
from pathlib import Path

import pytest
import torch

from sr.cli.main import main
from sr.core.errors import UserError
from sr.core.files import read_json
from sr.data import releases
from sr.evaluate.complexity import parameters
from sr.methods import published
from sr.methods.published import SETS
from sr.methods.releases import load_weights
from tests.conftest import REPO

PARAMS = {"dlsr_released": 322_620, "dlsr_b_released": 327_804, "dlsr_s_released": 56_268}
# The small network's row is not available to us; measured independently, crop 2.
SMALL = {"Set5": 37.71, "Set14": 33.26, "B100": 31.97}
# On B100 the last digit differs from the printed 32.21 / 0.9002, which both rows have.
ON_B100 = {"dlsr_released": (32.21, 0.9001), "dlsr_b_released": (32.20, 0.9001)}


def test_every_checkpoint_is_known_by_its_digest(checkpoints: dict[str, Path]) -> None:
    for name, path in checkpoints.items():
        trained, entry = load_weights(path), releases.find(name)
        assert trained.genotype.without_evidence() == entry.genotype
        assert (trained.method.name, trained.scale) == (entry.method, entry.scale)
        assert parameters(trained.network()) == PARAMS[name]
        assert f"released by DLSR's authors: {entry.row.method} of Table {entry.row.table}" in trained.origin


def test_rows_of_the_checkpoints_are_printed() -> None:
    frame = published.read(REPO / "data" / "published.csv")
    for entry in releases.known().values():
        rows = published.rows_of(frame, entry.row.paper, entry.row.table)
        assert ((rows["method"] == entry.row.method) & (rows["scale"] == entry.scale)).sum() == 1


def printed(name: str, test_set: str) -> tuple[float, float]:
    """Return the PSNR and SSIM that the checkpoint's row prints."""
    entry = releases.find(name)
    rows = published.rows_of(published.read(REPO / "data" / "published.csv"), entry.row.paper, entry.row.table)
    row = rows[(rows["method"] == entry.row.method) & (rows["scale"] == entry.scale)].iloc[0]
    key = next(key for key, title in SETS.items() if title == test_set)
    return row[f"{key}_psnr"], row[f"{key}_ssim"]


@pytest.mark.parametrize(
    "test_set", ["Set5", *(pytest.param(name, marks=pytest.mark.thorough) for name in ("Set14", "B100"))]
)
@pytest.mark.parametrize("name", PARAMS)
def test_a_checkpoint_gives_its_row_to_the_printed_digit(
    checkpoints: dict[str, Path], benchmarks: Path, tmp_path: Path, name: str, test_set: str
) -> None:
    out = tmp_path / "out.json"
    command = ["evaluate", "--weights", str(checkpoints[name]), "--hr", str(benchmarks / test_set / "HR")]
    command += ["--scale", "2", "--params", str(REPO / "params.yaml"), "--json", str(out)]
    assert main(command) == 0
    crops = read_json(out)["crops"]
    if name == "dlsr_s_released":
        assert round(crops["2"]["psnr"], 2) == SMALL[test_set]
    else:
        expected = ON_B100[name] if test_set == "B100" else printed(name, test_set)
        assert (round(crops["4"]["psnr"], 2), round(crops["4"]["ssim"], 4)) == expected


def tampered(checkpoint: Path, folder: Path) -> Path:
    """Return a copy with one weight changed a little: the layout of the release, and no known digest."""
    content = torch.load(checkpoint, map_location="cpu", weights_only=True)
    content["state_dict"]["fea_conv.weight"][0, 0, 0, 0] += 1e-3
    torch.save(content, folder / "changed.pt")
    return folder / "changed.pt"


def test_an_unknown_checkpoint_is_refused_in_one_line(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = tampered(release, tmp_path)
    command = ["evaluate", "--weights", str(path), "--hr", str(tmp_path), "--scale", "2"]
    assert main([*command, "--params", str(REPO / "params.yaml")]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "changed.pt: not a checkpoint of data/sources.yaml (SHA-256 " in message
    assert "say it with --genotype" in message


def test_an_unknown_checkpoint_takes_the_given_wiring(release: Path, tmp_path: Path) -> None:
    trained = load_weights(tampered(release, tmp_path), REPO / "data" / "genotypes" / "dlsr.json")
    assert parameters(trained.network()) == PARAMS["dlsr_released"]
    other = releases.find("dlsr_b_released").genotype
    (tmp_path / "b.json").write_text(json.dumps(other))
    with pytest.raises(UserError, match="the weights do not fit this network"):
        load_weights(tmp_path / "changed.pt", tmp_path / "b.json").network()


def test_a_genotype_for_a_known_file_is_refused(release: Path) -> None:
    with pytest.raises(UserError, match="its genotype is known. Leave out --genotype"):
        load_weights(release, REPO / "data" / "genotypes" / "dlsr.json")
