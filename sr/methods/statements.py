"""Comparisons of printed numbers, of which each paper's ``statements.py`` builds its statements.

Numbers come from data/published.csv. A pair of which one number is missing there gives no comparison.
"""

from collections.abc import Callable, Iterable

import pandas as pd

from sr.evaluate.metrics import METRICS, PRIMARY
from sr.evaluate.verify_formats import Comparison, PrintedStatement
from sr.methods.published import SETS

Pair = tuple[int, str]  # scale, key of SETS
SIZES = {"params_k": "Params", "mult_adds_g": "Mult-Adds"}
# Differences of decimal numbers with two digits are not exact in binary.
EPSILON = 1e-9


def at_least(bound: float, step: float = 0.0) -> Callable[[float], bool]:
    """Return whether a value reaches ``bound`` after rounding to multiples of ``step``."""
    return lambda value: value >= bound - step / 2 - EPSILON


def gains(
    rows: pd.DataFrame,
    first: str,
    second: str,
    holds: Callable[[float], bool],
    only: Iterable[Pair] | None = None,
) -> list[Comparison]:
    """Return the differences in PSNR (dB) of two rows at each scale on each set, or at the pairs ``only``."""
    pairs = [(scale, key) for scale in sorted(rows["scale"].unique()) for key in SETS]
    chosen = pairs if only is None else [pair for pair in pairs if pair in only]
    return [
        Comparison(
            what=f"{first} − {second}: {METRICS[PRIMARY].title} on {SETS[key]} ×{scale}",
            scale=int(scale),
            test_set=SETS[key],
            metric=PRIMARY,
            left=left,
            right=right,
            value=round(left - right, 4),
            holds=holds(left - right),
        )
        for scale, key in chosen
        for left, right in _both(rows, first, second, scale, f"{key}_{PRIMARY}")
    ]


def ratios(rows: pd.DataFrame, first: str, second: str, size: str, holds: Callable[[float], bool]) -> list[Comparison]:
    """Return the quotients of Params or Mult-Adds of two rows at each scale."""
    return [
        Comparison(
            what=f"{first} / {second}: {SIZES[size]} ×{scale}",
            scale=int(scale),
            metric=size,
            left=left,
            right=right,
            value=round(left / right, 4),
            holds=holds(left / right),
        )
        for scale in sorted(rows["scale"].unique())
        for left, right in _both(rows, first, second, scale, size)
    ]


def fewer(value: float) -> bool:
    """Return whether a quotient says that the first is smaller."""
    return value < 1


def rounds_to(bound: float, digits: int) -> Callable[[float], bool]:
    """Return whether a value is ``bound`` when rounded to so many digits."""
    return lambda value: round(value, digits) == bound


def statement(
    key: str, paper: str, where: str, text: str, *comparisons: list[Comparison], note: str = ""
) -> PrintedStatement:
    """Return a statement with all its comparisons."""
    flat = [comparison for part in comparisons for comparison in part]
    assert flat, key
    return PrintedStatement(id=key, paper=paper, where=where, statement=text, comparisons=flat, note=note)


def _both(rows: pd.DataFrame, first: str, second: str, scale: int, column: str) -> list[tuple[float, float]]:
    """Return one pair of printed numbers, or none if either is missing."""
    values = []
    for method in (first, second):
        printed = rows[(rows["method"] == method) & (rows["scale"] == scale)][column].dropna()
        values += [float(value) for value in printed]
    return [(values[0], values[1])] if len(values) == 2 else []
