"""Tiny searches and trainings as commands, run here or in a process that can be killed."""

import csv
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import reduce
from operator import getitem
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from sr.cli.main import main
from sr.methods import registry
from sr.nas.genotype import write_genotype
from tests.helpers.networks import random_genotype
from tests.helpers.repository import REPO

SMOKE = (REPO / "workflow" / "presets" / "smoke.yaml").read_text()

# Keys of which the presets have the default: off.
OFF = {"cost", "cost_target", "cost_bound"}


class Job:
    """One search or training on a packed set, with a folder for what it writes."""

    def __init__(
        self, verb: str, method: str, packed: Path, out: Path, changes: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        """``changes`` replace values of the smoke preset, such as {"dlsr.retrain.batch": 4}."""
        out.mkdir(parents=True, exist_ok=True)
        raw = yaml.safe_load(SMOKE)
        for key, value in {"methods": registry.names(), **changes}.items():
            *sections, last = key.split(".")
            section = reduce(getitem, sections, raw)
            assert last in section or last in OFF, key
            section[last] = value
        (out / "params.yaml").write_text(yaml.safe_dump(raw))
        write_genotype(out / "genotype.json", random_genotype(registry.find(method), 0))
        self.out, self.states = out, out / "work"
        self.options = {
            "params": out / "params.yaml",
            "model": method,
            "data": packed,
            "history": out / "history.csv",
            "record": out / "record.json",
        }
        if verb == "search":
            self.options |= {"out": out / "p.json", "weights": out / "w.safetensors"}
        else:
            self.options |= {"genotype": out / "genotype.json", "scale": 2, "out": out / "w.safetensors"}
        self.verb = verb

    def keeping(self, every: float = 0) -> "Job":
        """Let the job save its state, by default after every step."""
        self.options |= {"state": self.states, "state-every": every}
        return self

    def command(self) -> list[str]:
        """Return the arguments of ``python -m sr``."""
        return [self.verb, *(str(part) for key, value in self.options.items() for part in (f"--{key}", value))]

    def run(self) -> int:
        """Run here; return the exit code."""
        return main(self.command())

    def saved(self) -> list[Path]:
        """Return the files of states, oldest first."""
        return sorted(self.states.rglob("step*.pt"))

    def results(self) -> tuple:
        """Return all that the job made, without times: the bytes of files, and the rows of the history."""
        with open(self.options["history"], newline="") as stream:
            rows = [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(stream)]
        files = [self.out / name for name in ("p.json", "w.safetensors")]
        return rows, *(path.read_bytes() for path in files if path.exists())


def forked(action: Callable[[], int]) -> int:
    """Run ``action`` in a child process; return its exit code, or minus the signal that ended it."""
    sys.stderr.flush()
    child = os.fork()
    if not child:
        code = 99
        try:
            code = action()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
