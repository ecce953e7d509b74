"""What searches decided: agreement against chance, the course of a search, and how well its supernet ranks."""

import itertools
import random
from collections.abc import Iterator, Mapping
from statistics import fmean

import numpy as np
import pandas as pd

from sr.core import repeats
from sr.core.formats import load
from sr.core.genotype_files import same_training
from sr.evaluate.formats import InheritedMetrics
from sr.nas.agreement import agreement, by_chance, overall
from sr.nas.derive import strongest
from sr.nas.genotype import Decision
from sr.nas.relaxation import Choice
from sr.report.claims import inference
from sr.report.run import histories
from sr.report.run.reader import FinishedRun
from sr.report.scrutiny.arms import Measured
from sr.report.scrutiny.formats import Agreement, BudgetOrder, Course, Ranking, Standing

GROUPS = 2000  # of random genotypes, for the agreement by chance
IDLE = {"skip", "none"}  # options that compute nothing
FEWEST = 4  # networks whose order says anything

Decisions = Mapping[str, Decision]


def agreements(run: FinishedRun) -> Iterator[Agreement]:
    """Yield the agreement of each model that was searched at least twice."""
    for name in run.models:
        group = [] if repeats.is_repeat(name) else repeats.of(run.models, name)
        searches = [decided for each in group if run.models[each].searches and (decided := _decisions(run, each))]
        if len(searches) > 1:
            yield _agreement(name, searches)


def _decisions(run: FinishedRun, name: str) -> Decisions:
    path = run.path(f"results/genotype/{name}.json")
    return histories.decisions(path) if path else {}


def _agreement(name: str, searches: list[Decisions]) -> Agreement:
    kept = [{choice: decision.kept for choice, decision in search.items()} for search in searches]
    pairs = [agreement(one, two) for one, two in itertools.combinations(kept, 2)]
    observed = overall(kept)
    options = {name: Choice(tuple(each.probabilities), len(each.kept)) for name, each in searches[0].items()}
    groups = _random_groups(options, len(searches))
    return Agreement(
        model=name,
        searches=len(searches),
        observed=observed,
        chance=by_chance(options),
        p=(1 + sum(value >= observed - 1e-12 for value in groups)) / (1 + len(groups)),
        choices={choice: fmean(pair[choice] for pair in pairs) for choice in kept[0]},
    )


def _random_groups(choices: Mapping[str, Choice], searches: int) -> list[float]:
    """Return the agreement within ``GROUPS`` groups of as many random genotypes of the same space."""
    source = random.Random(0)  # noqa: S311

    def genotype() -> dict[str, list[str]]:
        return {name: source.sample(choice.options, choice.keep) for name, choice in choices.items()}

    return [overall([genotype() for _ in range(searches)]) for _ in range(GROUPS)]


def rankings(run: FinishedRun, arms: list[Measured]) -> Iterator[Ranking]:
    """Yield how the order by each supernet's weights agrees with that of the retrained networks."""
    after = {model: value for each in arms for model, value in zip(each.arm.models, each.arm.psnr, strict=True)}
    for name in run.models:
        path = run.path(f"results/rank/{name}.json")
        before = load(path, InheritedMetrics).psnr if path else {}
        both = [model for model, value in before.items() if value is not None and model in after]
        if len(both) >= FEWEST:
            inherited = np.array([before[model] for model in both], dtype=float)
            retrained = np.array([after[model] for model in both])
            tau, low, high = inference.rank_correlation(inherited, retrained)
            values = {"inherited": inherited.tolist(), "retrained": retrained.tolist()}
            yield Ranking(model=name, networks=len(both), **values, tau=tau, low=low, high=high)


def standings(run: FinishedRun, arms: list[Measured]) -> Iterator[Standing]:
    """Yield where each searched arm stands among the random draws of its size and budget."""
    for draws in (each.arm for each in arms if each.arm.kind == "random"):
        for arm in (each.arm for each in arms if each.arm.kind == "searched"):
            if same_training(run.models[draws.name], run.models[arm.name]):
                share, low, high = inference.share_below(arm.mean, np.array(draws.psnr))
                yield Standing(model=arm.name, draws=draws.name, share=share, low=low, high=high)


def budgets(run: FinishedRun, arms: list[Measured]) -> Iterator[BudgetOrder]:
    """Yield how the order of the same random genotypes agrees between each two budgets."""
    draws = [each for each in arms if each.arm.kind == "random"]
    for one, two in itertools.combinations(draws, 2):
        if one.arm.method == two.arm.method and one.arm.steps != two.arm.steps:
            first, second = sorted((one, two), key=lambda each: each.arm.steps)
            shared = [seed for seed in first.seeds if seed in second.seeds and _same(run, first, second, seed)]
            if len(shared) >= FEWEST:
                values = [np.array([each.arm.psnr[each.seeds.index(seed)] for seed in shared]) for each in (one, two)]
                tau, low, high = inference.rank_correlation(values[0], values[1])
                steps = (first.arm.steps, second.arm.steps)
                names = {"first": first.arm.name, "second": second.arm.name}
                yield BudgetOrder(**names, steps=steps, networks=len(shared), tau=tau, low=low, high=high)


def _same(run: FinishedRun, first: Measured, second: Measured, seed: int) -> bool:
    """Return whether the draws of a seed have the same genotype in both arms."""
    names = [each.arm.models[each.seeds.index(seed)] for each in (first, second)]
    rows = [run.complexity[run.complexity["model"] == name] for name in names]
    return all(len(each) for each in rows) and rows[0]["genotype"].iloc[0] == rows[1]["genotype"].iloc[0]


def courses(run: FinishedRun) -> Iterator[Course]:
    """Yield each search along its history."""
    for name, model in run.models.items():
        path, final = run.path(f"results/search/{name}/history.csv"), _decisions(run, name)
        if model.searches and path and final:
            history = histories.history(path, ["step"])
            columns = {f"{choice}.{option}" for choice, decision in final.items() for option in decision.probabilities}
            # A genotype and a history of different searches have no common course.
            if columns <= {*history}:
                yield _course(name, history, final)


def _course(name: str, history: pd.DataFrame, final: Decisions) -> Course:
    rows = history.to_dict("records")
    kept = [
        {
            choice: strongest({option: row[f"{choice}.{option}"] for option in each.probabilities}, len(each.kept))
            for choice, each in final.items()
        }
        for row in rows
    ]
    uniform = {choice: np.log(len(decision.probabilities)) for choice, decision in final.items()}
    last = {choice: decision.kept for choice, decision in final.items()}
    return Course(
        model=name,
        steps=[int(row["step"]) for row in rows],
        entropy=[fmean(row[f"entropy.{choice}"] / uniform[choice] for choice in final) for row in rows],
        decided=[fmean(agreement(each, last).values()) for each in kept],
        idle=[fmean(bool(IDLE & {*options}) for options in each.values()) for each in kept],
    )
