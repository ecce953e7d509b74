"""Shared fixtures: benchmark images, released weights, small data sets, and one finished smoke run for all workers."""

import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from sr.core import config
from tests.helpers.repository import REPO, SHARED, save_image
from tests.helpers.workspace import Workspace, fresh, jobs, once

__all__ = ["REPO", "save_image"]

# One thread: results repeat bit by bit, and two workers do not fight for the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A shell starts what it runs in the background with SIGINT ignored, and the programs under test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take minutes, so that parallel workers end together.

    First of all the file that makes the smoke run, and one that does not wait for it.
    """
    first = ("test_pipeline.py", "test_extending.py")
    items.sort(key=lambda item: ("workflow" not in item.path.parts, item.path.name not in first))


@pytest.fixture(scope="session")
def benchmarks() -> Path:
    """Return the folder with Set5, Set14 and B100; skip if it is not there."""
    folder = SHARED / "datasets"
    if not folder.is_dir():
        pytest.skip("needs the benchmark images in ../shared/datasets, which are not part of the project")
    return folder


@pytest.fixture(scope="session")
def release() -> Path:
    """Return DLSR's released x2 weights; skip if they are not there."""
    path = SHARED / "weights" / "dlsr_x2_official.pt"
    if not path.is_file():
        pytest.skip("needs DLSR's released weights in ../shared/weights, which are not part of the project")
    return path


@pytest.fixture(scope="session")
def checkpoints() -> dict[str, Path]:
    """Return the files of all weights that DLSR's authors released, by name; skip if one is missing."""
    from sr.data import releases

    files = {releases.of_file(path): path for path in (SHARED / "weights").glob("*.pt")}
    if missing := releases.known().keys() - files.keys():
        pytest.skip(f"needs the released weights {', '.join(sorted(missing))} in ../shared/weights")
    return {name: files[name] for name in releases.known()}


@pytest.fixture
def smoke() -> config.Params:
    """Return the parameters of the smoke preset."""
    return config.load(REPO / "workflow" / "presets" / "smoke.yaml")


def photograph() -> np.ndarray:
    """Return a small colour photograph, uint8 (150, 225, 3)."""
    from skimage import data

    return data.chelsea()[:300:2, :450:2].copy()


@pytest.fixture
def photo() -> np.ndarray:
    """Return a small colour photograph, uint8 (150, 225, 3)."""
    return photograph()


@pytest.fixture(scope="session")
def packed_crops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a packed set of three crops of the photograph, with LR images at x2, x3, x4; not to be changed."""
    from sr.data.packed import pack
    from sr.stages.degrade import degrade

    folder, photo = tmp_path_factory.mktemp("packed") / "Crops", photograph()
    images = [photo[:120, :144], photo[20:140, 40:160], photo[10:, 60:]]
    pack(folder / "hr.npy", ["a", "b", "c"], images, "digest-of-crops", "Crops")
    for scale in (2, 3, 4):
        degrade(str(folder / "hr.npy"), scale, str(folder / f"x{scale}.npy"))
    return folder


@pytest.fixture
def packed_set(packed_crops: Path, tmp_path: Path) -> Path:
    """Return a copy of the packed set."""
    return Path(shutil.copytree(packed_crops, tmp_path / "packed" / "Crops"))


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return the repository after `snakemake --cores 1 all`, to be copied."""

    def make(folder: Path) -> None:
        output = fresh(folder / "repository").run("snakemake", "--cores", "1", "all")
        (folder / "console.txt").write_text(output)
        assert jobs(output)["retrain"] == 3

    return once(tmp_path_factory, "smoke", make)
