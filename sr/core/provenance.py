"""How a result was made: commit, parameters, data, seed, device, versions, time, energy."""

import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from sr.core import config
from sr.core.files import ROOT, digest

PACKAGES = ("torch", "numpy", "pillow", "scikit-image", "safetensors", "pandas", "matplotlib")


def describe(command: list[str], params: str | None, used: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Return the record of one finished run of ``python -m sr``.

    ``params`` is the parameter file that it read, if any; ``used`` is {seconds, energy}, where energy may be None;
    ``facts`` is what the verb knows itself.
    """
    return {
        "command": " ".join(["python", "-m", "sr", *command]),
        **facts,
        "params": _params(params) if params else None,
        "git": git_state(),
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "machine": {"system": platform.system(), "processor": processor(), **_torch_facts()},
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        **used,
    }


def git_state() -> dict[str, Any]:
    """Return the commit and whether the program's own files differ from it; None outside a repository.

    Parameters do not count: they have a digest of their own.
    """
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return {"commit": None, "dirty": None}
    changed = _git(
        "status", "--porcelain", "--", "sr", "workflow", "Snakefile", "data/sources.yaml", "data/published.csv"
    )
    return {"commit": commit, "dirty": bool(changed)}


def _params(path: str) -> dict[str, Any]:
    """Return what names a parameter set: preset, seed and the digest of its values."""
    loaded = config.load(path)
    return {"preset": loaded.preset, "seed": loaded.seed, "digest": digest(loaded.raw)}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
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
    """Return threads and GPU, but only if the run used torch: importing it just to ask would take seconds."""
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {"threads": torch.get_num_threads(), "gpu": gpu}
