"""Provenance of the page's results: margins of the search, cost and records of jobs, versions, seeds and data."""

from collections.abc import Iterable
from math import log
from typing import Any

from sr.core.files import digest
from sr.core.formats import load
from sr.core.provenance import Record
from sr.data.formats import Manifest
from sr.nas.genotype import Decision
from sr.report.run import histories
from sr.report.run.reader import FinishedRun
from sr.report.tables.table import DASH, number

TRAINED = ("search", "retrain")
UNKNOWN = "not measured by this machine"


def choices(run: FinishedRun, model: str) -> list[dict[str, str]]:
    """Return one row per choice of a search: what was kept, the best rejected option, the margin and the entropy.

    The entropy is in % of the uniform distribution's: at 100 % the search has no preference.
    """
    path = run.path(f"results/genotype/{model}.json")
    decisions = histories.decisions(path) if path else {}
    return [_choice(name, decision) for name, decision in decisions.items()]


def _choice(name: str, decision: Decision) -> dict[str, str]:
    probabilities, kept = decision.probabilities, decision.kept
    rest = {option: value for option, value in probabilities.items() if option not in kept}
    second = max(rest, key=lambda option: rest[option]) if rest else None
    share = 100 * decision.entropy / log(len(probabilities)) if len(probabilities) > 1 else 0.0
    return {
        "choice": name,
        "chosen": ", ".join(f"{option} ({number(probabilities[option], 3)})" for option in kept),
        "second": f"{second} ({number(rest[second], 3)})" if second else DASH,
        "margin": number(decision.margin, 4),
        "entropy": f"{number(share, 1)} %",
    }


def costs(run: FinishedRun) -> list[dict[str, Any]]:
    """Return one row per search and training: time, steps, device and energy."""
    rows: list[dict[str, Any]] = []
    for key, record in run.records.items():
        rule = key.partition("/")[0]
        if rule in TRAINED and record.model in run.models:
            scale = record.scale or 2
            energy = record.energy
            rows.append(
                {
                    "job": f"{'search' if rule == 'search' else 'retraining'} of {record.model}",
                    "model": record.model,
                    "scale": f"×{scale}",
                    "time": clock(record.seconds),
                    "seconds": record.seconds,
                    "steps": _steps(run, rule, record.model, scale),
                    "device": _device(record),
                    "energy": f"{number(energy.joules / 3600, 2)} Wh" if energy else UNKNOWN,
                    "meter": energy.source if energy else "",
                }
            )
    order = list(run.models)
    return sorted(rows, key=lambda row: (order.index(row["model"]), not row["job"].startswith("search"), row["scale"]))


def _steps(run: FinishedRun, rule: str, model: str, scale: int) -> str:
    chosen = run.params.model(model)
    return f"{chosen.search.steps if rule == 'search' else chosen.retrain.steps.at(scale):,}"


def _device(record: Record) -> str:
    machine = record.machine
    if (record.device or "").startswith("cuda"):
        return f"{record.devices} × " * (record.devices > 1) + str(machine.gpu)
    threads = record.devices * (machine.threads or 1)
    return f"{machine.processor}, {threads} thread{'s' * (threads != 1)}"


def clock(seconds: float) -> str:
    """Return seconds as h:mm:ss."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def jobs(run: FinishedRun) -> list[dict[str, Any]]:
    """Return one row per job of the run."""
    return [
        {
            "job": key,
            "seconds": record.seconds,
            "time": f"{record.seconds:,.1f} s",
            "finished": record.finished,
            "commit": _commit(record),
            "command": record.command,
        }
        for key, record in run.records.items()
    ]


def _commit(record: Record) -> str:
    if not record.git.commit:
        return "not a git repository"
    return f"{record.git.commit[:10]}{', with uncommitted changes' if record.git.dirty else ''}"


def provenance(run: FinishedRun) -> list[tuple[str, list[str]]]:
    """Return (label, lines) pairs: commit, parameters, data, versions, hardware, seeds and dates of the run's jobs."""
    records = list(run.records.values())
    finished = sorted(record.finished for record in records)
    seeds = {name: model.seed for name, model in run.models.items()}
    common = seeds[run.params.methods[0]]
    others = [f"{name}: {seed}" for name, seed in seeds.items() if seed != common]
    total = sum(record.seconds for record in records)
    return [
        ("Commit", _counted(_commit(record) for record in records)),
        ("Parameters", _parameters(run)),
        ("Seed", [f"{common}, for all models that are not listed here", *others]),
        ("Data", _data(run)),
        ("Software", _software(records)),
        ("Hardware", _counted(_machine(record) for record in records)),
        (
            "Time",
            [f"{finished[0]} to {finished[-1]}", f"{len(records)} jobs, {clock(total)} in all"] if finished else [],
        ),
    ]


def _counted(values: Iterable[str]) -> list[str]:
    """Return the distinct values, with their numbers of jobs if they differ."""
    tally: dict[str, int] = {}
    for value in values:
        tally[value] = tally.get(value, 0) + 1
    return list(tally) if len(tally) == 1 else [f"{value} ({count} jobs)" for value, count in tally.items()]


def _parameters(run: FinishedRun) -> list[str]:
    now = digest(run.params.raw)
    # The count at the paper's sizes reads the paper's preset, whatever the run's is.
    records = [record for key, record in run.records.items() if not key.startswith("count/reference_")]
    digests = [record.params.digest for record in records if record.params]
    other = sum(value != now for value in digests)
    lines = [f"preset {run.params.preset}, SHA-256 of the values {now}"]
    if other:
        lines.append(
            f"{other} of {len(digests)} jobs read another version of params.yaml; what changed did not affect them, or "
            "Snakemake would have rerun them"
        )
    return lines


def _data(run: FinishedRun) -> list[str]:
    lines = []
    names = {name for model in run.models.values() for name in model.train} | set(run.params.data.test)
    for name in sorted(names):
        path = run.path(f"data/manifests/{name}.json")
        if path:
            manifest = load(path, Manifest)
            lines.append(f"{name}: {manifest.count} images, digest {manifest.digest}, {manifest.licence}")
        else:
            lines.append(f"{name}: no manifest")
    return lines


def _software(records: list[Record]) -> list[str]:
    return _counted(", ".join(f"{name} {version}" for name, version in record.versions.items()) for record in records)


def _machine(record: Record) -> str:
    machine = record.machine
    return f"{machine.system}, {machine.processor}{f', {machine.gpu}' if machine.gpu else ''}"
