"""What the page reads besides numbers of the tables: records, and what a search decided.

Each kind has a schema of what the page shows; a file may hold more. A file that does not fit is named, with the key.
"""

import os
from typing import Any

import numpy as np
import pandas as pd

from sr.core.errors import UserError
from sr.core.files import read_json
from sr.core.formats import load
from sr.core.schema import first_error
from sr.nas.genotype import AnyGenotype, Decision

POINTS = 300  # of a curve: a screen has room for no more

_TEXT: dict[str, Any] = {"type": "string"}
_AMOUNT: dict[str, Any] = {"type": "number", "minimum": 0}


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": required | optional}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": items}


RECORD = _object(
    {
        "command": _TEXT,
        "seconds": _AMOUNT,
        "finished": _TEXT,
        "git": _object({"commit": {"type": ["string", "null"]}, "dirty": {"type": ["boolean", "null"]}}),
        "versions": {"type": "object"},
        "machine": _object({"system": _TEXT, "processor": _TEXT}, threads={"type": "integer", "minimum": 1}),
        "params": {"anyOf": [{"type": "null"}, _object({"digest": _TEXT})]},
    },
    model=_TEXT,
    scale={"type": "integer", "enum": [2, 3, 4]},
    energy={"anyOf": [{"type": "null"}, _object({"joules": _AMOUNT, "source": _TEXT})]},
)


def read(path: str | os.PathLike, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the document in ``path`` if it fits ``schema``; raise UserError that names file and key."""
    return check(read_json(path), schema, path)


def check(document: Any, schema: dict[str, Any], path: str | os.PathLike) -> dict[str, Any]:
    """Return ``document``, read from ``path``, if it fits ``schema``."""
    error = first_error(document, schema)
    if error is not None:
        where = ".".join(map(str, error.absolute_path)) or "the document"
        raise UserError(f"{path}: {where}: {error.message}. Make the file again")
    return document


def history(path: str | os.PathLike, columns: list[str]) -> pd.DataFrame:
    """Return the rows of a search's or a training's history, thinned to what a screen can show, the last among them."""
    try:
        rows = pd.read_csv(path)
        numbers = rows.astype(float)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: no readable history ({error}). Make it again") from None
    entropies = [column for column in rows if column.startswith("entropy.")]
    unknown = [name for name in entropies if not any(c.startswith(f"{name.partition('.')[2]}.") for c in rows)]
    missing = [column for column in columns if column not in rows] + unknown
    if missing or rows.empty or rows.columns.duplicated().any() or np.isinf(numbers).any(axis=None):
        wrong = f"no column for {missing[0]}" if missing else "no rows, or numbers that are not finite"
        raise UserError(f"{path}: no readable history ({wrong}). Make it again")
    every = -(-len(rows) // POINTS)
    return rows.iloc[::-1].iloc[::every].iloc[::-1]


def decisions(path: str | os.PathLike) -> dict[str, Decision]:
    """Return what a search decided, by choice; nothing of a given genotype."""
    return load(path, AnyGenotype).evidence or {}
