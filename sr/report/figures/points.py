"""Points of the plots of quality against size: what papers print ("quoted"), and what this run measured.

Each point has a label, the year of its network, and a kind: ``quoted``, ``paper`` (the paper's own network as printed),
``remeasured`` (another network, measured in this run) or ``run`` (this run's own).
"""

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from sr.core.errors import UserError
from sr.core.peer_sections import Peer
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods.published import RECENT, SETS, completed
from sr.methods.spec import FigureSpec, Paper
from sr.report.run.results import BICUBIC
from sr.report.tables.lines import own_label

SIZES = ["params_k", "mult_adds_g"]
POINT = ["label", "kind", "year", "scale", "test_set", PRIMARY, *SIZES]


def spec_of(paper: Paper) -> FigureSpec:
    """Return what the paper's figure shows; raise UserError if it has none."""
    if paper.figure is None:
        raise UserError(f"method {paper.method!r}: its paper has no such figure. Choose another method")
    return paper.figure


def published_points(published: pd.DataFrame, years: Mapping[str, int], paper: Paper) -> pd.DataFrame:
    """Return the rows of the paper's table on the figure's set and scale; ``completed`` as in the published frame."""
    spec = spec_of(paper)
    rows = completed(published, paper.name, spec.table)
    rows = rows[rows["scale"] == spec.scale]
    kinds = rows["method"].map(lambda name: "paper" if name == paper.name else "quoted")
    return _quoted(rows, spec, years, kinds, rows["completed"])


def recent_points(recent: pd.DataFrame, years: Mapping[str, int], paper: Paper) -> pd.DataFrame:
    """Return the networks since the papers' year on the figure's set and scale, with Mult-Adds as counted here."""
    spec = spec_of(paper)
    rows = recent[recent["scale"] == spec.scale].assign(mult_adds_g=lambda frame: frame["conv2d_g"])
    return _quoted(rows, spec, years, "quoted", "")


def _quoted(
    rows: pd.DataFrame, spec: FigureSpec, years: Mapping[str, int], kind: pd.Series | str, added: pd.Series | str
) -> pd.DataFrame:
    column = next(f"{key}_{PRIMARY}" for key, name in SETS.items() if name == spec.test_set)
    points = rows.rename(columns={"method": "label", column: PRIMARY})
    points = points.assign(kind=kind, completed=added, year=points["label"].map(years), test_set=spec.test_set)
    return points[[*POINT, "completed"]].dropna(subset=[PRIMARY, *SIZES]).reset_index(drop=True)


def measured_points(metrics: pd.DataFrame, complexity: pd.DataFrame, paper: Paper) -> pd.DataFrame:
    """Return the points of this run's own network, and bicubic's metric; raise UserError if there are none."""
    points = _measured(metrics[metrics["model"] == paper.method], metrics, complexity)
    if points.empty:
        raise UserError(
            f"plot: model {paper.method!r} lacks metrics or counts. Give the files of both: --metrics, --complexity"
        )
    return points.assign(label=own_label(paper.name), kind="run", year=math.nan)


def peer_points(
    metrics: pd.DataFrame, complexity: pd.DataFrame, peers: Mapping[str, Peer], years: Mapping[str, int]
) -> pd.DataFrame:
    """Return the points of the other networks that this run measured, on all sets and scales."""
    points = _measured(metrics[metrics["model"].isin(peers)], metrics, complexity)
    labels = points["model"].map(lambda name: peers[name].title(name))
    known = [year_of(peers[name], label, years) for name, label in zip(points["model"], labels, strict=True)]
    return points.assign(label=labels, kind="remeasured", year=known)


def year_of(peer: Peer, label: str, years: Mapping[str, int]) -> int:
    """Return the year of another network: as stated, or that of the published method of its name, or the papers'."""
    return peer.year or years.get(label, RECENT)


def _measured(rows: pd.DataFrame, metrics: pd.DataFrame, complexity: pd.DataFrame) -> pd.DataFrame:
    points = rows.merge(complexity, on=["model", "scale"], suffixes=("", "_counts"))
    bicubic = metrics[metrics["model"] == BICUBIC].rename(columns={PRIMARY: "bicubic"})
    points = points.merge(bicubic[["scale", "test_set", "bicubic"]], on=["scale", "test_set"], how="left")
    points = points.assign(params_k=points["params"] / 1e3, mult_adds_g=points["mult_adds"] / 1e9)
    return points[["model", "scale", "test_set", PRIMARY, *SIZES, "bicubic"]]


def front(points: pd.DataFrame, size: str) -> pd.DataFrame:
    """Return the points that no other beats: none is as small and better, or smaller and as good; smallest first."""
    rank = METRICS[PRIMARY].rank
    ordered = points.assign(rank=points[PRIMARY].map(rank)).sort_values([size, "rank"], ascending=[True, False])
    best = ordered["rank"].cummax().shift(fill_value=-math.inf)
    return ordered[ordered["rank"] > best].drop(columns="rank")


def infinite(points: pd.DataFrame) -> Iterator[str]:
    """Yield the networks, and bicubic, where their quality is infinite."""
    for row in points.to_dict("records"):
        values = {row["label"]: row[PRIMARY], "bicubic": row["bicubic"]}
        where = f"on {row['test_set']} ×{row['scale']}"
        yield from (f"{name} {where}" for name, value in values.items() if value == math.inf)
