"""Numbers that papers print: data/published.csv, published_other.csv, published_recent.csv and published_years.csv.

data/published.csv has one row for each (paper, table, method, scale):

paper, table    where the row is printed; table "-" marks a row that completes a number missing in another paper's table
method, scale   the method as that table calls it; 2, 3 or 4
params_k        parameters in thousands
mult_adds_g     multiply-accumulates in units of 10^9, for a 1280x720 output
<set>_<metric>  set5, set14, b100, urban100 for each metric of METRICS that papers print, in its unit
source          paper and table, or where else the row comes from
note            known misprints and other cautions; the number stays as printed

data/published_other.csv holds numbers of other shapes, one per row: paper, table, label of the row, metric (a key
of ``OTHER``), value, source, note.

data/published_recent.csv has light networks since ``RECENT`` that neither paper could compare with, one row for each
(method, scale): ``counter`` is by what rule its table counts ``mult_adds_g``, and ``conv2d_g`` is counted here from the
authors' code by the papers' rule, so that plots compare like with like.

data/published_years.csv has the year and the place of publication of every method in plots.

An empty cell is a number that the source does not print, or that is not available to us; none is filled in.
"""

import os

import pandas as pd

from sr.core.errors import UserError
from sr.evaluate.metrics import METRICS

KEY = ["paper", "table", "method", "scale"]
SETS = {"set5": "Set5", "set14": "Set14", "b100": "B100", "urban100": "Urban100"}
COMPLEXITY = ["params_k", "mult_adds_g"]
QUALITY = [f"{name}_{metric}" for name in SETS for metric in METRICS]
OTHER_COLUMNS = ["paper", "table", "label", "metric", "value", "source", "note"]
RECENT_COLUMNS = ["method", "scale", *COMPLEXITY, "counter", "conv2d_g", *QUALITY, "source", "note"]
YEAR_COLUMNS = ["method", "year", "venue"]
YEARS = range(1990, 2101)
RECENT = 2021  # year of both papers
# Thousands, 10^9, and one GPU for 24 hours.
OTHER = {"params_k", "mult_adds_g", "gpu_days"}


def read(path: str | os.PathLike) -> pd.DataFrame:
    """Read and check the file; numbers become floats (missing: NaN), ``scale`` an int.

    A metric that the file has no columns for gets empty ones.
    """
    frame = _read_text(path)
    printed = [metric for metric in METRICS if any(f"{name}_{metric}" in frame for name in SETS)]
    numbers = [*COMPLEXITY, *(f"{name}_{metric}" for name in SETS for metric in printed)]
    _check_header(frame, [*KEY, *numbers, "source", "note"], path)
    frame = frame.reindex(columns=[*KEY, *COMPLEXITY, *QUALITY, "source", "note"], fill_value="")
    for column in ["scale", *COMPLEXITY, *QUALITY]:
        frame[column] = _numbers(frame[column], path)
    _refuse_empty(frame, ["paper", "table", "method", "source"], path)
    _refuse_scales(frame, path)
    _refuse_duplicates(frame, KEY, path)
    return frame.astype({"scale": int})


def read_other(path: str | os.PathLike) -> pd.DataFrame:
    """Read and check the file of other numbers; ``value`` becomes a float."""
    frame = _read_text(path)
    _check_header(frame, OTHER_COLUMNS, path)
    _refuse_empty(frame, OTHER_COLUMNS[:-1], path)
    frame["value"] = _numbers(frame["value"], path)
    wrong = frame.index[~frame["metric"].isin(OTHER)]
    if len(wrong):
        raise UserError(f"{path}: line {wrong[0] + 2}: metric must be one of {', '.join(sorted(OTHER))}")
    _refuse_duplicates(frame, ["paper", "table", "label", "metric"], path)
    return frame


def read_recent(path: str | os.PathLike) -> pd.DataFrame:
    """Read and check the file of recent networks; numbers become floats (missing: NaN), ``scale`` an int."""
    frame = _read_text(path)
    numbers = [column for column in RECENT_COLUMNS if column not in ("method", "counter", "source", "note")]
    printed = [column for column in RECENT_COLUMNS if column in frame or column not in QUALITY]
    _check_header(frame, printed, path)
    frame = frame.reindex(columns=RECENT_COLUMNS, fill_value="")
    _refuse_empty(frame, ["method", "params_k", "source"], path)
    for column in numbers:
        frame[column] = _numbers(frame[column], path)
    _refuse_scales(frame, path)
    uncounted = frame.index[frame["mult_adds_g"].notna() & (frame["counter"] == "")]
    if len(uncounted):
        raise UserError(f"{path}: line {uncounted[0] + 2}: counter is empty. Say by what rule Mult-Adds are counted")
    _refuse_duplicates(frame, ["method", "scale"], path)
    return frame.astype({"scale": int})


def read_years(path: str | os.PathLike) -> dict[str, int]:
    """Return the year of each method in the file."""
    frame = _read_text(path)
    _check_header(frame, YEAR_COLUMNS, path)
    _refuse_empty(frame, YEAR_COLUMNS, path)
    frame["year"] = _numbers(frame["year"], path)
    wrong = frame.index[~frame["year"].isin(YEARS)]
    if len(wrong):
        raise UserError(f"{path}: line {wrong[0] + 2}: year must be from {YEARS.start} to {YEARS.stop - 1}")
    _refuse_duplicates(frame, ["method"], path)
    return {str(row.method): int(row.year) for row in frame.itertuples()}


def rows_of(frame: pd.DataFrame, paper: str, table: str) -> pd.DataFrame:
    """Return the rows of one table of one paper in the order of the file; raise UserError if there are none.

    A table of our own has no number, and no rows.
    """
    rows = frame[(frame["paper"] == paper) & (frame["table"] == table)]
    if rows.empty and table:
        raise UserError(f"published numbers: no row for paper {paper!r}, table {table!r}. Add them to the file")
    return rows.reset_index(drop=True)


def completed(frame: pd.DataFrame, paper: str, table: str) -> pd.DataFrame:
    """Return one table's rows with missing complexity taken from the method's own publication (table "-").

    Column ``completed`` names the source of the added numbers; it is empty if none were added.
    """
    rows = rows_of(frame, paper, table)
    completions = frame[frame["table"] == "-"].set_index(["method", "scale"])
    extra = completions.reindex(pd.MultiIndex.from_frame(rows[["method", "scale"]])).reset_index(drop=True)
    taken = (rows[COMPLEXITY].isna() & extra[COMPLEXITY].notna()).any(axis=1)
    return rows.assign(
        **{column: rows[column].fillna(extra[column]) for column in COMPLEXITY},
        completed=extra["source"].where(taken, ""),
    )


def elsewhere(frame: pd.DataFrame, paper: str, table: str) -> pd.DataFrame:
    """Return rows from other sources for the table's rows that miss a printed metric, a method's own source first."""
    rows = rows_of(frame, paper, table)
    printed = [column for column in QUALITY if frame[column].notna().any()]
    gaps = rows.loc[rows[printed].isna().any(axis=1), ["method", "scale"]]
    others = frame[frame["paper"] != paper].sort_values("table", key=lambda column: column != "-", kind="stable")
    return gaps.merge(others.drop_duplicates(["method", "scale"]), on=["method", "scale"])


def _read_text(path: str | os.PathLike) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file. The repository ships it in data/") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a CSV table ({' '.join(str(error).split())}). Restore the file") from None
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes surplus cells as row labels
        raise UserError(f"{path}: a line has more cells than the header. Quote cells that hold a comma")
    return frame


def _check_header(frame: pd.DataFrame, columns: list[str], path: str | os.PathLike) -> None:
    if list(frame.columns) != columns:
        wrong = sorted(set(frame.columns) ^ set(columns)) or ["their order"]
        raise UserError(f"{path}: wrong columns: {', '.join(wrong)}. The header must be {','.join(columns)}")


def _numbers(column: pd.Series, path: str | os.PathLike) -> pd.Series:
    """Turn one text column into floats: an empty cell is NaN, other text that is not a number an error."""
    values = pd.to_numeric(column.where(column != ""), errors="coerce")
    bad = column[(column != "") & ~values.between(0, float("inf"), inclusive="left")]
    if len(bad):
        raise UserError(f"{path}: line {bad.index[0] + 2}, {column.name}: {bad.iloc[0]!r} is not a number. Correct it")
    return values.astype(float)


def _refuse_empty(frame: pd.DataFrame, columns: list[str], path: str | os.PathLike) -> None:
    for column in columns:
        empty = frame.index[frame[column] == ""]
        if len(empty):
            raise UserError(f"{path}: line {empty[0] + 2}: {column} is empty. Every row needs one")


def _refuse_scales(frame: pd.DataFrame, path: str | os.PathLike) -> None:
    wrong = frame.index[~frame["scale"].isin([2, 3, 4])]
    if len(wrong):
        raise UserError(f"{path}: line {wrong[0] + 2}: scale must be 2, 3 or 4")


def _refuse_duplicates(frame: pd.DataFrame, columns: list[str], path: str | os.PathLike) -> None:
    duplicates = frame[frame.duplicated(columns)]
    if len(duplicates):
        key = ", ".join(str(value) for value in duplicates.iloc[0][columns])
        raise UserError(f"{path}: line {duplicates.index[0] + 2}: a second row for {key}. Keep one")
