"""Running out of memory: one line with a remedy, exit code 1, and nothing half-written, whatever ran out."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from sr.cli.main import main
from sr.core.errors import UserError
from sr.core.memory import exhausted, memory
from sr.evaluate import inference
from sr.stages import evaluate
from sr.use import upscale
from tests.conftest import REPO, save_image
from tests.helpers.networks import tiny

FULL = [
    (MemoryError("Unable to allocate 9.31 GiB for an array"), "machine"),
    (RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you"), "machine"),
    (RuntimeError("std::bad_alloc"), "machine"),
    (RuntimeError("could not create a memory object"), "machine"),
    (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.\nGPU 0 has"), "GPU"),
    (RuntimeError("CUDA error: out of memory\nCompile with"), "GPU"),
    (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), "GPU"),
]
SMOKE = str(REPO / "workflow" / "presets" / "smoke.yaml")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@pytest.fixture
def photos(tmp_path: Path, photo: np.ndarray) -> Path:
    for name in "ab":
        save_image(tmp_path / "photos" / f"{name}.png", photo)
    return tmp_path / "photos"


@pytest.mark.parametrize(("error", "where"), FULL)
def test_every_way_to_say_it(error: Exception, where: str) -> None:
    assert exhausted(error) == where
    said = rf"^out of memory: the {where} has too little for this job\. Lower it$"
    with pytest.raises(UserError, match=said), memory("Lower it"):
        raise error


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), ValueError("out of memory"), KeyError("x")])
def test_other_errors_stay(error: Exception) -> None:
    assert exhausted(error) is None
    with pytest.raises(type(error)), memory("Lower it"):
        raise error


def last_line(capfd: pytest.CaptureFixture) -> str:
    lines = capfd.readouterr().err.strip().splitlines()
    assert sum(line.startswith("error: ") for line in lines) == 1
    return lines[-1]


@pytest.mark.parametrize(("error", "where"), FULL)
def test_evaluate(
    tmp_path: Path,
    weights: Path,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture,
    error: Exception,
    where: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(inference, "_to_tensor", fail)
    out, record = tmp_path / "out" / "metrics.json", tmp_path / "out" / "record.json"
    command = ["evaluate", "--weights", weights, "--hr", photos, "--scale", 2, "--params", SMOKE]
    assert main([*map(str, command), "--json", str(out), "--record", str(record)]) == 1
    assert last_line(capfd) == f"error: out of memory: the {where} has too little for this job. {evaluate.REMEDY}"
    assert not out.parent.exists()


def test_evaluate_bicubic(photos: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> None:
    def fail(*_: object, **__: object) -> None:
        raise np._core._exceptions._ArrayMemoryError((10**6, 10**6), np.dtype(float))

    monkeypatch.setattr(evaluate.degrade, "upscale", fail)
    assert main(["evaluate", "--bicubic", "--hr", str(photos), "--scale", "2", "--params", SMOKE]) == 1
    assert last_line(capfd).startswith("error: out of memory: the machine has too little for this job. Use a machine")


@pytest.mark.parametrize(("error", "where"), FULL)
@pytest.mark.parametrize("part", ["super_resolve", "read_picture", "write_picture"])
def test_upscale_names_the_image_and_goes_on(
    tmp_path: Path,
    weights: Path,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture,
    error: Exception,
    where: str,
    part: str,
) -> None:
    real, calls = getattr(upscale, part), []

    def fail_once(*given: object, **named: object) -> object:
        calls.append(part)
        if len(calls) == 1:
            raise error
        return real(*given, **named)

    monkeypatch.setattr(upscale, part, fail_once)
    command = ["upscale", photos, tmp_path / "out", "--model", weights, "--device", "cpu", "--threads", 1]
    assert main([str(word) for word in command]) == 1
    said = capfd.readouterr().err
    told = f"out of memory: the {where} has too little for {photos / 'a.png'}. Give a smaller --memory or --tile"
    assert f"warning: {told}\n" in said
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.png"]


def test_any_other_verb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture, packed_set: Path) -> None:
    from sr.stages import degrade

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(degrade, "downscale", fail)
    target = packed_set / "again.npy"
    assert main(["degrade", "--hr", str(packed_set / "hr.npy"), "--scale", "2", "--out", str(target)]) == 1
    assert last_line(capfd) == ("error: out of memory: the machine has too little for degrade. Use a machine with more")
    assert not list(packed_set.glob("*again*"))


LIMITED = """
import resource, sys, torch
from sr.cli.main import main
import sr.stages.evaluate, sr.use.upscale, sr.evaluate.inference, sr.methods.weights
torch.set_num_threads(1)
torch.nn.functional.conv2d(torch.zeros(1, 3, 64, 64), torch.zeros(4, 3, 3, 3))
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 400 * 2**20,) * 2)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
@pytest.mark.parametrize("verb", ["evaluate", "upscale"])
def test_a_machine_that_is_really_full(tmp_path: Path, weights: Path, verb: str) -> None:
    side = 3000
    save_image(tmp_path / "large" / "a.png", np.zeros((side, side, 3), np.uint8))
    out = tmp_path / "out" / ("a.png" if verb == "upscale" else "a.json")
    command = {
        "upscale": [tmp_path / "large" / "a.png", out, "--model", weights, "--device", "cpu", "--tile", 0],
        "evaluate": [
            *("--weights", weights, "--hr", tmp_path / "large", "--scale", 2),
            *("--params", SMOKE, "--json", out, "--tile", 0),
        ],
    }[verb]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, verb, *map(str, command)],
        cwd=REPO,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("error: out of memory: the machine has too little for ")
    assert not out.parent.exists() or not list(out.parent.iterdir())
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
