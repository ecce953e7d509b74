"""The authors' checkpoints on every benchmark set at hand, at both border crops in one pass."""

from collections.abc import Iterator
from pathlib import Path

from sr.core.config import Params
from sr.core.errors import UserError
from sr.data import benchmarks, releases
from sr.data.releases import HOME, Release
from sr.evaluate.benchmark import choose_rules
from sr.evaluate.formats import Metrics
from sr.evaluate.metrics import text
from sr.evaluate.verify_formats import Absent, PaperRow, Released, ReleasedCheckpoint
from sr.stages.evaluate import evaluate


def check(params: Params) -> Released:
    """Measure the known checkpoints, those of ``data.releases`` from there, the others from a fetched copy.

    Without a set to measure them on, none is fetched, so that a run of the default parameters needs no network.
    """
    sets = [_folder(name, params) for name in benchmarks.NAMES]
    absent = [entry for entry in sets if isinstance(entry, Absent)]
    at_hand = {name: digest for entry in sets if not isinstance(entry, Absent) for name, digest in [entry]}
    checkpoints = []
    for name in releases.known():
        if not at_hand:
            absent.append(Absent(what=f"the checkpoint {name}", remedy="It is looked for once a set is at hand"))
            continue
        try:
            release = at_hand_or_fetched(name, params)
        except UserError as error:
            remedy = f"Put the path of the file in data.releases ({error})"
            absent.append(Absent(what=f"the checkpoint {name}", remedy=remedy))
            continue
        checkpoints.append(_measured(release, at_hand, params))
    return Released(checkpoints=checkpoints, absent=absent)


def at_hand_or_fetched(name: str, params: Params) -> Release:
    """Return a checkpoint with its file, fetched if need be; raise UserError if it cannot be had or is another file."""
    listed = releases.resolve(params.data.releases, [releases.find(name).method])
    release = listed.get(name) or Release(name, releases.find(name), HOME / f"{name}.pt")
    if not release.file.is_file():
        releases.fetch(name, Path("data"), release.file)
    if releases.of_file(release.file) != name:
        raise UserError(f"{release.file}: {releases.unknown(release.file)}. Delete it to fetch it again")
    return release


def _folder(name: str, params: Params) -> tuple[str, str] | Absent:
    """Return (set, content digest), or what is absent."""
    benchmark = benchmarks.at_hand(name, params.data.folders)
    if benchmark is None:
        return Absent(what=f"HR images of {name}", remedy=benchmarks.remedy(name))
    try:
        return name, benchmarks.checked_digest(benchmark)
    except UserError as error:
        return Absent(what=f"the published HR images of {name}", remedy=f"{error}. {benchmarks.remedy(name)}")


def _measured(release: Release, sets: dict[str, str], params: Params) -> ReleasedCheckpoint:
    entry = release.entry
    rules = choose_rules(params.evaluate, entry.scale, entry.crop_border, None)
    measured = []
    for name, digest in sets.items():
        benchmark = benchmarks.at_hand(name, params.data.folders)
        assert benchmark is not None, name
        source = {"data": None, "hr": str(benchmark.folder), "lr": None}
        metrics = evaluate(params, str(release.file), source, rules, 1, release.name)
        if metrics.data_digest != digest:
            raise UserError(f"{benchmark.folder}: the images changed while they were measured. Run the check again")
        # Paths differ between machines, and the name of a folder need not be that of the set.
        measured.append(metrics.replace(test_set=name, origin=release.name))
    row = PaperRow(paper=entry.row.paper, table=entry.row.table, method=entry.row.method, scale=entry.scale)
    return ReleasedCheckpoint(
        name=release.name, sha256=entry.sha256, row=row, crop_border=entry.crop_border, metrics=measured
    )


def lines(document: Released) -> list[str]:
    """Return a line for each checkpoint and set, with every border crop."""
    return [line for checkpoint in document.checkpoints for line in _lines(checkpoint)]


def _lines(checkpoint: ReleasedCheckpoint) -> Iterator[str]:
    row = checkpoint.row
    for metrics in checkpoint.metrics:
        yield f"{checkpoint.name} ({row.method}, Table {row.table}) on {metrics.test_set}: {_crops(metrics)}"


def _crops(metrics: Metrics) -> str:
    return "; ".join(f"crop {border} {text(values)}" for border, values in metrics.crops.items())
