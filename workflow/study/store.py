"""Files of docs/study, read back: arms with PSNR of every image, networks, and what the searches decided."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sr.core.formats import load
from sr.report.scrutiny.arms import Measured
from sr.report.scrutiny.formats import Scrutiny


@dataclass(frozen=True)
class Study:
    """``networks``: rows of networks.csv by model; ``run``: commit, hardware and processor hours."""

    scrutiny: Scrutiny
    arms: dict[str, Measured]
    networks: pd.DataFrame
    run: dict[str, Any]


def read(folder: Path) -> Study:
    """Return the study whose files are in ``folder``."""
    scrutiny = load(folder / "scrutiny.json", Scrutiny)
    networks = pd.read_csv(folder / "networks.csv").set_index("model")
    psnr = pd.read_csv(folder / "psnr.csv")
    arms = {}
    for arm in scrutiny.arms:
        tables = {name: psnr.loc[psnr["set"] == name, arm.models].to_numpy().T for name in scrutiny.sets}
        arms[arm.name] = Measured(arm, tables, networks.loc[arm.models, "seed"].tolist())
    return Study(scrutiny, arms, networks, json.loads((folder / "run.json").read_text()))


def is_main(model: str, known: dict[str, Measured]) -> bool:
    """Return whether a model is a search of its method's main arm."""
    return any(model in each.arm.models for name, each in known.items() if name == each.arm.method)
