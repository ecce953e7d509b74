"""Packed sets of photographs, and the verb that inspects them."""

from pathlib import Path

import numpy as np
import yaml
from skimage import data

from sr.data.packed import pack
from tests.helpers.repository import REPO

IMAGES = {name: getattr(data, name)()[..., :3] for name in ("astronaut", "cat", "coffee", "rocket")}


def write_sets(folder: Path, sets: dict[str, dict[str, np.ndarray]], train: str, test: list[str]) -> list[str]:
    """Pack the sets, of which ``train`` trains and ``test`` test; return the command that compares them."""
    for name, images in sets.items():
        pack(folder / "packed" / name / "hr.npy", list(images), images.values(), f"digest of {name}", name)
    raw = yaml.safe_load((REPO / "workflow/presets/smoke.yaml").read_text())
    raw["data"]["test"], raw["dlsr"]["train"] = test, [train]
    # A search needs more images than these sets have.
    raw["dlsr"]["network"]["cells"], raw["dlsr"]["retrain"]["genotype"] = 6, "published"
    (folder / "params.yaml").write_text(yaml.safe_dump(raw))
    command = ["inspect", "--params", folder / "params.yaml", "--packed", folder / "packed"]
    return [*map(str, command), "--out", str(folder / "inspection.json")]
