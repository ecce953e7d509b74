"""Networks in ONNX files: measured like ours, counted from the graph, refused in one line if they do not fit."""

import csv
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

import numpy as np
import onnx
import pytest

from sr.cli.main import main
from sr.core.errors import UserError
from sr.core.files import read_json
from sr.data.degrade import upscale
from sr.evaluate.benchmark import Rules, folder_samples, measure
from sr.evaluate.onnx_network import OnnxNetwork
from sr.evaluate.output_size import lr_size
from tests.conftest import photograph, save_image
from tests.helpers.cli import refused
from tests.helpers.onnx_files import (
    RGB,
    external,
    nearest,
    not_finite,
    of_one_size,
    overflowing,
    to_one_size,
    unknown_operation,
)
from tests.helpers.repository import SHARED

PEERS = SHARED / "peers"


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("text", ["RGB float32 0..255", "RGB 0..1", "BGR 0..255", "BGR 0..1"])
def test_output_and_counts(tmp_path: Path, scale: int, text: str) -> None:
    network = OnnxNetwork(nearest(tmp_path / "a.onnx", scale, {"range": text, "min_size": "16"}), scale)
    image = photograph()[:40, :33]
    assert np.array_equal(network(image), image.repeat(scale, 0).repeat(scale, 1))


def test_counts_at_the_size_of_the_papers(tmp_path: Path) -> None:
    network = OnnxNetwork(nearest(tmp_path / "a.onnx", 4), 4)
    width, height = lr_size(4)
    assert network.parameters() == 9 * 4**2
    assert network.mult_adds() == 9 * 4**2 * width * height


def test_sides_are_padded_to_a_multiple_and_cropped(tmp_path: Path) -> None:
    network = OnnxNetwork(nearest(tmp_path / "a.onnx"), 2, min_side=16, multiple=8)
    image = photograph()[:41, :35]
    assert np.array_equal(network(image), image.repeat(2, 0).repeat(2, 1))


def test_images_below_the_smallest_side_never_reach_the_runtime(tmp_path: Path) -> None:
    network = OnnxNetwork(nearest(tmp_path / "a.onnx"), 2)
    with pytest.raises(UserError, match=r"image of 60x47 pixels is too small: a.onnx needs 48 a side"):
        network(photograph()[:47, :60])


def test_a_released_network_of_ours_agrees_with_torch(tmp_path: Path) -> None:
    from sr.evaluate.complexity import tally
    from sr.evaluate.inference import super_resolve
    from sr.evaluate.output_size import CHALLENGE_SIZE, lr_size
    from sr.methods.releases import load_weights
    from sr.use import zoo
    from sr.use.export import export

    trained = load_weights(zoo.default(2).weights)
    export(trained, "onnx", tmp_path / "a.onnx", check=False)
    network = OnnxNetwork(tmp_path / "a.onnx", 2)
    image = photograph()
    difference = network(image).astype(int) - super_resolve(trained.network().eval(), image, 2)
    assert np.abs(difference).max() <= 1
    assert (difference != 0).mean() < 1e-3
    # Counted in the graph, and by the layers of torch.
    for size in (lr_size(2), CHALLENGE_SIZE):
        counted = tally(trained.network(), size)
        assert network.convolutions(size) == (counted.mult_adds, counted.activations)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"change": external}, "weights such as 'weights' are in other files"),
        ({"change": unknown_operation}, "not a usable ONNX network"),
        ({"sides": (64, 64)}, "its input has a fixed size, .*free height and width"),
        ({"channels": 1}, r"its input is not float32 \(N, 3, height, width\)"),
        ({"scale": 3}, "turns 48x49 pixels into 1x3x144x147, not x2"),
        ({"facts": {}}, "channel order and value range are not known. Give --pixels"),
        ({"facts": {"input": "RGB"}}, "channel order and value range are not known. Give --pixels"),
    ],
)
def test_refusals(tmp_path: Path, options: dict, message: str) -> None:
    path = nearest(tmp_path / "a.onnx", **options)
    with pytest.raises(UserError, match=message) as caught:
        OnnxNetwork(path, 2)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [(of_one_size, "not a usable ONNX network"), (to_one_size, "turns 60x70 pixels into 1x3x96x98, not x2")],
)
def test_what_holds_at_one_size_only_is_one_line(
    tmp_path: Path, change: Callable[[onnx.ModelProto], None], message: str
) -> None:
    network = OnnxNetwork(nearest(tmp_path / "a.onnx", change=change), 2)
    with pytest.raises(UserError, match=message) as caught:
        network(photograph()[:60, :70])
    assert "\n" not in str(caught.value)
    if change is of_one_size:
        with pytest.raises(UserError, match=message):
            network.mult_adds()


@pytest.mark.parametrize("key", ["min_size", "multiple"])
@pytest.mark.parametrize("value", ["9999", "99999", "-8", "eight"])
def test_absurd_sides_in_the_metadata_are_refused(tmp_path: Path, key: str, value: str) -> None:
    """9999 would run the network on gigabytes of pixels; 99999 was not read at all."""
    path = nearest(tmp_path / "a.onnx", facts=RGB | {key: value})
    with pytest.raises(UserError, match=f"its metadata state {key} = {value}. Give a number up to 1024"):
        OnnxNetwork(path, 2)


@pytest.mark.parametrize("content", [b"", b"onnx", bytes(range(256)) * 50])
def test_damaged_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a usable ONNX network|has 0 inputs"):
        OnnxNetwork(path, 2)
    with pytest.raises(UserError, match="No such file"):
        OnnxNetwork(tmp_path / "b.onnx", 2)


def test_output_that_is_not_finite(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the output is not finite"):
        OnnxNetwork(nearest(tmp_path / "a.onnx", change=not_finite), 2)
    # Black stays black, and so passes at first.
    network = OnnxNetwork(nearest(tmp_path / "a.onnx", change=overflowing), 2)
    with pytest.raises(UserError, match="the output is not finite"):
        network(photograph())


def test_the_measurement_is_that_of_any_enlarger(tmp_path: Path, benchmarks: Path) -> None:
    network = OnnxNetwork(nearest(tmp_path / "a.onnx"), 2)
    samples = folder_samples(benchmarks / "Set5" / "HR", None, 2)
    ours = fmean(result.values["psnr"] or 0 for result in measure(network, samples, Rules(2, 0, 2)))
    bicubic = measure(lambda lr: upscale(lr, 2), folder_samples(benchmarks / "Set5" / "HR", None, 2), Rules(2, 0, 2))
    assert 30 < ours < fmean(result.values["psnr"] or 0 for result in bicubic)


def peers() -> list:
    """Return a case for each published network; the small ones are enough for each run of the tests."""
    if not (PEERS / "peers.csv").is_file():
        return []
    with open(PEERS / "peers.csv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    quick = {"plainusr_s_x4", "span_ch28_x4", "plainusr_s_x2", "rlfn_ntire_x4", "smfanet_df2k_x4"}
    return [pytest.param(row, id=row["key"], marks=[] if row["key"] in quick else pytest.mark.thorough) for row in rows]


ROWS = [case.values[0] for case in peers()]  # noqa: PD011
needs_peers = pytest.mark.skipif(
    not ROWS, reason="needs the networks in ../shared/peers, which are not part of the project"
)


@needs_peers
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["key"])
def test_published_networks_have_the_parameters_of_their_authors_code(row: dict[str, str]) -> None:
    network = OnnxNetwork(PEERS / f"{row['key']}.onnx", int(row["scale"]))
    # The mean shifts at both ends of CARN have the same nine weights, which its file has once.
    shared = 9 if row["name"] == "CARN-M" else 0
    assert network.parameters() == int(row["params_used_at_scale"]) - shared


@needs_peers
@pytest.mark.parametrize("row", peers())
def test_published_networks_agree_with_independent_measurements(row: dict[str, str], benchmarks: Path) -> None:
    scale = int(row["scale"])
    network = OnnxNetwork(PEERS / f"{row['key']}.onnx", scale)
    expected = float(row["mult_adds_g_x3_at_426x240"] or row["mult_adds_g"])
    assert network.mult_adds() / 1e9 == pytest.approx(expected, abs=0.006)
    assert_agreement(network, row, benchmarks / "Set5")


@pytest.mark.thorough
@needs_peers
@pytest.mark.parametrize("name", ["Set14", "B100"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["key"])
def test_published_networks_agree_on_larger_sets(row: dict[str, str], name: str, benchmarks: Path) -> None:
    assert_agreement(OnnxNetwork(PEERS / f"{row['key']}.onnx", int(row["scale"])), row, benchmarks / name)


def assert_agreement(network: OnnxNetwork, row: dict[str, str], folder: Path) -> None:
    """Compare PSNR and SSIM at both border crops with the independent measurement on one set."""
    scale, name = network.scale, folder.name.lower()
    results = measure(network, folder_samples(folder / "HR", None, scale), Rules(scale, 0, scale))
    columns = [(scale, "psnr", 0.01, ""), (scale, "ssim", 1e-4, ""), (4, "psnr", 0.01, "_crop4")]
    for border, metric, tolerance, ending in columns:
        mean = fmean(result.crops[str(border)][metric] or 0 for result in results)
        assert mean == pytest.approx(float(row[f"{name}_{metric}{ending}"]), abs=tolerance)


def test_the_command_line_measures_and_counts(
    tmp_path: Path, capfd: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder without params.yaml, too."""
    monkeypatch.chdir(tmp_path)
    save_image(tmp_path / "set" / "cat.png", photograph())
    path, out = nearest(tmp_path / "a.onnx", 4, {}), tmp_path / "a.json"
    command = ["evaluate", "--onnx", str(path), "--hr", str(tmp_path / "set"), "--scale", "4", "--json", str(out)]
    assert "Give --pixels, such as 'RGB 0..255'" in refused(capfd, *command)
    assert "is for --onnx" in refused(capfd, "evaluate", "--bicubic", *command[3:], "--pixels", "RGB 0..1")
    assert "--tile is for --weights" in refused(capfd, *command, "--pixels", "RGB 0..255", "--tile", "48")
    for option in ("--min-side", "--multiple"):
        for value in ("0", "100000"):
            bounds = f"argument {option}: '{value}': must be a whole number from 1 to 1,024"
            assert bounds in refused(capfd, *command, option, value)
    assert main([*command, "--pixels", "RGB 0..255", "--min-side", "16"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "144 parameters, 0.01 G Mult-Adds for 1280x720"
    written = read_json(out)
    assert (written["model"], written["peer"], written["protocol"]["tile"]) == ("a", True, 0)
