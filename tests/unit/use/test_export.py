"""Exported networks: the same output as torch's at any size, and a file that says what it is."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sr.cli.main import main
from sr.methods.dlsr import network as dlsr
from sr.methods.mran import network as mran
from sr.methods.releases import load_weights
from sr.use import export
from tests.conftest import REPO, save_image
from tests.helpers.cli import refused
from tests.helpers.networks import SMALL, save_small

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

SIZES = [(1, 15, 15), (1, 16, 31), (3, 47, 33), (1, 90, 121)]


def every_mran_candidate() -> list[mran.Genotype]:
    """Return genotypes that together have each of MRAN's candidates."""
    names = list(mran.PRIMITIVES), list(mran.ATTENTIONS)
    edges = mran.edges(4)
    rows = []
    for shift in range(5):
        operations, attentions = ({e: kinds[(i + shift) % 5] for i, e in enumerate(edges)} for kinds in names)
        rows.append(mran.Genotype(operations=operations, attentions=attentions))
    return rows


def worst_of(path: Path, network: torch.nn.Module) -> float:
    """Return onnxruntime's largest difference from torch at sizes other than the traced one."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for batch, height, width in SIZES:
        x = torch.rand(batch, 3, height, width) * 255
        with torch.inference_mode():
            expected = network(x).numpy()
        found = session.run(None, {"lr": x.numpy()})[0]
        assert found.dtype == np.float32
        assert found.shape == expected.shape
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", SMALL)
def test_onnx_gives_torchs_output_at_any_size(tmp_path: Path, capsys, name: str, scale: int) -> None:
    weights = save_small(tmp_path / "w.safetensors", name, scale)
    out = tmp_path / "model.onnx"
    assert main(["export", "--model", str(weights), "--format", "onnx", "--out", str(out)]) == 0
    assert "levels (of 255) of torch's" in capsys.readouterr().out
    assert worst_of(out, load_weights(weights).network().eval()) <= export.TOLERANCE


@pytest.mark.parametrize("genotype", every_mran_candidate(), ids=str)
def test_onnx_has_every_candidate_of_mran(tmp_path: Path, genotype: mran.Genotype) -> None:
    weights = save_small(tmp_path / "w.safetensors", "mran", 2, genotype)
    export.export(load_weights(weights), "onnx", tmp_path / "model.onnx", False)
    assert worst_of(tmp_path / "model.onnx", load_weights(weights).network().eval()) <= export.TOLERANCE


@pytest.mark.parametrize("first", range(0, len(dlsr.PRIMITIVES), dlsr.LAYERS))
def test_onnx_has_every_candidate_of_dlsr(tmp_path: Path, first: int) -> None:
    cell = (list(dlsr.PRIMITIVES) * 2)[first : first + dlsr.LAYERS]
    genotype = dlsr.Genotype(cell=cell, inputs=[[1, 2], [2, 3], [1, 4], [4, 5]])
    weights = save_small(tmp_path / "w.safetensors", "dlsr", 2, genotype)
    export.export(load_weights(weights), "onnx", tmp_path / "model.onnx", False)
    assert worst_of(tmp_path / "model.onnx", load_weights(weights).network().eval()) <= export.TOLERANCE


def test_onnx_of_the_released_weights(tmp_path: Path, release: Path) -> None:
    trained = load_weights(release)
    assert export.export(trained, "onnx", tmp_path / "model.onnx", True) <= export.TOLERANCE
    assert worst_of(tmp_path / "model.onnx", trained.network().eval()) <= export.TOLERANCE


def test_onnx_says_what_it_is_and_is_the_same_each_time(tmp_path: Path) -> None:
    trained = load_weights(save_small(tmp_path / "w.safetensors", "dlsr", 3))
    for name in ("a.onnx", "b.onnx"):
        export.export(trained, "onnx", tmp_path / name, False)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    facts = {entry.key: entry.value for entry in onnx.load(tmp_path / "a.onnx").metadata_props}
    assert (facts["method"], facts["scale"], facts["min_size"]) == ("dlsr", "3", "15")
    assert json.loads(facts["genotype"]) == trained.genotype.without_evidence()
    assert json.loads(facts["network"])["channels"] == 8
    assert facts["range"].startswith("RGB 0..255, float32")


def test_the_documented_program_works(tmp_path: Path, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    program = re.search(r"```python\n(.*?)```", (REPO / "docs" / "use.md").read_text(), re.S)
    export.export(
        load_weights(save_small(tmp_path / "w.safetensors", "dlsr", 2)),
        "onnx",
        tmp_path / "dlsr_lite_x2.onnx",
        False,
    )
    save_image(tmp_path / "photo.png", photo)
    monkeypatch.chdir(tmp_path)
    exec(program[1], {})
    assert Image.open("photo_x2.png").size == (photo.shape[1] * 2, photo.shape[0] * 2)


@pytest.mark.parametrize("name", SMALL)
def test_torchscript_gives_torchs_output_at_any_size(tmp_path: Path, name: str) -> None:
    weights = save_small(tmp_path / "w.safetensors", name, 2)
    out = tmp_path / "model.pt"
    assert main(["export", "--model", str(weights), "--format", "torchscript", "--out", str(out)]) == 0
    facts = {"method": "", "scale": ""}
    script = torch.jit.load(out, _extra_files=facts)
    assert {key: value.decode() for key, value in facts.items()} == {"method": name, "scale": "2"}
    network = load_weights(weights).network().eval()
    with torch.inference_mode():
        for batch, height, width in SIZES:
            x = torch.rand(batch, 3, height, width) * 255
            assert (script(x) - network(x)).abs().max() <= export.TOLERANCE


def test_a_file_that_differs_is_not_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = save_small(tmp_path / "w.safetensors", "dlsr", 2)
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    line = refused(capsys, "export", "--model", weights, "--out", tmp_path / "model.onnx")
    assert "model.onnx: output differs from torch's by" in line
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


def test_without_onnx_a_line_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = save_small(tmp_path / "w.safetensors", "dlsr", 2)
    command = ("export", "--model", weights, "--out", tmp_path / "model.onnx", "--check")
    for package in ("onnxruntime", "onnx"):
        monkeypatch.setitem(sys.modules, package, None)
        line = refused(capsys, *command)
        assert f"needs the package {package}, which is not installed. Run: pip install onnx onnxruntime" in line


def test_without_onnxruntime_the_file_is_written_unchecked(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = save_small(tmp_path / "w.safetensors", "dlsr", 2)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert main(["export", "--model", str(weights), "--out", str(tmp_path / "model.onnx")]) == 0
    assert "not checked" in capsys.readouterr().out
    onnx.checker.check_model(onnx.load(tmp_path / "model.onnx"))
