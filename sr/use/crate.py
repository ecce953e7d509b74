"""Workflow Run RO-Crate of a finished run: its files, and how each was made, in the vocabulary of research objects.

Profile: https://w3id.org/ro/wfrun/workflow/0.5. The workflow is the Snakefile; the run is one action, and each job that
has a record in results/records is another.
"""

import mimetypes
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from rocrate.model import ContextEntity, DataEntity
from rocrate.rocrate import ROCrate

from sr.core import config
from sr.core.errors import UserError
from sr.core.files import atomic_path, sha256_file
from sr.core.formats import load
from sr.core.names import BICUBIC
from sr.core.provenance import Record
from sr.data.formats import Manifest

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
CONTEXT = "https://w3id.org/ro/terms/workflow-run/context"
LICENCE = "https://spdx.org/licenses/MIT"
MAIN = "Snakefile"
RECORDS = "results/records/"
COMPLETED = "http://schema.org/CompletedActionStatus"
# What defines a run besides its parameters, as far as the folder has it.
CODE = ("workflow/**/*.smk", "workflow/Snakefile", "requirements.lock", "environment.yml", "Dockerfile", "CITATION.cff")
# Of results/: part of the project, or of no result.
FOREIGN = ("zoo", "benchmarks", "logs", "README.md")
# Images and archives have licences and owners of their own: manifests stand for them.
LEFT_OUT = ("packed", "raw", "downloads", "weights")
_TYPES = {".json": "application/json", ".safetensors": "application/octet-stream", ".smk": "text/x-python"}

# Returns the files that a recorded command names: inputs and outputs.
FilesOf = Callable[[str], tuple[Iterable[str], Iterable[str]]]


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, the parameter file in it, and the records of its jobs by "<rule>/<job>"."""

    root: Path
    file: str
    params: config.Params
    records: Mapping[str, Record]


def write_crate(params: Path, out: Path, files_of: FilesOf) -> dict[str, int]:
    """Write the crate of the run of the parameter file ``params`` as the zip file ``out``; count its jobs and files.

    Images are not copied: the manifests, with their digests and licences, are. Raise UserError if the run is not
    finished, and then write nothing.
    """
    run = _read(params)
    crate = ROCrate(version="1.1")
    crate.metadata.extra_contexts.append(CONTEXT)
    files = {name: _add_file(crate, run.root, name) for name in _names(run)}
    _describe(crate, run)
    instrument = _add_workflow(crate, run)
    jobs = [_add_job(crate, run, key, files, files_of) for key in run.records]
    sources = [files[name] for name in files if name.startswith("data/manifests/")]
    results = [entity for name, entity in files.items() if _is_result(name)]
    whole = crate.add_action(
        instrument,
        identifier="#run",
        object=_one_or_all([files[run.file], *sources]),
        result=_one_or_all(results),
        properties={
            "name": f"Run of preset {run.params.preset}",
            "description": f"snakemake all: {len(jobs)} jobs with records, seed {run.params.seed}",
            "actionStatus": COMPLETED,
            **_times(run.records),
        },
    )
    crate.root_dataset["mentions"] = [whole, *jobs]
    with atomic_path(out) as temporary:
        crate.write_zip(temporary)
    return {"jobs": len(jobs), "files": len(files) + 3}  # with Snakefile, README.md and the metadata


def _read(params: Path) -> Run:
    root, loaded = params.parent.resolve(), config.load(params)
    if not (root / MAIN).is_file():
        raise UserError(f"{root / MAIN}: no such file. Give --params of a checkout in which the run was made")
    trained = [(name, scale) for name, model in loaded.models.items() for scale in model.scales]
    for name, scale in trained:
        record = root / f"{RECORDS}retrain/{name}_x{scale}.json"
        if not record.is_file():
            raise UserError(f"{record}: no such file: the run is not finished. Run: snakemake --cores 1 all")
    missing = [
        f"{name}/x{s}" for name, s in trained if not (root / f"results/weights/{name}/x{s}.safetensors").is_file()
    ]
    if missing:
        warnings.warn(
            f"{root}/results/weights: no {', '.join(missing)}; left out. To have them: dvc pull", stacklevel=3
        )
    folder = root / RECORDS
    files = {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.json"))}
    records = {key: load(path, Record) for key, path in files.items()}
    # Models that the parameters no longer have left records, too.
    known = {None, BICUBIC, *loaded.models, *map(config.release_name, loaded.methods)}
    return Run(root, params.name, loaded, {key: record for key, record in records.items() if record.model in known})


def _names(run: Run) -> list[str]:
    """Return the run's files, as paths below its folder."""
    patterns = (*CODE, "LICENSE", "data/*.json", "data/*.csv", "data/*.yaml", "data/genotypes/*", "data/manifests/*")
    paths = {path for pattern in patterns for path in run.root.glob(pattern)}
    folders = [path for path in (run.root / "results").iterdir() if path.name not in FOREIGN]
    paths |= {path for folder in folders for path in (folder.rglob("*") if folder.is_dir() else [folder])}
    names = {path.relative_to(run.root).as_posix() for path in paths if path.is_file() and path.name[0] != "."}
    return [run.file, *sorted(name for name in names if (key := _record_key(name)) is None or key in run.records)]


def _record_key(name: str) -> str | None:
    """Return "<rule>/<job>" if a file of the run is a record."""
    return name.removeprefix(RECORDS).removesuffix(".json") if name.startswith(RECORDS) else None


def _is_result(name: str) -> bool:
    return name.startswith("results/") and _record_key(name) is None


def _add_file(crate: ROCrate, root: Path, name: str) -> DataEntity:
    path = root / name
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    facts = {"encodingFormat": kind, "contentSize": str(path.stat().st_size), "sha256": sha256_file(path)}
    if name.startswith("data/manifests/"):
        manifest = load(path, Manifest)
        facts["description"] = f"Images of {manifest.set} ({manifest.count}), with digests. Licence: {manifest.licence}"
    return crate.add_file(path, name, properties={"name": path.name, **facts})


def _describe(crate: ROCrate, run: Run) -> None:
    """Describe the crate itself."""
    root, last = crate.root_dataset, max(record.finished for record in run.records.values())
    licence = crate.add(ContextEntity(crate, LICENCE, properties={"@type": "CreativeWork", "name": "MIT License"}))
    root["name"] = f"Neural architecture search for super-resolution: a run of preset {run.params.preset}"
    root["description"] = (
        f"Methods {', '.join(run.params.methods)}, scales {', '.join(map(str, run.params.scales))}, seed "
        f"{run.params.seed}: parameters, results, and how each was made. Images are named by digests only."
    )
    root["license"], root["datePublished"] = licence, last
    text = f"# {root['name']}\n\n{root['description']}\n\nWhat is in it: `ro-crate-metadata.json` (RO-Crate 1.1).\n"
    crate.add_file(StringIO(text), "README.md", properties={"encodingFormat": "text/markdown", "about": root})
    profiles = [
        ContextEntity(crate, url, properties={"@type": "CreativeWork", "name": name, "version": url.rsplit("/", 1)[1]})
        for url, name in PROFILES.items()
    ]
    root["conformsTo"] = [crate.add(profile) for profile in profiles]


def _add_workflow(crate: ROCrate, run: Run) -> DataEntity:
    commits = [record.git.commit for record in sorted(run.records.values(), key=lambda record: record.finished)]
    properties = {
        "name": "Reproduction of neural architecture search for light super-resolution",
        "version": commits[-1] or "unknown",
        "license": {"@id": LICENCE},
        "encodingFormat": "text/x-python",
        "sha256": sha256_file(run.root / MAIN),
    }
    return crate.add_workflow(run.root / MAIN, MAIN, main=True, lang="snakemake", properties=properties)


def _add_job(crate: ROCrate, run: Run, key: str, files: Mapping[str, DataEntity], files_of: FilesOf) -> ContextEntity:
    """Add the job of a record: its tool, the files that its command names, and the record itself."""
    record = run.records[key]
    inputs, outputs = ([_listed(run.root, path) for path in paths] for paths in files_of(record.command))
    read = list(dict.fromkeys(name for path in inputs if (name := _manifest(path) or path) in files))
    written = list(dict.fromkeys(name for name in outputs if name in files))
    entry = files[f"{RECORDS}{key}.json"]
    action = crate.add_action(
        _tool(crate, record),
        identifier=f"#{key}",
        object=_one_or_all([files[name] for name in read]),
        result=_one_or_all([files[name] for name in written if files[name] is not entry]),
        properties={"name": key, "description": record.command, "actionStatus": COMPLETED} | _times({key: record}),
    )
    entry["about"] = action
    return action


def _one_or_all(entities: list[DataEntity]) -> Any:
    """Return a value as RO-Crate wants it: a list only of several."""
    return entities[0] if len(entities) == 1 else entities or None


def _listed(root: Path, path: str) -> str:
    """Return a file of a command as the crate names it; nothing if it is elsewhere, such as the user's own images."""
    try:
        return (root / path).resolve().relative_to(root).as_posix()
    except ValueError:
        return ""


def _manifest(name: str) -> str | None:
    """Return the manifest that stands for images."""
    parts = name.split("/")
    return f"data/manifests/{parts[2]}.json" if len(parts) > 2 and parts[0] == "data" and parts[1] in LEFT_OUT else None


def _tool(crate: ROCrate, record: Record) -> ContextEntity:
    """Return the verb that a job ran, at the job's commit."""
    verb, commit = record.command.split()[3], record.git.commit or "unknown"
    identifier = f"#{verb}-{commit[:10]}"
    name, state = f"python -m sr {verb}", " with local changes" if record.git.dirty else ""
    facts = {"@type": "SoftwareApplication", "name": name, "softwareVersion": commit + state}
    return crate.get(identifier) or crate.add(ContextEntity(crate, identifier, properties=facts))


def _times(records: Mapping[str, Record]) -> dict[str, Any]:
    """Return when the first of some jobs began and the last ended, as far as the seconds of work tell."""
    ends = [(datetime.fromisoformat(record.finished), record.seconds) for record in records.values()]
    start = min(end - timedelta(seconds=seconds) for end, seconds in ends)
    return {
        "startTime": start.isoformat(timespec="seconds"),
        "endTime": max(end for end, _ in ends).isoformat(timespec="seconds"),
    }
