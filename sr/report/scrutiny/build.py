"""Scrutiny of a run's searches: all that results/scrutiny.json says."""

from sr.report.run.reader import FinishedRun
from sr.report.scrutiny import arms, searches
from sr.report.scrutiny.formats import Scrutiny


def of_run(run: FinishedRun) -> Scrutiny:
    """Return what a finished run says of its searches; lists are empty for what it has not."""
    measured = arms.measured(run)
    return Scrutiny(
        sets=run.params.data.test,
        noise={method: arm.pooled for method, arm in arms.noise([each.arm for each in measured]).items()},
        arms=[each.arm for each in measured],
        differences=arms.differences(measured),
        across=list(arms.across(measured)),
        agreements=list(searches.agreements(run)),
        rankings=list(searches.rankings(run, measured)),
        standings=list(searches.standings(run, measured)),
        courses=list(searches.courses(run)),
        budgets=list(searches.budgets(run, measured)),
    )
