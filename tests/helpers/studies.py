"""Made-up runs of the presets that are recorded as documents, with known truth."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sr.core import config, repeats
from tests.helpers import runs
from tests.helpers.repository import REPO

BASE, NOISE = 35.0, 0.02  # PSNR of an arm, and standard deviation of a network on one test set (dB)


def made_up(
    root: Path, preset: str, gains: dict[str, float], size_of: Callable[[config.Model], float]
) -> tuple[Path, config.Params, np.random.Generator]:
    """Write a run of ``preset`` below ``root``; return its params.yaml, the same checked, and the source of its noise.

    ``gains``: dB above the base, by arm. ``size_of`` gives the size of each network, relative to 50 K and 12 G.
    """
    params = config.load(REPO / "workflow" / "presets" / f"{preset}.yaml")
    generator = np.random.default_rng(0)
    with pytest.MonkeyPatch.context() as patch:
        level = {name: BASE + gains.get(repeats.base_of(name), 0.0) for name in params.models}
        noise = {(name, test): NOISE * generator.normal() for name in params.models for test in runs.SETS}
        patch.setattr(runs, "QUALITY", {(name, 2, test): (level[name] + e, 0.9) for (name, test), e in noise.items()})
        path = runs.write_run(root / "run", preset)
    for name, model in params.models.items():
        size = size_of(model)
        runs.change_json(root / f"run/results/counts/{name}.json", lambda counts, size=size: _resize(counts, size))
    return path, params, generator


def _resize(counts: dict, size: float) -> None:
    for row in counts["scales"].values():
        row["params"], row["mult_adds"] = int(5e4 * size), int(1.2e10 * size)


def answer(text: str, question: str) -> str:
    """Return the row of a document's table of answers."""
    return next(line for line in text.splitlines() if line.startswith(f"| {question}"))
