"""Files of docs/study from a finished run of the preset study, or of docs/own_search from one of compare.

`make record-study` writes:

- docs/study/networks.csv: every network of the run: arm, seed, genotype, size, processor seconds, means by test set
- docs/study/psnr.csv: PSNR of every test image by every network, from which all differences are computed
- docs/study/scrutiny.json: agreement, course and ranking of the searches
- docs/study/run.json: commit, hardware and processor hours
- docs/study/cost.json: the latencies by which a search was limited, if one was
- docs/study/peers.csv: size, latency and means of other authors' networks in data.peers, if the run has any
- docs/study/results.tar.xz: the run's genotypes, histories, metrics, counts and records

document.py writes the document and its figures from these files alone.
"""

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sr.core import repeats  # noqa: E402
from sr.core.files import write_json, write_text  # noqa: E402
from sr.core.formats import load, write  # noqa: E402
from sr.core.model import Model  # noqa: E402
from sr.core.provenance import Record  # noqa: E402
from sr.evaluate.metrics import METRICS, PRIMARY  # noqa: E402
from sr.methods import registry  # noqa: E402
from sr.nas.cost import LimitedResult  # noqa: E402
from sr.report.run import timings  # noqa: E402
from sr.report.run.reader import FinishedRun, read  # noqa: E402
from sr.report.scrutiny import arms, build  # noqa: E402
from workflow import readme_blocks  # noqa: E402
from workflow.run_facts import common_facts  # noqa: E402
from workflow.study import archive, document  # noqa: E402

DIGITS = 4  # of PSNR in a file


def main() -> int:
    """Record the run of a params.yaml, this checkout's unless one is given; write its document and README's numbers."""
    record(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "params.yaml"), ROOT)
    for path, text in readme_blocks.filled(ROOT).items():
        path.write_text(text)
    return 0


def record(params: Path, root: Path) -> None:
    """Write the files of a document in ``root`` from the run of ``params``, then the document."""
    run = read(params)
    target = document.DOCUMENTS.get(run.params.preset)
    if target is None:
        raise SystemExit(f"{params}: preset {run.params.preset!r}. Only {', '.join(document.DOCUMENTS)} are recorded")
    scrutiny = build.of_run(run)
    names = [name for arm in scrutiny.arms for name in arm.models]
    networks = _table(list(_networks(run, names)))
    folder = root / target.folder
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "networks.csv", networks)
    write_text(folder / "psnr.csv", _table(list(_images(run, names))))
    write(folder / "scrutiny.json", scrutiny)
    facts = common_facts(list(run.records.values())) | _facts(run)
    write_json(folder / "run.json", facts | {"unfinished": unfinished(run.models, _finished(run))})
    files = [entry.file for peer in run.params.data.peers.values() for entry in peer.files.values()]
    archive.write(run.root / "results", folder / "results.tar.xz", {file: Path(file).name for file in files})
    for table in sorted((run.root / "results" / "search").glob("*/cost.json"))[:1]:
        write_text(folder / "cost.json", table.read_text(encoding="utf-8"))
    if run.params.data.peers:
        write_text(folder / "peers.csv", _table(list(_peers(run))))
    document.write(target, root)


def _finished(run: FinishedRun) -> list[str]:
    """Return the models that were measured on every test set; an arm has two of them at least."""
    measured = run.metrics[run.metrics["scale"] == arms.SCALE].groupby("model")["test_set"].nunique()
    return [name for name in run.models if measured.get(name, 0) == len(run.params.data.test)]


def unfinished(models: Iterable[str], finished: list[str]) -> dict[str, list[int]]:
    """Return the finished and the planned networks of each arm of ``models`` of which not all are ``finished``."""
    planned, done = Counter(map(repeats.base_of, models)), Counter(map(repeats.base_of, finished))
    return {arm: [done[arm], count] for arm, count in planned.items() if done[arm] < count}


def _networks(run: FinishedRun, names: list[str]) -> Iterator[dict[str, Any]]:
    """Yield a row for every network of an arm."""
    times = timings.medians(run)
    for name in names:
        model = run.models[name]
        seconds = {stage: _seconds(run, stage, name) for stage in ("search", "retrain")}
        row = {"model": name, "arm": repeats.base_of(name), "method": model.method, "seed": model.seed}
        row |= {"steps": model.retrain.steps.at(arms.SCALE)} | _size(run, name, times, model.repeats or name)
        row |= {f"{stage}_cpu_seconds": value for stage, value in seconds.items()}
        row |= _limit(run, model, name) | _means(run, name)
        yield row | {"genotype": json.dumps(_counts(run, name)["genotype"], separators=(",", ":"))}


def _peers(run: FinishedRun) -> Iterator[dict[str, Any]]:
    """Yield a row for every network of data.peers."""
    times = timings.medians(run)
    for name, peer in run.params.data.peers.items():
        row = {"name": peer.title(name), "year": peer.year}
        yield row | _size(run, name, times, name) | _means(run, name)


def _counts(run: FinishedRun, name: str) -> "pd.Series[Any]":
    """Return the counts of a network; exit if the run has not made them."""
    rows = run.complexity[(run.complexity["model"] == name) & (run.complexity["scale"] == arms.SCALE)]
    if rows.empty:
        raise SystemExit(f"{run.root}: the run has no counts of {name}. Run it to its end: snakemake --cores 1 all")
    return rows.iloc[0]


def _size(run: FinishedRun, name: str, times: dict[tuple[str, int], float], timed: str) -> dict[str, Any]:
    """Return what a network costs; ``timed`` is the one that was timed for it."""
    counted = _counts(run, name)
    sizes = {"params": counted["params"], "mult_adds": counted["mult_adds"]}
    return sizes | {"latency_ms": times.get((timed, arms.SCALE))}


def _means(run: FinishedRun, name: str) -> dict[str, float]:
    """Return the means of a network by test set and metric."""
    rows = run.metrics[(run.metrics["model"] == name) & (run.metrics["scale"] == arms.SCALE)].to_dict("records")
    return {f"{row['test_set']}_{key}": round(row[key], DIGITS) for row in rows for key in METRICS}


def _limit(run: FinishedRun, model: Model, name: str) -> dict[str, Any]:
    """Return the limit of a model's search and what its network costs by the same measure; nothing without a limit."""
    row: dict[str, Any] = {"cost_kind": None, "cost_target": None, "cost": None}
    if model.searches and model.search.cost != "none":
        limit = load(run.root / f"results/search/{name}/probabilities.json", LimitedResult).limit
        genotype = registry.read_genotype(run.root / f"results/genotype/{name}.json")
        kept = {choice: decision.kept for choice, decision in (genotype.evidence or {}).items()}
        cost = round(limit.costs.of(kept), DIGITS) if limit else None
        row |= {"cost_kind": model.search.cost, "cost_target": model.search.cost_target, "cost": cost}
    return row


def _seconds(run: FinishedRun, stage: str, name: str) -> float | None:
    """Return the processor time of a model's search or training, or None if it has none of its own."""
    suffix = "" if stage == "search" else f"_x{arms.SCALE}"
    record = run.records.get(f"{stage}/{name}{suffix}")
    return record.cpu_seconds if record else None


def _images(run: FinishedRun, names: list[str]) -> Iterator[dict[str, Any]]:
    """Yield a row for every test image: set, name, and PSNR by each network."""
    frame = run.metrics[run.metrics["scale"] == arms.SCALE].set_index(["model", "test_set"])
    for test in run.params.data.test:
        values = {name: {one["name"]: one[PRIMARY] for one in frame.loc[(name, test), "each"]} for name in names}
        for image in sorted(values[names[0]]):
            yield {"set": test, "image": image} | {name: round(values[name][image], DIGITS) for name in names}


def _facts(run: FinishedRun) -> dict[str, Any]:
    """Return what the document says of the run beside its numbers."""
    models = run.models.values()
    within = {model.random.within for model in models if model.random and model.random.within}
    return {
        "train": sorted({name for model in models for name in model.train}),
        "within": sorted(within),
        "crop_border": run.params.evaluate.crop_border,
        "cpu_hours": _hours(run.records),
        "processor": " and ".join(sorted({record.machine.processor for record in run.records.values()})),
    }


def _hours(records: dict[str, Record]) -> dict[str, float]:
    """Return the processor hours of each kind of job."""
    hours: dict[str, float] = {}
    for key, record in records.items():
        kind = key.partition("/")[0]
        hours[kind] = hours.get(kind, 0.0) + (record.cpu_seconds or record.seconds) / 3600
    return {kind: round(value, 3) for kind, value in sorted(hours.items())}


def _table(rows: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


if __name__ == "__main__":
    sys.exit(main())
