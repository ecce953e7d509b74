"""Claims that one network is better than another: the paper's ablations, and small networks of other papers."""

import statistics
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sr.core.repeats import of
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods.published import SETS, rows_of
from sr.methods.spec import Paper, TableSpec
from sr.report.claims import inference, measurements
from sr.report.claims.formats import Claim, Grade, Judgement
from sr.report.claims.inference import LEVEL, MIN_SEEDS, Effect
from sr.report.run import budget
from sr.report.run.reader import FinishedRun
from sr.report.tables.table import DASH, number

# A smaller difference in the primary metric points nowhere: the tables do not show it.
SAME = 0.005
METRIC = METRICS[PRIMARY]


class Arms(NamedTuple):
    """Two models' differences: a (seeds, images) array by test set, the seeds, the files, and how both were trained."""

    sets: dict[str, np.ndarray]
    seeds: list[int]
    files: list[str]
    budgets: list[str]

    @property
    def gain(self) -> float:
        """Return the mean over sets of the mean difference."""
        return statistics.fmean(float(part.mean()) for part in self.sets.values())


def of_paper(run: FinishedRun, paper: Paper) -> list[Claim]:
    """Return the orders of the paper's ablations; those that are tested form one family."""
    rows = [(table, scale, pair) for table in paper.tables for scale in table.scales for pair in table.better]
    arms = [_arms(run, paper, table, scale, pair) for table, scale, pair in rows]
    tested = [place for place, each in enumerate(arms) if isinstance(each, Arms) and _testable(each)]
    effects = {place: inference.two_level(list(_arms_at(arms, place).sets.values())) for place in tested}
    adjusted = dict(zip(effects, inference.holm([float(effect.p) for effect in effects.values()]), strict=True))
    claims = []
    for place, (table, scale, pair) in enumerate(rows):
        grades = _grades(arms[place], effects.get(place), adjusted.get(place, 1.0))
        claims.append(_claim(run, paper, table, scale, pair, grades))
    return claims


def direction(gain: float) -> str:
    """Return whether a gain has the claimed direction: same, opposite, or tie."""
    return "tie" if abs(gain) < SAME else "same" if METRIC.rank(gain) > 0 else "opposite"


def tested(effect: Effect, p: float) -> str:
    """Return the state of an order by its effect and its adjusted p value."""
    if p >= 1 - LEVEL:
        return "open"
    return "holds" if METRIC.rank(float(effect.mean)) > 0 else "differs"


def _claim(
    run: FinishedRun, paper: Paper, table: TableSpec, scale: int, pair: tuple[str, str], grades: dict[Grade, Judgement]
) -> Claim:
    better, worse = pair
    gains = _printed(rows_of(run.published, paper.name, table.number), scale, better, worse)
    each = ", ".join(f"{name} {_text(gain)}" for name, gain in gains.items())
    printed = f"{_text(statistics.fmean(gains.values()))} (mean of {each})" if gains else DASH
    slug = "-".join(name.lower().replace(" + ", "+").replace(" ", "-") for name in pair)
    return Claim(
        id=f"{paper.method}-table{table.number}-{slug}-x{scale}",
        paper=paper.name,
        source=f"Table {table.number}",
        kind="order",
        quantity=f"{better} above {worse} ×{scale}",
        scale=scale,
        printed=printed,
        protocol=f"Y, crop {measurements.crop_of(paper, scale)} px",
        grades=grades,
    )


def _printed(rows: pd.DataFrame, scale: int, better: str, worse: str) -> dict[str, float]:
    first, second = (rows[(rows["scale"] == scale) & (rows["method"] == name)].iloc[0] for name in (better, worse))
    gains = {name: first[f"{key}_{PRIMARY}"] - second[f"{key}_{PRIMARY}"] for key, name in SETS.items()}
    return {name: gain for name, gain in gains.items() if pd.notna(gain)}


def _grades(arms: Arms | str, effect: Effect | None, p: float) -> dict[Grade, Judgement]:
    if isinstance(arms, str):
        return {"D": Judgement(state="open", note=arms)}
    sets = ", ".join(f"{name} {_text(float(part.mean()))}" for name, part in arms.sets.items())
    seeds = f"{len(arms.seeds)} shared seed{'s' * (len(arms.seeds) != 1)}"
    text: dict[str, Any] = {"measured": _text(arms.gain), "files": arms.files}
    if arms.budgets:
        note = f"{sets}; {seeds}{_spread(arms)}; {'; '.join(arms.budgets[:2])}"
        return {"D": Judgement.model_validate({"state": direction(arms.gain), "note": note, **text})}
    if effect is None:
        note = f"{sets}; {seeds} of at least {MIN_SEEDS} in both arms"
        return {"C": Judgement(state="open", note=note, **text)}
    interval = f"{_text(float(effect.low), 3)} to {_text(float(effect.high), 3)}"
    note = f"{sets}; {seeds}; 95 % interval over seeds and images {interval}; p = {p:.3f} after Holm"
    return {"C": Judgement.model_validate({"state": tested(effect, p), "note": note, **text})}


def _spread(arms: Arms) -> str:
    """Return the interval of a difference over seeds and images in words, if there are enough seeds."""
    if len(arms.seeds) < MIN_SEEDS:
        return ""
    effect = inference.two_level(list(arms.sets.values()))
    return f"; 95 % interval over seeds and images {_text(float(effect.low), 3)} to {_text(float(effect.high), 3)}"


def _arms(run: FinishedRun, paper: Paper, table: TableSpec, scale: int, pair: tuple[str, str]) -> Arms | str:
    """Return both models' differences at the paper's crop with the seeds that both have, or why there are none."""
    better, worse = (table.own[label] for label in pair)
    absent = [name for name in (better, worse) if name not in run.models or scale not in run.models[name].scales]
    if absent:
        other = _other_scale(run, table, pair)
        arms = _arms(run, paper, replace(table, scales=(other,)), other, pair) if other else None
        if isinstance(arms, Arms):
            # A direction at another scale: never more than grade D.
            return arms._replace(budgets=[f"at ×{other} instead of ×{scale}", *arms.budgets])
        return f"{' and '.join(absent)} ×{scale}: not in this run"
    first, second = repeats(run, better), repeats(run, worse)
    # Arms with other seeds would not be paired.
    seeds = sorted(first.keys() & second.keys())
    pairs = [(first[seed], second[seed]) for seed in seeds]
    trained = [budget.of_model(run.params, name, scale) for pair in pairs for name in pair]
    budgets = list(dict.fromkeys(each.note for each in trained if not each.full))
    crop = measurements.crop_of(paper, scale)
    sets, files = _sets(run, pairs, scale, crop)
    if budgets and not sets:
        # A direction needs no protocol but the same one for both.
        sets, files = _sets(run, pairs, scale, None)
        budgets = [f"the paper's crop of {crop} px was not measured; {budgets[0]}"]
    if not sets:
        return f"no set was measured with both at a crop of {crop} px"
    return Arms(sets, seeds, files, budgets)


def _other_scale(run: FinishedRun, table: TableSpec, pair: tuple[str, str]) -> int | None:
    """Return a scale that the paper's table lacks and at which this run has both models of a pair."""
    models = [run.models.get(table.own[label]) for label in pair]
    if not all(models):
        return None
    common = set.intersection(*({*model.scales} for model in models if model)) - {*table.scales}
    return min(common, default=None)


def _sets(
    run: FinishedRun, pairs: list[tuple[str, str]], scale: int, crop: int | None
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return differences (seeds, images) by test set, of the sets that every pair was measured on, and the files."""
    sets: dict[str, np.ndarray] = {}
    files: list[str] = []
    for test_set in run.params.data.test:
        rows, used = [], []
        for one, two in ([measurements.measured(run, name, scale, test_set) for name in pair] for pair in pairs):
            ours, others = (each.images(crop, PRIMARY) if each else {} for each in (one, two))
            if one and two and ours and ours.keys() == others.keys():
                rows.append([ours[name] - others[name] for name in sorted(ours)])
                used += [one.file, two.file]
        if rows and len(rows) == len(pairs):
            sets[test_set] = np.array(rows)
            files += used
    return sets, files


def repeats(run: FinishedRun, name: str) -> dict[int, str]:
    """Return the models that are ``name`` from different seeds, by seed."""
    return {run.models[other].seed: other for other in of(run.models, name)}


def _testable(arms: Arms) -> bool:
    return not arms.budgets and len(arms.seeds) >= MIN_SEEDS


def _arms_at(arms: list[Arms | str], place: int) -> Arms:
    chosen = arms[place]
    assert isinstance(chosen, Arms)
    return chosen


def _text(gain: float, digits: int = METRIC.digits) -> str:
    return f"{number(gain, digits, signed=True)} {METRIC.unit}".rstrip()
