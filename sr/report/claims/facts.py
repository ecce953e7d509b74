"""Facts of a run for the checklist: commits, machines, time, seeds, licences of the data, and what was inspected."""

from collections.abc import Iterable

from sr.core import repeats
from sr.core.formats import load
from sr.data.formats import Inspection, Manifest
from sr.methods.papers import PAPERS
from sr.report.claims.formats import RunFacts
from sr.report.run.reader import FinishedRun

INSPECTION = "data/inspection.json"


def of_run(run: FinishedRun) -> RunFacts:
    """Return the facts of a finished run."""
    records = run.records.values()
    energies = [record.energy.joules for record in records if record.energy]
    inspection = run.path(INSPECTION)
    return RunFacts(
        commits=_distinct(
            (record.git.commit or "none")[:10] + " with uncommitted changes" * bool(record.git.dirty)
            for record in records
        ),
        jobs=len(records),
        hours=round(sum(record.seconds for record in records) / 3600, 3),
        machines=_distinct(record.machine.gpu or record.machine.processor for record in records),
        energy_wh=round(sum(energies) / 3600, 3) if energies else None,
        seeds={
            PAPERS[method].name: len(repeats.of(run.models, method))
            for method in run.params.methods
            if method in PAPERS
        },
        licences=_licences(run),
        lookalikes=len(load(inspection, Inspection).lookalikes) if inspection else None,
    )


def _licences(run: FinishedRun) -> dict[str, str]:
    names = {name for model in run.models.values() for name in model.train} | set(run.params.data.test)
    paths = {name: run.path(f"data/manifests/{name}.json") for name in sorted(names)}
    return {name: load(path, Manifest).licence for name, path in paths.items() if path}


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted(set(values))
