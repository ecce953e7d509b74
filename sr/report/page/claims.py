"""What the papers claim, one line each, and what became of it here: the first screen of the page.

A claim is a printed number of the paper's own network, or that one of two networks is better. It is held against
the authors' released weights or a count at the paper's sizes, and against this run.
"""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from sr.core import config
from sr.core.config import Params
from sr.methods.papers import PAPERS
from sr.methods.spec import Paper, Table
from sr.report.run.published import SETS, rows_of
from sr.report.run.reader import Run
from sr.report.tables.bootstrap import differences, mean_interval
from sr.report.tables.footnotes import PAPER_PRESET, edited
from sr.report.tables.intervals import described
from sr.report.tables.table import DASH, number

MATCH, DIFFERS, OPEN = "match", "differs", "open"
# dB; and of 1. Two trainings of one network from different seeds differ by as much.
PSNR_TOLERANCE, SSIM_TOLERANCE = 0.05, 0.001
# In % of the printed number: papers print whole thousands, and counters of Mult-Adds differ.
SIZE_TOLERANCE = {"params_k": 1.0, "mult_adds_g": 2.0}
SIZES = {"params_k": ("Params", "K", "params", 1e3), "mult_adds_g": ("Mult-Adds", "G", "mult_adds", 1e9)}
COUNTING = "Conv2d, 1280×720"
# Below it an order says nothing (dB).
SAME = 0.01


@dataclass(frozen=True)
class Evidence:
    """What was measured: the number, by how much it differs from the printed one, and where it comes from or why not.

    ``state`` is one of MATCH, DIFFERS, OPEN; OPEN has a reason in ``note``.
    """

    text: str
    difference: str
    state: str
    note: str


@dataclass(frozen=True)
class Claim:
    """One line: ``checked`` without training here, ``own`` by this run; ``printed`` is a mean if it has ``sets``."""

    paper: str
    scale: int
    quantity: str
    printed: str
    checked: Evidence
    own: Evidence
    protocol: str
    sets: str = ""

    @property
    def verdict(self) -> str:
        """Return the better of the two states."""
        states = (self.checked.state, self.own.state)
        return MATCH if MATCH in states else DIFFERS if DIFFERS in states else OPEN


def of_run(run: Run) -> list[Claim]:
    """Return all claims of the run's papers in reading order."""
    found = []
    for paper in (PAPERS[method] for method in run.params.methods if method in PAPERS):
        main = next(table for table in paper.tables if table.main)
        rows = rows_of(run.published, paper.name, main.number)
        for row in rows[rows["method"] == paper.name].to_dict("records"):
            found += [_size(run, paper, row, metric) for metric in SIZES]
            found += [_quality(run, paper, row, key) for key in SETS]
        found += [claim for table in paper.tables for claim in _orders(run, paper, table)]
    return found


def _missing(reason: str) -> Evidence:
    return Evidence(DASH, "", OPEN, reason)


def _size(run: Run, paper: Paper, row: dict[str, Any], metric: str) -> Claim:
    """Compare Params or Mult-Adds at one scale."""
    name, unit, key, factor = SIZES[metric]
    printed, scale = row[metric], row["scale"]

    def compared(count: int | None, note: str, judged: bool = True) -> Evidence:
        if count is None:
            return _missing(note)
        value = count / factor
        text = f"{number(value, 1)} {unit}"
        if pd.isna(printed) or not judged:
            return Evidence(text, "", OPEN, note)
        # Judged as it is shown, as quality is.
        percent = round(100 * (value - printed) / printed, 1)
        state = MATCH if abs(percent) <= SIZE_TOLERANCE[metric] else DIFFERS
        return Evidence(text, f"{number(percent, 1, signed=True)} %", state, note)

    counts = run.counts.get(paper.method, {}).get((paper.method, scale))
    counted = getattr(counts, key) if counts else None
    checked = compared(counted, "counted at the paper's size" if counted else "not counted in this run")
    found = run.complexity[(run.complexity["model"] == paper.method) & (run.complexity["scale"] == scale)]
    narrow = _other_size(run, paper)
    note = narrow or "the searched network of this run"
    absent = _no_scale(run, paper, scale) or "not counted in this run"
    own = compared(int(found[key].iloc[0]), note, not narrow) if len(found) else _missing(absent)
    text = DASH if pd.isna(printed) else f"{number(printed, 0 if metric == 'params_k' else 1)} {unit}"
    return Claim(paper.name, scale, name, text, checked, own, COUNTING)


def _other_size(run: Run, paper: Paper) -> str:
    """Say by which keys this run's network is no network of the paper's size; empty if it is one."""
    theirs = _papers_own().model(paper.method).network.model_dump()
    ours = run.params.model(paper.method).network.model_dump()
    changed = [f"{key} {ours[key]} instead of {theirs[key]}" for key in theirs if ours[key] != theirs[key]]
    sizes = [text for text in changed if not text.startswith("pixel_range")]
    return f"another size: {', '.join(sizes)}" if sizes else ""


@cache
def _papers_own() -> Params:
    return config.load(config.PRESETS / f"{PAPER_PRESET}.yaml")


def _no_scale(run: Run, paper: Paper, scale: int) -> str:
    """Say that this run has no network for ``scale``; empty if it has one."""
    return "" if scale in run.models[paper.method]["scales"] else f"×{scale} is not in this run"


def _quality(run: Run, paper: Paper, row: dict[str, Any], key: str) -> Claim:
    """Compare PSNR and SSIM on one test set at one scale."""
    scale, name = row["scale"], SETS[key]
    printed = (row[f"{key}_psnr"], row[f"{key}_ssim"])
    released = _measured(run, f"{paper.method}_released", scale, name)
    ours = _measured(run, paper.method, scale, name)
    if released is None:
        checked = _missing(f"no authors' weights for ×{scale} in data.releases" if paper.released else paper.unreleased)
    else:
        checked = _compare(released, printed, "authors' released weights")
    if ours is None:
        untested = f"{name} was not measured" if name in run.params.data.test else f"{name} is not in data.test"
        own = _missing(_no_scale(run, paper, scale) or untested)
    else:
        own = _compare(ours, printed, _budget(run))
    text = f"{number(printed[0], 2)} / {number(printed[1], 4)}"
    used = released if released is not None else ours
    protocol = "Y, " + (f"crop {used['crop_border']} px" if used is not None else "not measured")
    return Claim(paper.name, scale, f"{name} PSNR / SSIM", text, checked, own, protocol)


def _full(run: Run) -> bool:
    """Return whether the run has the papers' own budget."""
    return run.params.preset == PAPER_PRESET and not edited(run.params)


def _budget(run: Run) -> str:
    return "trained by the paper's budget" if _full(run) else f"preset {run.params.preset}: not the paper's budget"


def _measured(run: Run, model: str, scale: int, test_set: str) -> dict[str, Any] | None:
    frame = run.metrics
    found = frame[(frame["model"] == model) & (frame["scale"] == scale) & (frame["test_set"] == test_set)]
    return found.to_dict("records")[0] if len(found) else None


def _compare(measured: dict[str, Any], printed: tuple[float, float], note: str) -> Evidence:
    text = f"{number(measured['psnr'], 2)} / {number(measured['ssim'], 4)}"
    if pd.isna(printed[0]):
        return Evidence(text, "", OPEN, note)
    psnr = measured["psnr"] - printed[0]
    ssim = 0.0 if pd.isna(printed[1]) else measured["ssim"] - printed[1]
    # Printed numbers are rounded, so ours are rounded before they are judged.
    near = abs(round(psnr, 2)) <= PSNR_TOLERANCE and abs(round(ssim, 4)) <= SSIM_TOLERANCE
    shown = f"{number(psnr, 2, signed=True)} dB / {number(ssim, 4, signed=True)}"
    return Evidence(text, shown, MATCH if near else DIFFERS, note)


def _orders(run: Run, paper: Paper, table: Table) -> Iterator[Claim]:
    """Yield the table's claims that one network is better than another."""
    rows = rows_of(run.published, paper.name, table.number) if table.better else None
    for scale in table.scales if table.better else ():
        for better, worse in table.better:
            gain, sets = _printed_gain(rows, scale, better, worse)
            own, protocol = _own_gain(run, table, scale, better, worse)
            yield Claim(
                paper.name,
                scale,
                f"{better} above {worse} (Table {table.number})",
                f"{number(gain, 2, signed=True)} dB" if sets else DASH,
                _missing("an ablation: only training tells"),
                own,
                protocol,
                f"mean of {', '.join(sets)}" if sets else "",
            )


def _printed_gain(rows: pd.DataFrame, scale: int, better: str, worse: str) -> tuple[float, list[str]]:
    first, second = (rows[(rows["scale"] == scale) & (rows["method"] == name)].iloc[0] for name in (better, worse))
    gains = {name: first[f"{key}_psnr"] - second[f"{key}_psnr"] for key, name in SETS.items()}
    gains = {name: gain for name, gain in gains.items() if pd.notna(gain)}
    return (statistics.fmean(gains.values()) if gains else float("nan")), list(gains)


def _own_gain(run: Run, table: Table, scale: int, better: str, worse: str) -> tuple[Evidence, str]:
    pairs = {
        name: (_measured(run, table.own[better], scale, name), _measured(run, table.own[worse], scale, name))
        for name in run.params.data.test
    }
    both = {name: (a, b) for name, (a, b) in pairs.items() if a is not None and b is not None}
    if not both:
        absent = [table.own[label] for label in (better, worse) if table.own[label] not in run.models]
        return _missing(f"{' and '.join(absent) or f'×{scale}'} not in this run"), "Y, not measured"
    gain = statistics.fmean(first["psnr"] - second["psnr"] for first, second in both.values())
    # The mean of the sets' differences: each set is drawn from by itself.
    interval = mean_interval(*(differences(first["each"], second["each"], "psnr") for first, second in both.values()))
    order = "no difference to see" if abs(gain) < SAME else "the same order" if gain > 0 else "the other way round"
    noise = described(interval, sum(first["images"] for first, _ in both.values()))
    note = f"{order} on {', '.join(both)}; {noise}; {_budget(run)}"
    told = abs(gain) >= SAME and not (interval and interval.has_zero)
    state = (MATCH if gain > 0 else DIFFERS) if told else OPEN
    crop = next(iter(both.values()))[0]["crop_border"]
    # A small budget may well turn the order of two networks, so it decides nothing.
    return Evidence(f"{number(gain, 2, signed=True)} dB", "", state if _full(run) else OPEN, note), f"Y, crop {crop} px"
