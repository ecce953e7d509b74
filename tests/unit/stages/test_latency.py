"""Time and memory of real networks: weights of the zoo, the authors' layout and ONNX files, by the command line."""

import shutil
import sys
from pathlib import Path

import pytest
import torch
import yaml

from sr.cli.main import main
from sr.core.formats import load
from sr.evaluate.latency_formats import Latency
from sr.use import zoo
from sr.use.formats import Card
from tests.helpers.onnx_files import nearest
from tests.helpers.repository import REPO
from tests.helpers.spandrel_stub import nearest_state, stub

PRESET = REPO / "workflow" / "presets" / "smoke.yaml"
WEIGHTS = REPO / "results" / "zoo" / "dlsr_lite_x4" / "weights.safetensors"


@pytest.fixture
def params(tmp_path: Path) -> Path:
    """Return the preset smoke with one other network."""
    raw = yaml.safe_load(PRESET.read_text())
    nearest(tmp_path / "peer.onnx", 2)
    raw["data"]["peers"] = {"nearest": {"x2": str(tmp_path / "peer.onnx")}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(raw))
    return tmp_path / "params.yaml"


def test_all_networks_are_timed(params: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "latency.json"
    given = ["--params", str(params), "--weights", f"dlsr={WEIGHTS}", "--peers", "nearest", "--json", str(out)]
    assert main(["latency", *given, "--rounds", "2", "--warmup", "0"]) == 0
    result = load(out, Latency)
    assert [(row.model, row.scale) for row in result.rows] == [("dlsr", 4), ("nearest", 2)]
    assert (result.hr_size, result.rounds, result.threads) == ([1280, 720], 2, 1)
    for row in result.rows:
        assert 0 < row.low <= row.median <= row.high
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("dlsr x4: ")
    # Its features alone, 40 and more channels of 320x180 in float32, are larger than a megabyte.
    if (peak := result.rows[0].peak_memory) is not None:
        assert peak > 2**20


def test_a_network_that_spandrel_knows_is_timed(
    params: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "spandrel", stub())
    torch.save(nearest_state(4), tmp_path / "a.pth")
    raw = yaml.safe_load(params.read_text())
    raw["data"]["peers"]["nearest"]["x4"] = str(tmp_path / "a.pth")
    params.write_text(yaml.safe_dump(raw))
    out = tmp_path / "latency.json"
    given = ["--params", str(params), "--peers", "nearest", "--json", str(out)]
    assert main(["latency", *given, "--rounds", "2", "--warmup", "0"]) == 0
    rows = load(out, Latency).rows
    assert [(row.model, row.scale) for row in rows] == [("nearest", 2), ("nearest", 4)]
    # The copies of the channels are at least 48 x 320 x 180 values in float32.
    assert rows[1].peak_memory is None or rows[1].peak_memory > 48 * 320 * 180 * 4


def test_the_zoos_cards_say_what_was_measured(
    params: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    entry = tmp_path / "zoo" / WEIGHTS.parent.name
    shutil.copytree(WEIGHTS.parent, entry)
    monkeypatch.setattr(zoo, "FOLDER", tmp_path / "zoo")
    before = load(entry / "card.json", Card)
    assert main(["latency", "--params", str(params), "--zoo", "--rounds", "1", "--warmup", "0"]) == 0
    card = load(entry / "card.json", Card)
    assert card.replace(timing=before.timing) == before
    assert card.timing.low <= card.timing.median <= card.timing.high
    assert (
        f"Time for one output of 1280×720 on 1 thread(s) of {card.timing.processor}" in (entry / "card.md").read_text()
    )
    assert "](curve.png)" in (entry / "card.md").read_text()
    assert f"{entry.name} x4: {card.timing.median:.1f} ms" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to time. Give --weights, --peers or --zoo"),
        (["--peers", "unknown"], "--peers: 'unknown' is not in data.peers"),
        (["--weights", "x2.safetensors"], "--weights: 'x2.safetensors' is not MODEL=FILE"),
        (["--weights", f"a={WEIGHTS}", f"a={WEIGHTS}"], "--weights: a at x4 twice. Give each network once"),
        (["--weights", "a=absent.safetensors"], "absent.safetensors: no such weights file"),
    ],
)
def test_refusals(params: Path, words: list[str], message: str, capsys: pytest.CaptureFixture) -> None:
    assert main(["latency", "--params", str(params), *words]) == 1
    assert message in capsys.readouterr().err
