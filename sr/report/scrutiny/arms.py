"""Arms of a run: models with repetitions, and random draws, with PSNR of every image; differences between them."""

import itertools
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sr.core import repeats
from sr.core.config import Model
from sr.evaluate.metrics import PRIMARY
from sr.report.claims import inference, measurements
from sr.report.run import timings
from sr.report.run.reader import FinishedRun
from sr.report.scrutiny.formats import Across, Arm, Cause, Difference, Kind

SCALE = 2  # both papers search on x2
LEAST = 2  # models of an arm
NEAR = 0.1  # relative difference of what costs about the same


@dataclass(frozen=True)
class Measured:
    """An arm with its images: (models, images) by test set, the models' seeds in the same order."""

    arm: Arm
    tables: dict[str, np.ndarray]
    seeds: list[int]

    def of_seeds(self, seeds: list[int], sets: list[str]) -> list[np.ndarray]:
        """Return the tables of some seeds, one of each test set."""
        rows = [self.seeds.index(seed) for seed in seeds]
        return [self.tables[name][rows] for name in sets]


def measured(run: FinishedRun) -> list[Measured]:
    """Return the arms of a run that were measured at x2, in the order of its models."""
    groups = [repeats.of(run.models, name) for name in run.models if not repeats.is_repeat(name)]
    arms = [_arm(run, group) for group in groups]
    return _pooled([arm for arm in arms if arm is not None])


def differences(arms: list[Measured]) -> list[Difference]:
    """Return the difference of each method's searched main arm to every other arm of the method."""
    rows: list[Difference] = []
    for method, group in itertools.groupby(arms, key=lambda each: each.arm.method):
        members = list(group)
        main = next((each for each in members if each.arm.name == method), None)
        pairs = [(main, other) for other in members if main and other is not main and _comparable(main, other)]
        rows += adjusted([difference(first, second) for first, second in pairs])
    return rows


def across(arms: list[Measured]) -> Iterator[Across]:
    """Yield the differences of each method's main arm to other methods' arms, but chance, that cost about the same.

    The cost is the latency, or Mult-Adds in a run that did not time its arms. Two main arms are one comparison with
    one p, from whichever side it is read; Holm is over all comparisons of the run.
    """
    measure: Literal["latency", "mult_adds"] = "latency" if any(each.arm.latency for each in arms) else "mult_adds"
    chosen = [each for each in arms if each.arm.kind != "random" and getattr(each.arm, measure)]
    near = [
        (main, other, getattr(main.arm, measure) / getattr(other.arm, measure))
        for main, other in itertools.permutations(chosen, 2)
        if main.arm.name == main.arm.method != other.arm.method and _comparable(main, other)
    ]
    near = [row for row in near if abs(row[2] - 1) <= NEAR]
    rows = [difference(main, other) for main, other, _ in near]
    family = {frozenset((row.first, row.second)): row for row in rows}
    shared = {pair: row.adjusted for pair, row in zip(family, adjusted([*family.values()]), strict=True)}
    for row, (_, _, ratio) in zip(rows, near, strict=True):
        p = shared[frozenset((row.first, row.second))]
        yield Across(measure=measure, ratio=ratio, difference=row.replace(adjusted=p))


def noise(arms: list[Arm]) -> dict[str, Arm]:
    """Return by method the arm that knows best what seeds alone do: of one genotype, with most degrees of freedom."""
    repeated = sorted((arm for arm in arms if arm.varies == "seeds"), key=lambda arm: arm.df)
    return {arm.method: arm for arm in repeated}


def _pooled(arms: list[Measured]) -> list[Measured]:
    """Return the arms with the standard deviation of all that vary by the same."""

    def alike(each: Measured) -> tuple[str, str, int]:
        return each.arm.method, each.arm.varies, each.arm.steps

    spreads = {key: _spread([each for each in arms if alike(each) == key]) for key in map(alike, arms)}
    of_arms = [(each, spreads[alike(each)]) for each in arms]
    return [replace(each, arm=each.arm.replace(pooled=float(of.sd), df=of.df)) for each, of in of_arms]


def _spread(arms: list[Measured]) -> inference.Spread:
    values = [np.array(each.arm.psnr) for each in arms]
    return inference.spread(values[0], values[1:])


def _varies(run: FinishedRun, kind: Kind, models: list[str]) -> Cause:
    if kind == "random":
        return "draws"
    return "seeds" if _one_genotype(run, models) else "searches"


def _one_genotype(run: FinishedRun, models: list[str]) -> bool:
    """Return whether all models were counted with the same genotype."""
    genotypes = [run.complexity.loc[run.complexity["model"] == name, "genotype"].tolist() for name in models]
    return all(genotypes) and all(each[0] == genotypes[0][0] for each in genotypes)


def _arm(run: FinishedRun, group: list[str]) -> Measured | None:
    """Return an arm of the models of ``group`` that were measured at x2, if these are at least two."""
    model = run.models[group[0]]
    sets = run.params.data.test
    images = {name: _images(run, name, sets) for name in group}
    full = [name for name in group if all(images[name].values())]
    common = [{tuple(sorted(images[name][test])) for name in full} for test in sets]
    if len(full) < LEAST or any(len(names) != 1 for names in common):
        return None
    tables = {
        test: np.array([[images[name][test][image] for image in sorted(images[name][test])] for name in full])
        for test in sets
    }
    values = np.mean([table.mean(axis=1) for table in tables.values()], axis=0)
    kind = _kind(model)
    arm = Arm(
        name=model.name,
        method=model.method,
        kind=kind,
        scale=SCALE,
        steps=model.retrain.steps.at(SCALE),
        models=full,
        psnr=values.tolist(),
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)),
        varies=_varies(run, kind, full),
        pooled=float(values.std(ddof=1)),
        df=len(full) - 1,
        sets={test: float(table.mean()) for test, table in tables.items()},
        params=_size(run, full, "params"),
        mult_adds=_size(run, full, "mult_adds"),
        latency=_latency(run, full),
    )
    return Measured(arm, tables, [run.models[name].seed for name in full])


def _images(run: FinishedRun, model: str, sets: list[str]) -> dict[str, dict[str, float]]:
    """Return PSNR by image and test set; empty where it was not measured or is infinite."""
    entries = {test: measurements.measured(run, model, SCALE, test) for test in sets}
    return {test: entry.images(None, PRIMARY) if entry else {} for test, entry in entries.items()}


def _kind(model: Model) -> Kind:
    if model.random:
        return "random"
    if model.genotype:
        return "changed"
    return "searched" if model.retrain.genotype == "searched" else "given"


def _size(run: FinishedRun, models: list[str], measure: str) -> float | None:
    rows = run.complexity[run.complexity["model"].isin(models) & (run.complexity["scale"] == SCALE)]
    return float(rows[measure].mean()) if len(rows) == len(models) else None


def _latency(run: FinishedRun, models: list[str]) -> float | None:
    """Return the mean latency (ms) of the models' networks, one each; a training alone has that of what it repeats."""
    known = timings.medians(run)
    times = [known.get((run.models[name].repeats or name, SCALE)) for name in models]
    return statistics.fmean(time for time in times if time is not None) if all(times) else None


def at_size(small: Measured, large: Measured, size: float, measure: str = "params") -> Measured | None:
    """Return two arms that differ in size alone as one of ``size``, from their common seeds; None if it is outside.

    PSNR of every image is interpolated, linearly in the logarithm of ``measure`` ("params", "mult_adds", "latency").
    The two trainings of a seed count as independent.
    """
    low, high = (getattr(each.arm, measure) for each in (small, large))
    seeds = [seed for seed in small.seeds if seed in large.seeds]
    if not low or not high or not low <= size <= high or low == high or len(seeds) < LEAST:
        return None
    weight = float(np.log(size / low) / np.log(high / low))
    sets = [*small.tables]
    parts = zip(sets, small.of_seeds(seeds, sets), large.of_seeds(seeds, sets), strict=True)
    tables = {name: (1 - weight) * one + weight * two for name, one, two in parts}
    values = np.mean([table.mean(axis=1) for table in tables.values()], axis=0)
    arm = small.arm.replace(
        name=f"{small.arm.name} to {large.arm.name}",
        models=[],
        psnr=values.tolist(),
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)),
        pooled=float(np.hypot((1 - weight) * small.arm.pooled, weight * large.arm.pooled)),
        df=min(small.arm.df, large.arm.df),
        sets={name: float(table.mean()) for name, table in tables.items()},
        params=None,
        mult_adds=None,
        latency=None,
    )
    return Measured(arm.replace(**{measure: size}), tables, seeds)


def _comparable(first: Measured, second: Measured) -> bool:
    """Return whether two arms were tested on the same images."""
    return all(table.shape[1] == second.tables[name].shape[1] for name, table in first.tables.items())


def difference(first: Measured, second: Measured) -> Difference:
    """Return the difference of two arms on the same images.

    Arms of a few networks know their variance badly, so it is that of all arms which vary by the same; if it is not the
    same in all (logarithms of the standard deviations that vary by 0.3), false alarms are 5.6 % instead of 5 %.
    Networks of one seed count as independent; what two of the same search have in common makes the interval too wide.
    """
    sets = list(first.tables)
    ours, others = ([arm.tables[name] for name in sets] for arm in (first, second))
    spreads = [inference.Spread(np.array(each.arm.pooled), each.arm.df) for each in (first, second)]
    effect = inference.two_arms(ours, others, spreads)
    gains = {name: float(one.mean() - two.mean()) for name, one, two in zip(sets, ours, others, strict=True)}
    return Difference(
        first=first.arm.name,
        second=second.arm.name,
        seeds=[len(ours[0]), len(others[0])],
        gain=statistics.fmean(gains.values()),
        low=float(effect.low),
        high=float(effect.high),
        p=float(effect.p),
        adjusted=float(effect.p),
        sets=gains,
    )


def adjusted(family: list[Difference]) -> Iterator[Difference]:
    """Yield the differences of a family with their p values after Holm."""
    values = inference.holm([each.p for each in family])
    yield from (each.replace(adjusted=value) for each, value in zip(family, values, strict=True))
