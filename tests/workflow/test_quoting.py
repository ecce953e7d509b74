"""Shell metacharacters in params.yaml: paths with them work, names with them are refused, and nothing is executed."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from tests.helpers.repository import REPO
from tests.helpers.workspace import Workspace

NASTY = "a b'c\"d $(touch ran) `touch ran` ; touch ran & | > < * ? \\ # ~ %s é"
BRACES = NASTY + " {x} {wildcards.name}"
EVIL = ["x; touch ran", "$(touch ran)", "a b", "x\n", "../x", "-rf", "x/y", "{x}", "'", ""]


def write_params(copy: Workspace, **data: object) -> None:
    """Write the smoke preset with such a section data, and three test images in the folder NASTY."""
    raw = yaml.safe_load((copy.path / "workflow/presets/smoke.yaml").read_text())
    raw["data"] |= data
    (copy.path / "params.yaml").write_text(yaml.safe_dump(raw))


def images(folder: Path) -> Path:
    folder.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    for name in "abc":
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


def test_paths_with_metacharacters_work(copy: Workspace, tmp_path: Path, release: Path) -> None:
    weights = tmp_path / NASTY / "x $(touch ran).pt"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(release.read_bytes())
    folder = images(tmp_path / "own" / BRACES)
    write_params(copy, test=["Own"], folders={"Own": str(folder)}, releases=[str(weights)])
    copy.run("snakemake", "--cores", "1", "results/evaluate/dlsr_released/x2_Own.json")
    assert not list(copy.path.rglob("ran"))


def test_a_weights_file_with_braces_is_refused(copy: Workspace, tmp_path: Path) -> None:
    weights = tmp_path / "{x}.pt"
    write_params(copy, releases=[str(weights)])
    message = copy.run("snakemake", "-n", "all", code=1)
    assert "params.yaml: data.releases.0: " in message
    assert "should match pattern" in message


@pytest.mark.parametrize("name", EVIL)
def test_names_with_metacharacters_are_refused(name: str) -> None:
    from sr.core import config
    from sr.core.errors import UserError

    valid = (REPO / "workflow" / "presets" / "smoke.yaml").read_text()
    for place in ("test", "folders", "train", "variants", "preset", "methods"):
        raw = yaml.safe_load(valid)
        if place == "test":
            raw["data"]["test"] = [name]
        elif place == "folders":
            raw["data"]["folders"] = {name: "/x"}
        elif place == "train":
            raw["dlsr"]["train"] = [name]
        elif place == "variants":
            raw["dlsr"]["variants"] = {name: {}}
        else:
            raw[place] = [name] if place == "methods" else name
        with pytest.raises(UserError, match=rf"params\.yaml: .*{place}"):
            config.check(raw)


@pytest.mark.parametrize(
    "name", ['x"; touch ran; "', "demo; touch ran", "$(shell touch ran)", "$(touch ran)", "", "demo smoke"]
)
def test_no_name_of_a_preset_is_run(copy: Workspace, name: str) -> None:
    shutil.copy2(REPO / "Makefile", copy.path)
    before = (copy.path / "params.yaml").read_bytes()
    assert "Choose NAME from: compare demo lite paper smoke" in copy.run("make", "preset", f"NAME={name}", code=2)
    assert not (copy.path / "ran").exists()
    assert (copy.path / "params.yaml").read_bytes() == before
    copy.run("make", "preset", "NAME=paper")
    assert (copy.path / "params.yaml").read_bytes() == (REPO / "workflow/presets/paper.yaml").read_bytes()
