"""Packages that the fork server imports before the first job of a verb (fork_server.py)."""

import contextlib
import gc
import importlib
import os
from collections.abc import Collection

COMMON = ("argparse", "importlib.metadata", "numpy", "pydantic.main", "yaml")
NETWORKS = (*COMMON, "PIL.Image", "safetensors.torch", "torch")
# torch._dynamo: torch.optim imports it at its first use, and it takes as long as torch itself.
DYNAMO = (*NETWORKS, "torch._dynamo")
BACKENDS = tuple(f"matplotlib.backends.backend_{kind}" for kind in ("agg", "pdf", "svg"))
REPORT = (*COMMON, *BACKENDS, "PIL.Image", "jinja2", "matplotlib.figure", "pandas", "scipy.stats", "tabulate")
# Packages to import before the first job of a verb; COMMON for all others.
PACKAGES = {
    **dict.fromkeys(("evaluate", "genotype", "panel", "verify"), NETWORKS),
    **dict.fromkeys(("count", "retrain", "search"), DYNAMO),
    **dict.fromkeys(("crops", "latex", "metrics", "page", "plot", "table"), REPORT),
    "diagram": (*NETWORKS, *REPORT),
}


def preload(verb: str) -> None:
    """Import the packages that ``verb`` needs; one that is missing is left to the verb."""
    for name in PACKAGES.get(verb, COMMON):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # Later collections leave these objects alone, so the forked processes go on sharing their memory.
    gc.freeze()


def fork_is_safe(foreign: Collection[int] = ()) -> bool:
    """Return whether no import has started a thread or opened a device, such as a GPU; ignore ``foreign`` files."""
    names = [name for name in os.listdir("/proc/self/fd") if int(name) not in foreign]
    devices = {name for name in map(_target, names) if name.startswith("/dev/")}
    return len(os.listdir("/proc/self/task")) == 1 and devices <= {"/dev/null", "/dev/urandom"}


def _target(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:  # the listing itself
        return ""
