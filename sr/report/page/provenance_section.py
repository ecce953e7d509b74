"""What the page shows besides the tables: how clear a search was, what jobs cost, and how everything was made."""

from collections.abc import Iterable
from math import log
from typing import Any

from sr.core.files import digest
from sr.core.formats import load
from sr.data.formats import Manifest
from sr.nas.genotype import Decision
from sr.report.run import formats as documents
from sr.report.run import paths as inputs
from sr.report.run.reader import Run
from sr.report.tables.table import DASH, number

TRAINED = ("search", "retrain")
UNKNOWN = "not told by the device"


def choices(run: Run, model: str) -> list[dict[str, str]]:
    """Return one row a choice of a search: what was chosen, the best that was not, how far apart, and the entropy.

    The entropy is given in % of the uniform distribution's: 100 % means that the search told nothing.
    """
    path = run.path(f"results/genotype/{model}.json")
    found = documents.decisions(path) if path else {}
    return [_choice(name, decision) for name, decision in found.items()]


def _choice(name: str, decision: Decision) -> dict[str, str]:
    chances, kept = decision.probabilities, decision.kept
    rest = {option: chance for option, chance in chances.items() if option not in kept}
    second = max(rest, key=lambda option: rest[option]) if rest else None
    share = 100 * decision.entropy / log(len(chances)) if len(chances) > 1 else 0.0
    return {
        "choice": name,
        "chosen": ", ".join(f"{option} ({number(chances[option], 3)})" for option in kept),
        "second": f"{second} ({number(rest[second], 3)})" if second else DASH,
        "margin": number(decision.margin, 4),
        "entropy": f"{number(share, 1)} %",
    }


def costs(run: Run) -> list[dict[str, str]]:
    """Return one row a search and a training: time, steps, device and energy."""
    rows = []
    for key, record in run.records.items():
        rule = key.partition("/")[0]
        if rule in TRAINED and record.get("model") in run.models:
            scale, energy = record.get("scale", 2), record.get("energy")
            rows.append(
                {
                    "job": f"{'search' if rule == 'search' else 'retraining'} of {record['model']}",
                    "model": record["model"],
                    "scale": f"×{scale}",
                    "time": clock(record["seconds"]),
                    "seconds": record["seconds"],
                    "steps": _steps(run, rule, record["model"], scale),
                    "device": _device(record),
                    "energy": f"{number(energy['joules'] / 3600, 2)} Wh" if energy else UNKNOWN,
                    "meter": energy["source"] if energy else "",
                }
            )
    places = list(run.models)
    return sorted(rows, key=lambda row: (places.index(row["model"]), not row["job"].startswith("search"), row["scale"]))


def _steps(run: Run, rule: str, model: str, scale: int) -> str:
    chosen = run.params.model(model)
    return f"{chosen.search.steps if rule == 'search' else chosen.retrain.steps.at(scale):,}"


def _device(record: dict[str, Any]) -> str:
    machine, devices = record["machine"], record.get("devices", 1)
    if str(record.get("device", "")).startswith("cuda"):
        return f"{devices} × " * (devices > 1) + str(machine.get("gpu"))
    threads = devices * machine.get("threads", 1)
    return f"{machine['processor']}, {threads} thread{'s' * (threads != 1)}"


def clock(seconds: float) -> str:
    """Return seconds as h:mm:ss."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def jobs(run: Run) -> list[dict[str, Any]]:
    """Return one row a job of the run."""
    return [
        {
            "job": key,
            "seconds": record["seconds"],
            "time": f"{record['seconds']:,.1f} s",
            "finished": record["finished"],
            "commit": _commit(record),
            "command": record["command"],
        }
        for key, record in run.records.items()
    ]


def _commit(record: dict[str, Any]) -> str:
    state = record["git"]
    return f"{state['commit'][:10]}{', with changes' if state['dirty'] else ''}" if state["commit"] else "no repository"


def provenance(run: Run) -> list[tuple[str, list[str]]]:
    """Return (label, lines) pairs: commit, parameters, data, versions, hardware, seeds and dates of the run's jobs."""
    records = list(run.records.values())
    finished = sorted(record["finished"] for record in records)
    seeds = {name: model["seed"] for name, model in run.models.items()}
    common = seeds[run.params.methods[0]]
    others = [f"{name}: {seed}" for name, seed in seeds.items() if seed != common]
    total = sum(record["seconds"] for record in records)
    return [
        ("Commit", _counted(_commit(record) for record in records)),
        ("Parameters", _parameters(run)),
        ("Seed", [f"{common}, for every draw that is not listed here", *others]),
        ("Data", _data(run)),
        ("Software", _software(records)),
        ("Hardware", _counted(_machine(record) for record in records)),
        (
            "Time",
            [f"{finished[0]} to {finished[-1]}", f"{len(records)} jobs, {clock(total)} in all"] if finished else [],
        ),
    ]


def _counted(values: Iterable[str]) -> list[str]:
    """Return the distinct values, each with its number of jobs if there are several."""
    tally: dict[str, int] = {}
    for value in values:
        tally[value] = tally.get(value, 0) + 1
    return list(tally) if len(tally) == 1 else [f"{value} ({count} jobs)" for value, count in tally.items()]


def _parameters(run: Run) -> list[str]:
    now = digest(run.params.raw)
    # The count at the paper's sizes reads the paper's preset, whatever the run's is.
    records = [record for key, record in run.records.items() if not key.startswith("count/reference_")]
    found = [record["params"]["digest"] for record in records if record["params"]]
    other = sum(value != now for value in found)
    told = [f"preset {run.params.preset}, SHA-256 of the values {now}"]
    if other:
        told.append(
            f"{other} of {len(found)} jobs read another params.yaml; what differs did not concern them, or "
            "Snakemake would have run them again"
        )
    return told


def _data(run: Run) -> list[str]:
    told = []
    wanted = {name for model in run.models.values() for name in model["train"]} | set(run.params.data.test)
    for name in sorted(wanted):
        path = run.path(f"data/manifests/{name}.json")
        if path:
            manifest = load(path, Manifest)
            told.append(f"{name}: {manifest.count} images, digest {manifest.digest}, {manifest.licence}")
        else:
            told.append(f"{name}: no manifest in this folder")
    return told


def _software(records: list[dict[str, Any]]) -> list[str]:
    return _counted(
        ", ".join(f"{name} {version}" for name, version in record["versions"].items()) for record in records
    )


def _machine(record: dict[str, Any]) -> str:
    machine = record["machine"]
    gpu = f", {machine['gpu']}" if machine.get("gpu") else ""
    return f"{machine['system']}, {machine['processor']}{gpu}"


def gains(run: Run) -> list[str]:
    """Say what the run's own networks gain over bicubic on its test sets, the methods' main ones."""
    frame = run.metrics.set_index(["model", "scale", "test_set"])["psnr"]
    told = []
    for method in run.params.methods:
        for test_set in run.params.data.test:
            parts = []
            for scale in run.models[method]["scales"]:
                own, plain = (frame.get((name, scale, test_set)) for name in (method, inputs.BICUBIC))
                if own is not None and plain is not None:
                    parts.append(f"×{scale} {number(own, 2)} dB ({number(own - plain, 2, signed=True)})")
            if parts:
                told.append(f"{method.upper()} on {test_set}: {', '.join(parts)}")
    return told
