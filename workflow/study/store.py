"""Files of a study, read back: arms with PSNR of every image, networks, and what the searches decided."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sr.core.formats import load
from sr.methods.cost_table import CostTable
from sr.report.scrutiny.arms import Measured
from sr.report.scrutiny.formats import Scrutiny


@dataclass(frozen=True)
class Study:
    """``networks``: rows of networks.csv by model; ``run``: commit, hardware and processor hours.

    ``cost_table``: latencies by which a search was limited, if one was. ``peers``: rows of peers.csv, if there are any.
    """

    scrutiny: Scrutiny
    arms: dict[str, Measured]
    networks: pd.DataFrame
    run: dict[str, Any]
    cost_table: CostTable | None = None
    peers: pd.DataFrame | None = None


def read(folder: Path) -> Study:
    """Return the study whose files are in ``folder``."""
    scrutiny = load(folder / "scrutiny.json", Scrutiny)
    networks = pd.read_csv(folder / "networks.csv").set_index("model")
    psnr = pd.read_csv(folder / "psnr.csv")
    arms = {}
    for arm in scrutiny.arms:
        tables = {name: psnr.loc[psnr["set"] == name, arm.models].to_numpy().T for name in scrutiny.sets}
        arms[arm.name] = Measured(arm, tables, networks.loc[arm.models, "seed"].tolist())
    table = load(folder / "cost.json", CostTable) if (folder / "cost.json").is_file() else None
    peers = pd.read_csv(folder / "peers.csv") if (folder / "peers.csv").is_file() else None
    return Study(scrutiny, arms, networks, json.loads((folder / "run.json").read_text()), table, peers)


def is_main(model: str, known: dict[str, Measured]) -> bool:
    """Return whether a model is a search of its method's main arm."""
    return any(model in each.arm.models for name, each in known.items() if name == each.arm.method)
