"""Fetching by Snakemake: a clone that lacks the user's images identifies the set by its manifest."""

from pathlib import Path

import numpy as np
import yaml

from tests.conftest import save_image
from tests.helpers.workspace import Workspace

TARGET = ("snakemake", "--cores", "1", "data/packed/Own/hr.npy")


def test_failed_fetch_keeps_the_manifest(copy: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    for name in "ab":
        save_image(folder / f"{name}.png", np.full((64, 64, 3), 7, np.uint8))
    raw = yaml.safe_load((copy.path / "workflow/presets/smoke.yaml").read_text())
    raw["data"] |= {"test": ["Own"], "folders": {"Own": str(folder)}}
    (copy.path / "params.yaml").write_text(yaml.safe_dump(raw))
    copy.run(*TARGET)
    manifest = copy.path / "data/manifests/Own.json"
    before = manifest.read_bytes()
    folder.rename(tmp_path / "elsewhere")
    assert "Nothing to be done" in copy.run(*TARGET)
    (copy.path / "data/packed/Own/hr.npy").unlink()
    assert f"error: {folder}: No such file or directory" in copy.run(*TARGET, code=1)
    assert manifest.read_bytes() == before
    (tmp_path / "elsewhere").rename(folder)
    copy.run(*TARGET)
    assert manifest.read_bytes() == before


def test_a_test_image_that_is_trained_on_ends_the_run_before_its_trainings(copy: Workspace, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 96, 96, 3), np.uint8)
    for name, images in {"first": pixels, "second": pixels[1:2]}.items():
        for number, image in enumerate(images):
            save_image(tmp_path / name / f"{name}{number}.png", image)
    raw = yaml.safe_load((copy.path / "workflow/presets/smoke.yaml").read_text())
    folders = {"Mine": str(tmp_path / "first"), "Yours": str(tmp_path / "second")}
    raw["data"] |= {"test": ["Yours"], "folders": folders}
    raw["dlsr"]["train"] = ["Mine"]
    (copy.path / "params.yaml").write_text(yaml.safe_dump(raw))
    output = copy.run("snakemake", "--cores", "1", "all", code=1)
    assert "error: Yours/second0: the same picture is trained on, as Mine/first1" in output
    assert not (copy.path / "results/search").exists()
