"""Histories of searches and trainings, thinned for the screen, and what a search decided."""

import os

import numpy as np
import pandas as pd

from sr.core.errors import UserError
from sr.core.formats import load
from sr.nas.genotype import AnyGenotype, Decision

POINTS = 300  # of a curve; a screen cannot show more


def history(path: str | os.PathLike, columns: list[str]) -> pd.DataFrame:
    """Return the rows of a search's or a training's history, thinned to ``POINTS``, the last row included."""
    try:
        rows = pd.read_csv(path)
        numbers = rows.astype(float)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a readable history ({error}). Run the job again") from None
    entropies = [column for column in rows if column.startswith("entropy.")]
    unknown = [name for name in entropies if not any(c.startswith(f"{name.partition('.')[2]}.") for c in rows)]
    missing = [column for column in columns if column not in rows] + unknown
    if missing or rows.empty or rows.columns.duplicated().any() or np.isinf(numbers).any(axis=None):
        wrong = f"no column for {missing[0]}" if missing else "no rows, or numbers that are not finite"
        raise UserError(f"{path}: not a readable history ({wrong}). Run the job again")
    every = -(-len(rows) // POINTS)
    return rows.iloc[::-1].iloc[::every].iloc[::-1]


def decisions(path: str | os.PathLike) -> dict[str, Decision]:
    """Return what a search decided, by choice; empty for a genotype that was not searched."""
    return load(path, AnyGenotype).evidence or {}
