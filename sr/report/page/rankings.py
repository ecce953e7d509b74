"""Claims that one network is better than another, from the ablations of the papers."""

import statistics
from collections.abc import Iterator

import pandas as pd

from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods.published import SETS, rows_of
from sr.methods.spec import Paper, TableSpec
from sr.report.page.findings import (
    DIFFERS,
    MATCH,
    OPEN,
    Claim,
    Finding,
    budget_note,
    has_paper_budget,
    measured_row,
    missing,
)
from sr.report.run.reader import FinishedRun
from sr.report.tables.bootstrap import differences, mean_interval
from sr.report.tables.intervals import described
from sr.report.tables.table import DASH, number

# A smaller difference in the primary metric says nothing about which network is better.
SAME = 0.01


def of_table(run: FinishedRun, paper: Paper, table: TableSpec) -> Iterator[Claim]:
    """Yield the table's claims that one network is better than another, in the primary metric."""
    rows = rows_of(run.published, paper.name, table.number) if table.better else None
    for scale in table.scales if table.better else ():
        for better, worse in table.better:
            gain, sets = _printed_gain(rows, scale, better, worse)
            finding, protocol = _own_gain(run, table, scale, better, worse)
            yield Claim(
                paper.name,
                scale,
                f"{better} above {worse} (Table {table.number})",
                _gain_text(gain) if sets else DASH,
                missing("an ablation: needs training"),
                finding,
                protocol,
                f"mean of {', '.join(sets)}" if sets else "",
            )


def _printed_gain(rows: pd.DataFrame, scale: int, better: str, worse: str) -> tuple[float, list[str]]:
    first, second = (rows[(rows["scale"] == scale) & (rows["method"] == name)].iloc[0] for name in (better, worse))
    gains = {name: first[f"{key}_{PRIMARY}"] - second[f"{key}_{PRIMARY}"] for key, name in SETS.items()}
    gains = {name: gain for name, gain in gains.items() if pd.notna(gain)}
    return (statistics.fmean(gains.values()) if gains else float("nan")), list(gains)


def _own_gain(run: FinishedRun, table: TableSpec, scale: int, better: str, worse: str) -> tuple[Finding, str]:
    pairs = {
        name: (measured_row(run, table.own[better], scale, name), measured_row(run, table.own[worse], scale, name))
        for name in run.params.data.test
    }
    both = {name: (a, b) for name, (a, b) in pairs.items() if a is not None and b is not None}
    if not both:
        absent = [table.own[label] for label in (better, worse) if table.own[label] not in run.models]
        return missing(f"{' and '.join(absent) or f'×{scale}'} not in this run"), "Y, not measured"
    gain = statistics.fmean(first[PRIMARY] - second[PRIMARY] for first, second in both.values())
    # The mean over the sets' differences: the bootstrap resamples each set separately.
    interval = mean_interval(*(differences(first["each"], second["each"], PRIMARY) for first, second in both.values()))
    order = (
        "no difference" if abs(gain) < SAME else "same order" if METRICS[PRIMARY].rank(gain) > 0 else "reversed order"
    )
    noise = described(interval, sum(first["images"] for first, _ in both.values()))
    note = f"{order} on {', '.join(both)}; {noise}; {budget_note(run)}"
    decided = abs(gain) >= SAME and not (interval and interval.has_zero)
    state = (MATCH if METRICS[PRIMARY].rank(gain) > 0 else DIFFERS) if decided else OPEN
    crop = next(iter(both.values()))[0]["crop_border"]
    # A small budget may reverse the order of two networks, so it decides nothing.
    return Finding(_gain_text(gain), "", state if has_paper_budget(run) else OPEN, note), f"Y, crop {crop} px"


def _gain_text(gain: float) -> str:
    metric = METRICS[PRIMARY]
    return f"{number(gain, metric.digits, signed=True)} {metric.unit}".rstrip()
