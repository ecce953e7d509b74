"""The wheel: what a user has who installs the package without a checkout, and without the pipeline's packages."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import photograph, save_image
from tests.helpers.repository import REPO

PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
# Hides all that only the extras bring.
BLOCKER = """
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {blocked!r} else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""


def closure(names: list[str]) -> set[str]:
    """Return the distributions that the named ones need, directly or not."""
    known: set[str] = set()
    waiting = [re.split(r"[\[<>=! ;]", name)[0].lower() for name in names]
    while waiting:
        name = waiting.pop().replace("_", "-")
        if name in known:
            continue
        known.add(name)
        try:
            needed = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # for another platform
        waiting += [re.split(r"[\[<>=! ;(]", entry)[0].lower() for entry in needed if "extra ==" not in entry]
    return known


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the unpacked wheel, beside which no package of an extra can be imported."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, REPO]
    subprocess.run(command, check=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    core, extra = closure(PROJECT["dependencies"]), closure(sum(PROJECT["optional-dependencies"].values(), []))
    modules = metadata.packages_distributions().items()
    names = {m: {owner.lower().replace("_", "-") for owner in owners} for m, owners in modules}
    blocked = {module for module, owners in names.items() if owners & extra and not owners & core}
    assert {"pandas", "skimage", "matplotlib", "snakemake", "dvc", "onnx"} <= blocked
    assert not {"torch", "numpy", "PIL", "pydantic", "sympy"} & blocked
    (folder / "site" / "sitecustomize.py").write_text(BLOCKER.format(blocked=blocked))
    return folder / "site"


def run(
    installed: Path, folder: Path, *command: str, start: tuple[str, ...] = ("-m", "sr")
) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *start, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_photograph_is_enlarged_downscaled_and_scored(installed: Path, tmp_path: Path) -> None:
    save_image(tmp_path / "hr" / "cat.png", photograph())
    commands = (
        "downscale hr lr --scale 2",
        "upscale lr sr --scale 2",
        "score sr hr --scale 2",
    )
    for command in commands:
        done = run(installed, tmp_path, *command.split())
        assert (done.returncode, done.stderr) == (0, ""), command
    assert done.stdout.splitlines()[-1].startswith("mean of 1: ")
    with Image.open(tmp_path / "sr" / "cat.png") as image:
        assert image.size == (224, 150)


def test_a_network_of_the_zoo_and_bicubic_are_measured_and_timed(installed: Path, tmp_path: Path) -> None:
    """Without a params.yaml, by the field's protocol; one that is named must exist."""
    save_image(tmp_path / "hr" / "cat.png", photograph())
    weights = installed / "sr" / "share" / "results" / "zoo" / "dlsr_lite_x4" / "weights.safetensors"
    for network in (f"--weights {weights}", "--bicubic"):
        command = f"evaluate {network} --hr hr --scale 4 --json a.json --record r.json"
        done = run(installed, tmp_path, *command.split())
        assert (done.returncode, done.stderr) == (0, ""), network
        measured, record = (json.loads((tmp_path / name).read_text()) for name in ("a.json", "r.json"))
        assert (measured["protocol"]["crop_border"], measured["protocol"]["tile"]) == (4, 0)
        assert record["params"] is None
    done = run(installed, tmp_path, *f"latency --weights dlsr={weights} --rounds 1 --warmup 0".split())
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"dlsr x4: .* ms .*\n", done.stdout)
    for command, file in (
        ("evaluate --bicubic --hr hr --scale 4 --params a.yaml", "a.yaml"),
        ("latency --peers near --params a.yaml", "a.yaml"),
        ("latency --peers near", "params.yaml"),
    ):
        done = run(installed, tmp_path, *command.split())
        assert done.returncode == 1
        assert done.stderr.startswith(f"error: {file}: no such parameter file.")


def test_images_are_enlarged_degraded_and_measured_from_python(installed: Path, tmp_path: Path) -> None:
    code = """
import numpy as np
from sr.use.api import degrade, enlarge, measure
hr = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
print(sorted(measure(enlarge(degrade(hr), scale=2), hr, scale=2)))
"""
    done = run(installed, tmp_path, code, start=("-c",))
    assert (done.stdout, done.stderr) == ("['psnr', 'ssim']\n", "")


def test_a_verb_of_an_extra_names_what_is_missing(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, *["export", "--model", "dlsr_lite_x2", "--format", "onnx", "--out", "a.onnx"])
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "onnx" in done.stderr
    assert "nstall" in done.stderr


def test_help_needs_no_extra(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for verb in ("genotype", "page", "search"):
        assert run(installed, tmp_path, verb, "--help").returncode == 0


def test_the_wheel_has_the_zoo_and_a_command(installed: Path) -> None:
    (info,) = installed.glob("*.dist-info")
    assert "sr-nas = sr.cli.main:main" in (info / "entry_points.txt").read_text()
    zoo = {path.name for path in (installed / "sr" / "share" / "results" / "zoo").iterdir()}
    assert zoo == {path.name for path in (REPO / "results" / "zoo").iterdir()}
    code = {path.relative_to(REPO) for path in (REPO / "sr").rglob("*") if path.suffix in (".py", ".j2", ".css", ".js")}
    assert {path for path in code if not (installed / path).is_file()} == set()
