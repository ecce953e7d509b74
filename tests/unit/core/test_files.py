"""A folder that cannot be written and a disk that is full: each verb says it in one line and leaves nothing half."""

import contextlib
import importlib.util
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sr.cli.main import main
from sr.core.files import write_json
from tests.conftest import REPO, save_image
from tests.helpers.networks import tiny

SMOKE = REPO / "workflow" / "presets" / "smoke.yaml"
VERBS = ["search", "retrain", "evaluate", "upscale", "export", "torchscript", "degrade", "fetch", "genotype"]


@contextlib.contextmanager
def full(most: int) -> Iterator[None]:
    """Let no file grow beyond ``most`` bytes: writes fail as on a full disk, also those of compiled libraries."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the verbs read: weights, photographs, a packed set, probabilities."""
    from skimage import data

    from sr.data.packed import pack
    from sr.stages.degrade import degrade

    folder = tmp_path_factory.mktemp("inputs")
    photo = data.chelsea()[:128, :128]
    tiny(folder / "tiny.safetensors", cells=3)
    for name in "ab":
        save_image(folder / "photos" / f"{name}.png", photo)
    pack(folder / "Set" / "hr.npy", ["a", "b", "c"], [photo] * 3, "digest", "Set")
    degrade(str(folder / "Set" / "hr.npy"), 2, str(folder / "Set" / "x2.npy"))
    four = {"format": 1, "method": "dlsr", "cell": ["conv_1x1"] * 3, "inputs": [[1, 2], [2, 3]]}
    write_json(folder / "four.json", four)
    params = SMOKE.read_text().replace("folders: {}", f"folders: {{Own: {folder / 'photos'}}}")
    (folder / "params.yaml").write_text(params)
    return folder


def command(verb: str, inputs: Path, out: Path) -> list[str]:
    """Return a command whose results are all in ``out``."""
    params = ["--params", inputs / "params.yaml"]
    model = ["--model", "dlsr", "--data", inputs / "Set"]
    known = {
        "search": [
            *params,
            *model,
            "--out",
            out / "p.json",
            "--history",
            out / "h.csv",
            "--weights",
            out / "w.safetensors",
        ],
        "retrain": [
            *(*params, *model, "--genotype", inputs / "four.json", "--scale", 2),
            *("--out", out / "w.safetensors", "--history", out / "h.csv"),
        ],
        "evaluate": [*params, "--bicubic", "--hr", inputs / "photos", "--scale", 2, "--json", out / "m.json"],
        "upscale": [inputs / "photos/a.png", out / "a.png", "--model", inputs / "tiny.safetensors", "--device", "cpu"],
        "export": ["--model", inputs / "tiny.safetensors", "--out", out / "x.onnx"],
        "torchscript": ["--model", inputs / "tiny.safetensors", "--format", "torchscript", "--out", out / "x.pt"],
        "degrade": ["--hr", inputs / "Set/hr.npy", "--scale", 2, "--out", out / "x2.npy"],
        "fetch": ["Own", *params, "--manifest", out / "Own.json", "--packed", out / "hr.npy"],
        "genotype": [*params, "--model", "dlsr", "--probabilities", inputs / "p.json", "--out", out / "g.json"],
    }
    return [{"torchscript": "export"}.get(verb, verb), *map(str, known[verb])]


def failure(words: list[str], capsys: pytest.CaptureFixture) -> str:
    """Run a verb that must fail; return its one line."""
    capsys.readouterr()
    assert main(words) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(said) == 1, said
    return said[0]


def skip_without_onnx(verb: str) -> None:
    if verb == "export" and importlib.util.find_spec("onnx") is None:
        pytest.skip("needs onnx, an extra of the project")


@pytest.fixture
def probabilities(inputs: Path) -> None:
    from sr.core import config
    from sr.methods import registry

    method = registry.find("dlsr")
    choices = method.choices(config.load(SMOKE).model("dlsr").network)
    table = {name: dict.fromkeys(choice.options, 0.1) for name, choice in choices.items()}
    write_json(inputs / "p.json", {"model": "dlsr", "scale": 2, "steps": 6, "probabilities": table})


@pytest.mark.usefixtures("probabilities")
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null/x"])
def test_a_folder_that_cannot_be_written(verb: str, place: str, inputs: Path, capsys: pytest.CaptureFixture) -> None:
    skip_without_onnx(verb)
    line = failure(command(verb, inputs, Path(place)), capsys)
    assert place in line
    assert "cannot be written" in line


@pytest.mark.usefixtures("probabilities")
@pytest.mark.parametrize("verb", VERBS)
def test_a_full_disk(tmp_path: Path, verb: str, inputs: Path, capsys: pytest.CaptureFixture) -> None:
    skip_without_onnx(verb)
    out = tmp_path / "out"
    out.mkdir()
    with full(50):
        line = failure(command(verb, inputs, out), capsys)
    assert str(out) in line
    # A history is written while the run goes on; what it has stays for the eyes.
    assert [path.name for path in out.iterdir() if path.name != "h.csv"] == []


@pytest.mark.parametrize("verb", ["evaluate", "upscale", "export", "degrade"])
def test_results_that_are_there_survive(tmp_path: Path, verb: str, inputs: Path, capsys: pytest.CaptureFixture) -> None:
    skip_without_onnx(verb)
    words = command(verb, inputs, tmp_path)
    names = [Path(word) for word in words if Path(word).parent == tmp_path]
    for path in names:
        path.write_bytes(b"old")
    with full(50):
        failure([*words, *(["--overwrite"] if verb == "upscale" else [])], capsys)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == dict.fromkeys(names, b"old")


def test_numbers_that_are_not_finite_do_not_come_out(
    tmp_path: Path, inputs: Path, capsys: pytest.CaptureFixture
) -> None:
    from safetensors import safe_open
    from safetensors.torch import save_file

    with safe_open(inputs / "tiny.safetensors", "pt") as file:
        state, header = {key: file.get_tensor(key) for key in file.keys()}, file.metadata()  # noqa: SIM118
    next(iter(state.values())).view(-1)[0] = np.nan
    save_file(state, tmp_path / "nan.safetensors", header)
    words = ["upscale", inputs / "photos/a.png", tmp_path / "b.png", "--model", tmp_path / "nan.safetensors"]
    assert "not finite" in failure([str(word) for word in words], capsys)
    words = ["evaluate", "--weights", tmp_path / "nan.safetensors", "--hr", inputs / "photos", "--scale", 2]
    assert "not finite" in failure([*map(str, words), "--params", str(SMOKE)], capsys)
    assert not (tmp_path / "b.png").exists()


def test_a_gpu_that_is_not_there(
    tmp_path: Path, inputs: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (tmp_path / "params.yaml").write_text((inputs / "params.yaml").read_text().replace("device: cpu", "device: cuda"))
    for verb in ("search", "retrain"):
        words = command(verb, inputs, tmp_path / "out")
        words[words.index("--params") + 1] = str(tmp_path / "params.yaml")
        assert "no usable GPU" in failure(words, capsys)
    words = ["evaluate", "--weights", inputs / "tiny.safetensors", "--hr", inputs / "photos", "--scale", 2]
    assert "no usable GPU" in failure([*map(str, words), "--params", str(tmp_path / "params.yaml")], capsys)
    words = [*command("upscale", inputs, tmp_path / "out")[:-1], "cuda"]
    assert "no usable GPU" in failure(words, capsys)
