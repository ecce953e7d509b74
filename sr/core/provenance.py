"""Run records: how a result was made, by commit, parameters, data, seed, device, versions, time and energy."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from sr.core import config
from sr.core.bounds import Scale
from sr.core.files import ROOT, digest, write_json
from sr.core.formats import Document

PACKAGES = ("torch", "numpy", "pillow", "scikit-image", "safetensors", "pandas", "matplotlib")
Seconds = Annotated[float, Field(ge=0)]


class ParameterSet(Document):
    """What identifies a parameter file; ``digest`` is the SHA-256 of its values."""

    preset: str
    seed: int
    digest: str


class GitState(Document):
    """The commit, and whether the program's own files differ from it; None outside a repository."""

    commit: str | None
    dirty: bool | None


class Machine(Document):
    """Where a job ran; ``threads`` and ``gpu`` are known only if it used torch."""

    system: str
    processor: str
    threads: int | None = Field(default=None, ge=1)
    gpu: str | None = None


class TorchMachine(Machine):
    """Where a job ran that used torch."""

    threads: int = Field(ge=1)


class Energy(Document):
    """Energy of a job's GPUs, and the counter it was read from."""

    joules: float = Field(ge=0)
    source: str


class Resumed(Document):
    """The step at which a killed job went on, and the seconds of work up to it."""

    step: int = Field(ge=0)
    seconds: Seconds


class Record(Document):
    """results/records/<rule>/<job>.json: how the job's result was made.

    ``model`` to ``resumed`` are what searches and trainings (and other verbs in part) say of themselves; ``facts`` is
    what else a verb says, for people. ``seconds`` counts all runs of a resumed job; ``cpu_seconds`` (user and system)
    and ``peak_memory`` (resident, bytes) are those of the last run's main process.
    """

    command: str
    model: str | None = None
    scale: Scale | None = None
    seed: int | None = None
    steps: int | None = Field(default=None, ge=0)
    device: str | None = None
    devices: int = Field(default=1, ge=1)
    warm_start: str | None = None
    data_digests: list[str] | None = None
    resumed: Resumed | None = None
    facts: dict[str, Any] = {}
    params: ParameterSet | None
    git: GitState
    versions: dict[str, str | None]
    machine: Machine
    finished: str
    seconds: Seconds
    cpu_seconds: Seconds | None = None
    peak_memory: int | None = Field(default=None, ge=0)
    energy: Energy | None = None


class SearchRecord(Record):
    """Record of a search."""

    model: str
    seed: int
    device: str
    params: ParameterSet
    machine: TorchMachine


class TrainingRecord(SearchRecord):
    """Record of a training."""

    scale: Scale
    steps: int = Field(ge=0)
    data_digests: list[str]


def describe(command: list[str], params: str | None, used: dict[str, Any], facts: dict[str, Any]) -> Record:
    """Return the record of one finished run of ``python -m sr``.

    ``params`` is the parameter file that it read, if any; ``used`` is its time, memory and energy, as the fields of a
    record; ``facts`` is what the verb says of itself.
    """
    typed = {key: value for key, value in facts.items() if key in Record.model_fields}
    others = {key: value for key, value in facts.items() if key not in typed}
    content = {
        "command": " ".join(["python", "-m", "sr", *command]),
        **typed,
        **({"facts": others} if others else {}),
        "params": _params(params) if params else None,
        "git": git_state(),
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "machine": {"system": platform.system(), "processor": processor(), **_torch_facts()},
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        **used,
    }
    return Record.model_validate(content)


def write(path: str | os.PathLike, record: Record) -> None:
    """Write ``record`` as JSON with what was said, unknown values (null) among it."""
    write_json(path, record.model_dump(mode="json", exclude_unset=True))


def git_state() -> dict[str, Any]:
    """Return {commit, dirty} of the program's own files, None if they are not in a repository of their own.

    Parameters have a digest of their own.
    """
    commit = _git("rev-parse", "HEAD")
    top = _git("rev-parse", "--show-toplevel")
    # An unpacked copy of the project may be inside another repository.
    if commit is None or top is None or Path(top) != ROOT:
        return {"commit": None, "dirty": None}
    changed = _git(
        "status", "--porcelain", "--", "sr", "workflow", "Snakefile", "data/sources.yaml", "data/published*.csv"
    )
    return {"commit": commit, "dirty": bool(changed)}


def _params(path: str) -> dict[str, Any]:
    """Return preset, seed and digest of a parameter file."""
    loaded = config.load(path)
    return {"preset": loaded.preset, "seed": loaded.seed, "digest": digest(loaded.raw)}


def _git(*arguments: str) -> str | None:
    # Variables such as GIT_DIR would name another repository.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def processor() -> str:
    """Return the processor's model, without the machine's name."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            return next(line.split(":", 1)[1].strip() for line in stream if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _torch_facts() -> dict[str, Any]:
    """Return threads and GPU if the run used torch; importing it only for this would take seconds."""
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {"threads": torch.get_num_threads(), "gpu": gpu}
