"""Parameters of a run, frozen when it starts: jobs read a copy, so an edit of params.yaml waits for the next run.

Snakemake's main process makes the copy; its jobs inherit the environment variable that names it, on a cluster, too.
"""

import os
from pathlib import Path
from typing import Any

import yaml

from sr.core.errors import UserError
from sr.core.files import digest, write_text
from sr.core.yaml_files import read_yaml

SOURCE = Path("params.yaml")
FOLDER = Path("work") / "params"
# Names the copy; set for the jobs of a run.
VARIABLE = "SR_RUN_PARAMS"


class FrozenParams:
    """The values ``raw`` of params.yaml in the folder ``root``, kept for the jobs of one run."""

    def __init__(self, raw: dict[str, Any], root: Path = Path()) -> None:
        self._raw, self._source = raw, root / SOURCE
        self._copy = root.resolve() / FOLDER / f"{digest(raw)}.yaml"

    def start(self) -> None:
        """Write the copy, and name it to every process that starts from here on."""
        write_text(self._copy, yaml.safe_dump(self._raw, sort_keys=False, allow_unicode=True))
        os.environ[VARIABLE] = str(self._copy)

    def end(self) -> bool:
        """Remove the copy; return whether the values of params.yaml are others by now."""
        self._copy.unlink(missing_ok=True)
        try:
            return read_yaml(self._source) != self._raw
        except UserError:
            return True


def frozen(path: str | os.PathLike) -> Path:
    """Return the file to read for the parameter file ``path``: in a job of a run, the run's copy of its params.yaml.

    Raise UserError if the copy is missing.
    """
    copy = Path(os.environ.get(VARIABLE, ""))
    if copy == Path() or Path(path).resolve() != copy.parents[len(FOLDER.parts)] / SOURCE:
        return Path(path)
    if not copy.is_file():
        raise UserError(f"{copy}: the parameters of this run are missing. Start the run again")
    return copy
