"""Random and searched networks by budget."""

import numpy as np

from sr.report.page import budget_plots
from sr.report.scrutiny.formats import Arm, Kind, Scrutiny


def arm(name: str, kind: Kind, steps: int, mean: float, method: str = "dlsr") -> Arm:
    psnr = [mean - 0.1, mean + 0.1]
    return Arm(
        name=name,
        method=method,
        kind=kind,
        scale=2,
        steps=steps,
        models=[name, f"{name}_2"],
        psnr=psnr,
        mean=float(np.mean(psnr)),
        varies="draws" if kind == "random" else "searches",
        pooled=float(np.std(psnr, ddof=1)),
        df=len(psnr) - 1,
        sets={"Set5": mean},
    )


def scrutiny(*arms: Arm) -> Scrutiny:
    nothing = {key: [] for key in ("differences", "agreements", "rankings", "standings", "courses", "budgets")}
    return Scrutiny(sets=["Set5"], noise={}, arms=list(arms), **nothing)


def test_a_line_joins_the_means_of_each_kind() -> None:
    arms = [
        arm("dlsr", "searched", 1500, 35.2),
        arm("random", "random", 1500, 35.1),
        arm("dlsr_b", "searched", 1500, 34.0),  # differs in more than the budget
        arm("random_long", "random", 4500, 35.6),
        arm("dlsr_long", "searched", 4500, 35.7),
        arm("dlsr_huge", "searched", 9000, 36.0),  # no random one beside it
    ]
    figures = budget_plots.budgets(scrutiny(*arms))
    assert list(figures) == ["dlsr"]
    lines = {trace["name"]: trace for trace in figures["dlsr"]["data"]}
    assert lines["mean, drawn at random"]["x"] == [1500, 4500]
    assert lines["mean, drawn at random"]["y"] == [35.1, 35.6]
    assert lines["mean, searched"]["y"] == [35.2, 35.7]
    assert lines["each network, searched"]["customdata"] == ["dlsr", "dlsr_2", "dlsr_long", "dlsr_long_2"]


def test_one_budget_is_no_curve() -> None:
    assert budget_plots.budgets(scrutiny(arm("random", "random", 1500, 35.0))) == {}
