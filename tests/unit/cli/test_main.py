"""The command line: every mistake is one line and exit code 1, and leaves nothing half-written."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sr.cli.main import main, verbs
from sr.core.files import read_json
from sr.core.formats import load
from sr.data.content_digest import ContentDigest
from sr.evaluate.formats import Metrics
from tests.conftest import REPO, save_image
from tests.helpers.cli import refused
from tests.helpers.networks import tiny

PARAMS = str(REPO / "params.yaml")
GENOTYPE = str(REPO / "data" / "genotypes" / "dlsr.json")


def test_help_lists_every_verb_without_importing_torch() -> None:
    probe = """
import sys
from sr.cli.main import main
try:
    main(["--help"])
except SystemExit:
    print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", probe], cwd=REPO, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")
    for verb in (
        "fetch",
        "degrade",
        "search",
        "genotype",
        "retrain",
        "evaluate",
        "count",
        "table",
        "plot",
        "diagram",
        "panel",
        "crops",
        "upscale",
        "export",
        "card",
    ):
        assert f"\n    {verb} " in done.stdout or f"\n    {verb}\n" in done.stdout
    assert all(help_text.endswith(".") for help_text in verbs().values())


def test_a_mistake_gives_exit_code_1_and_no_traceback() -> None:
    command = [sys.executable, "-m", "sr", "evaluate", "--bicubic", "--hr", "nowhere", "--scale", "2"]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: nowhere")
    assert done.stderr.count("\n") == 1


def test_unknown_verb_argument_and_scale(capsys: pytest.CaptureFixture) -> None:
    assert "invalid choice: 'trian'" in refused(capsys, "trian")
    assert "unrecognized arguments: --wat" in refused(
        capsys, "evaluate", "--bicubic", "--hr", "x", "--scale", "2", "--wat"
    )
    assert "--scale: invalid choice: 5" in refused(capsys, "evaluate", "--bicubic", "--hr", "x", "--scale", "5")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"\x89PNG\r\n\x1a\n broken", ""), (b"not an image", "")],
)
def test_corrupt_and_zero_byte_images(
    capsys: pytest.CaptureFixture, tmp_path: Path, photo: np.ndarray, content: bytes, message: str
) -> None:
    save_image(tmp_path / "HR" / "a.png", photo)
    (tmp_path / "HR" / "b.png").write_bytes(content)
    out = tmp_path / "out.json"
    line = refused(
        capsys, "evaluate", "--bicubic", "--hr", tmp_path / "HR", "--scale", "2", "--params", PARAMS, "--json", out
    )
    assert "b.png" in line
    assert message in line
    assert not out.exists()


def test_gray_is_replicated_and_alpha_dropped_with_a_warning(
    capsys: pytest.CaptureFixture, tmp_path: Path, photo: np.ndarray
) -> None:
    save_image(tmp_path / "HR" / "gray.png", photo[:, :, 0])
    save_image(tmp_path / "HR" / "rgba.png", np.dstack([photo, photo[:, :, :1]]))
    out = tmp_path / "out.json"
    command = ["evaluate", "--bicubic", "--hr", tmp_path / "HR", "--scale", "3", "--params", PARAMS, "--json", out]
    assert main([str(part) for part in command]) == 0
    captured = capsys.readouterr()
    assert [line for line in captured.err.splitlines() if "rgba.png" in line]
    assert "gray.png" not in captured.err
    assert [image["name"] for image in read_json(out)["images"]] == ["gray", "rgba"]
    digest = ContentDigest()
    for name, pixels in (("gray", np.dstack([photo[:, :, 0]] * 3)), ("rgba", photo)):
        digest.update(name, pixels)
    assert read_json(out)["data_digest"] == digest.hexdigest()


def test_a_flat_image_has_an_infinite_psnr(capsys: pytest.CaptureFixture, tmp_path: Path, photo: np.ndarray) -> None:
    save_image(tmp_path / "HR" / "photo.png", photo)
    save_image(tmp_path / "HR" / "flat.png", np.full_like(photo, 128))
    out = tmp_path / "out.json"
    command = ["evaluate", "--bicubic", "--hr", tmp_path / "HR", "--scale", "2", "--params", PARAMS, "--json", out]
    assert main([str(part) for part in command]) == 0
    assert ": ∞ dB / 0.9" in capsys.readouterr().out
    json.loads(out.read_text(), parse_constant=pytest.fail)
    metrics = load(out, Metrics)
    assert [image.values["psnr"] is None for image in metrics.images] == [True, False]
    assert metrics.mean["psnr"] is None


def test_weights_of_another_scale(capsys: pytest.CaptureFixture, tmp_path: Path, photo: np.ndarray) -> None:
    weights = tiny(tmp_path / "x3.safetensors", scale=3)
    save_image(tmp_path / "HR" / "a.png", photo)
    line = refused(
        capsys, "evaluate", "--weights", weights, "--hr", tmp_path / "HR", "--scale", "2", "--params", PARAMS
    )
    assert "weights for x3, but --scale is 2" in line


def test_missing_dataset_and_misspelt_parameter(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    out = ["--manifest", tmp_path / "m.json", "--packed", tmp_path / "hr.npy"]
    line = refused(capsys, "fetch", "Sett5", "--params", PARAMS, *out)
    assert "Sett5: unknown data set; did you mean 'Set5'?" in line
    line = refused(capsys, "fetch", "Manga109", "--params", PARAMS, *out)
    assert "data.folders.Manga109" in line
    text = (REPO / "params.yaml").read_text().replace("warmup_steps", "warmup_step", 1)
    (tmp_path / "params.yaml").write_text(text)
    line = refused(capsys, "fetch", "EmbeddedTest", "--params", tmp_path / "params.yaml", *out)
    assert "dlsr.search: unknown key 'warmup_step'; did you mean 'warmup_steps'?" in line
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def test_retrain_names_the_image_that_is_too_small(
    capsys: pytest.CaptureFixture, tmp_path: Path, packed_set: Path
) -> None:
    text = (REPO / "workflow" / "presets" / "smoke.yaml").read_text().replace("x2: 48", "x2: 400")
    (tmp_path / "params.yaml").write_text(text.replace("cells: 4", "cells: 6"))
    out = tmp_path / "w.safetensors"
    command = [
        "retrain",
        "--params",
        tmp_path / "params.yaml",
        "--model",
        "dlsr",
        "--genotype",
        GENOTYPE,
        "--scale",
        "2",
    ]
    line = refused(capsys, *command, "--data", packed_set, "--out", out, "--history", tmp_path / "h.csv")
    assert "training image a: LR size 72x60 is smaller than the patch of 200" in line
    assert not out.exists()
    assert not (tmp_path / "h.csv").exists()


def test_cuda_without_a_gpu(capsys: pytest.CaptureFixture, tmp_path: Path, packed_set: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    text = (REPO / "workflow" / "presets" / "smoke.yaml").read_text().replace("device: cpu", "device: cuda")
    (tmp_path / "params.yaml").write_text(text)
    command = ["search", "--params", tmp_path / "params.yaml", "--model", "dlsr", "--data", packed_set]
    command += ["--out", tmp_path / "p.json", "--history", tmp_path / "h.csv", "--weights", tmp_path / "s.safetensors"]
    assert "device: cuda, but this machine has no usable GPU" in refused(capsys, *command)


def test_output_that_cannot_be_written(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    line = refused(
        capsys,
        "count",
        "--networks",
        f"dlsr={GENOTYPE}",
        "--params",
        PARAMS,
        "--out",
        tmp_path / "file" / "counts",
    )
    assert str(tmp_path / "file") in line


def test_record_says_how_a_result_was_made(tmp_path: Path, packed_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPO)
    record = tmp_path / "record.json"
    command = ["evaluate", "--bicubic", "--data", packed_set, "--scale", "2", "--record", record]
    assert main([str(part) for part in command]) == 0
    found = read_json(record)
    assert found["command"].startswith("python -m sr evaluate --bicubic --data ")
    assert found["params"]["preset"] == "demo"
    assert len(found["params"]["digest"]) == 64
    assert found["facts"]["data_digest"] == "digest-of-crops"
    assert found["versions"]["numpy"] == np.__version__
    assert found["seconds"] > 0
    assert set(found["git"]) == {"commit", "dirty"}


def test_count_prints_params_and_mult_adds(capsys: pytest.CaptureFixture) -> None:
    command = ["count", "--networks", f"dlsr={GENOTYPE}", "--scale", "3", "--channels", "48"]
    assert main([*command, "--params", PARAMS]) == 0
    assert capsys.readouterr().out.startswith("dlsr x3: 329,115 params, 30.527 G Mult-Adds")


def test_a_missing_package_is_named_and_a_missing_module_of_ours_is_a_bug(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    def run(name: str) -> int:
        def fail(_: object) -> None:
            raise ModuleNotFoundError(name=name)

        monkeypatch.setattr(importlib.import_module("sr.cli.genotype"), "run", fail)
        return main(["genotype", "--params", "p", "--model", "m", "--probabilities", "p", "--out", "o"])

    assert run("pandas.core") == 1
    assert capfd.readouterr().err == (
        "error: genotype needs pandas.core, which is not installed. Install the project's extra [pipeline]\n"
    )
    with pytest.raises(ModuleNotFoundError):
        run("sr.nowhere")
