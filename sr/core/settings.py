"""Settings of a measurement: those of a parameter file, or the field's conventions where there is none."""

import os
from dataclasses import dataclass
from typing import Protocol

from sr.core import config
from sr.core.sections import Evaluate

FILE = "params.yaml"


class Device(Protocol):
    """Where to compute: ``device`` is auto, cpu or cuda, ``seed`` that of torch."""

    @property
    def device(self) -> str:
        """Return the device."""

    @property
    def seed(self) -> int:
        """Return the seed."""


@dataclass(frozen=True)
class Conventions:
    """Settings without a parameter file: the field's protocol, on whatever the machine has."""

    evaluate: Evaluate = Evaluate(crop_border="scale", tile=0)
    device: str = "auto"
    seed: int = 0


def parameter_file(given: str | None) -> str | None:
    """Return the parameter file to read: the given one, or params.yaml if this folder has one."""
    return FILE if given is None and os.path.lexists(FILE) else given


def settings(path: str | None) -> config.Params | Conventions:
    """Return the settings of a parameter file, the conventions for None; raise UserError if the file is wrong."""
    return Conventions() if path is None else config.load(path)
