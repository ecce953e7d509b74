"""Scrutiny of searches in sentences and in rows of a table, for the page and for documents."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sr.evaluate.metrics import METRICS, PRIMARY
from sr.report.claims.inference import LEVEL
from sr.report.scrutiny.formats import KINDS, Across, Arm, Difference, Scrutiny, Standing
from sr.report.tables.table import DASH, number

DIGITS = 3  # of a mean over seeds
MEASURES = {"latency": "latency", "mult_adds": "Mult-Adds"}
UNIT = f" {METRICS[PRIMARY].unit}".rstrip()
WIDTH, MARGIN = 160, 6  # of a strip of points, in CSS pixels


class Strip(NamedTuple):
    """An arm's networks as places from left to right: ``points`` and their ``mean``, in CSS pixels."""

    points: list[float]
    mean: float


def sentences(scrutiny: Scrutiny, method: str) -> Iterator[tuple[str, str]]:
    """Yield (question, answer) for what a run says of a method's searches."""
    title = method.upper()
    if method in scrutiny.noise:
        spread = number(scrutiny.noise[method], DIGITS)
        yield (
            "What do seeds alone do?",
            f"Trained again, a network's mean over the test sets varies by s = {spread}{UNIT}.",
        )
    arms = {arm.name: arm for arm in scrutiny.arms}
    alike = {standing.draws: standing for standing in scrutiny.standings if standing.model == method}
    for each in scrutiny.differences:
        # Random networks of another size or budget are no chance for this search.
        if each.first == method and each.second in alike:
            yield f"Is the search better than chance ({each.second})?", _against_chance(each, alike[each.second])
    for across in scrutiny.across:
        if across.difference.first == method:
            yield _against_another(across, arms[across.difference.second])
    for agreement in scrutiny.agreements:
        if agreement.model == method:
            least = max(agreement.p, 0.001)
            yield (
                "Do the searches agree?",
                f"{agreement.searches} searches of {title} keep the same options in {number(agreement.observed, 2)} of "
                f"the choices, random genotypes in {number(agreement.chance, 2)} "
                f"(p {'<' if agreement.p < least else '='} {number(least, 3)}).",
            )
    for ranking in scrutiny.rankings:
        if ranking.model == method:
            yield (
                "Does the supernet rank?",
                f"Kendall's τ between the order by its weights and that after retraining is {number(ranking.tau, 2)} "
                f"({_ends(ranking.low, ranking.high, 2)}, {ranking.networks} networks).",
            )
    for order in scrutiny.budgets:
        if arms[order.first].method == method:
            low, high = order.steps
            yield (
                f"Does the order survive the budget ({low:,} and {high:,} steps)?",
                f"Kendall's τ between the orders of {order.networks} random genotypes is {number(order.tau, 2)} "
                f"({_ends(order.low, order.high, 2)}).",
            )


def _against_chance(each: Difference, standing: Standing) -> str:
    gain = f"{number(each.gain, DIGITS, signed=True)}{UNIT} ({_ends(each.low, each.high, DIGITS, signed=True)})"
    undecided = each.low <= 0 <= each.high
    verdict = "No difference is shown" if undecided else "Yes" if each.gain > 0 else "No, it is worse"
    seen = f"; one of {number((each.high - each.low) / 2, DIGITS)}{UNIT} would have been" if undecided else ""
    share = (
        f"Its mean is above {number(100 * standing.share, 0)} % of the random ones "
        f"({number(100 * standing.low, 0)} to {number(100 * standing.high, 0)} %)."
    )
    return f"{verdict}{seen}: {gain}, {each.seeds[0]} searched against {each.seeds[1]} random networks. {share}"


def _against_another(across: Across, other: Arm) -> tuple[str, str]:
    each, measure = across.difference, MEASURES[across.measure]
    gain = f"{number(each.gain, DIGITS, signed=True)}{UNIT} ({_ends(each.low, each.high, DIGITS, signed=True)})"
    undecided = each.adjusted >= 1 - LEVEL
    verdict = "No difference is shown" if undecided else "Yes" if each.gain > 0 else "No, it is worse"
    return (
        f"Is it better than {other.method.upper()}'s {other.name} at about equal {measure}?",
        f"{verdict}: {gain}, at {number(across.ratio, 2)} times its {measure}.",
    )


def _ends(low: float, high: float, digits: int, signed: bool = False) -> str:
    ends = " to ".join(number(end, digits, signed=signed) for end in (low, high))
    return f"{100 * LEVEL:.0f} % interval {ends}"


def rows(scrutiny: Scrutiny, method: str) -> list[dict[str, Any]]:
    """Return the arms of a method as text, with their networks as points on one scale."""
    arms = [arm for arm in scrutiny.arms if arm.method == method]
    values = [value for arm in arms for value in arm.psnr]
    differences = {each.second: each for each in scrutiny.differences if each.first == method}
    return [_row(arm, differences.get(arm.name), min(values), max(values)) for arm in arms]


def _row(arm: Arm, difference: Difference | None, low: float, high: float) -> dict[str, Any]:
    spread = f" ± {number(arm.sd, DIGITS)}" if arm.sd is not None else ""
    # The main arm's difference to another, turned round: the other's to the main one.
    gain = (
        f"{number(-difference.gain, DIGITS, signed=True)} ({number(-difference.high, DIGITS, signed=True)} to "
        f"{number(-difference.low, DIGITS, signed=True)})"
        if difference
        else DASH
    )
    return {
        "name": arm.name,
        "kind": KINDS[arm.kind],
        "count": len(arm.models),
        "steps": f"{arm.steps:,}",
        "params": number(arm.params / 1e3, 1) if arm.params is not None else DASH,
        "latency": number(arm.latency, 0) if arm.latency is not None else DASH,
        "psnr": f"{number(arm.mean, DIGITS)}{spread}",
        "gain": gain,
        "p": number(difference.adjusted, 3) if difference else DASH,
        "strip": _strip(arm, low, high),
    }


def _strip(arm: Arm, low: float, high: float) -> Strip:
    def place(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)

    return Strip([place(value) for value in arm.psnr], place(arm.mean))
