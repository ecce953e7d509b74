"""docs/study.md and its figures, written from the files of docs/study: `python workflow/study/document.py`.

The prose is study.md.j2; every number in it is computed here. The same files give the same bytes.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sr.core.files import write_text  # noqa: E402
from sr.evaluate.metrics import PRIMARY  # noqa: E402
from sr.methods import published  # noqa: E402
from sr.plot.style import save, style  # noqa: E402
from sr.report.claims.inference import LEVEL  # noqa: E402
from sr.report.scrutiny import words  # noqa: E402
from sr.report.scrutiny.formats import KINDS  # noqa: E402
from sr.report.tables.table import number  # noqa: E402
from workflow.study import contrasts, figures, store  # noqa: E402
from workflow.study.store import Study  # noqa: E402

FOLDER = "docs/study"
TEMPLATE = Path(__file__).with_name("study.md.j2")
# Arms that differ in size alone.
WIDTHS = [
    ("chain_conv3_narrow", "chain_conv3"),
    ("cell_published_chain", "cell_published_chain_wide"),
    ("mran", "mran_wide"),
    ("mran_rb", "mran_rb_deep"),
    ("mran_rb_deep", "mran_rb_wide"),
]


def main() -> int:
    """Write the document of this checkout."""
    write(ROOT)
    return 0


def write(root: Path) -> None:
    """Write docs/study.md and its figures from the files of docs/study in ``root``."""
    study = store.read(root / FOLDER)
    for name, draw in drawings(study).items():
        with style():
            save(draw(), root / FOLDER / name, (".svg",))
    write_text(root / "docs" / "study.md", text(study))


def drawings(study: Study) -> dict[str, Callable[[], Any]]:
    """Return the figures that the study has data for, by name, each drawn when called."""
    arms = study.scrutiny.arms
    drawn: dict[str, Callable[[], Any]] = {}
    for method in dict.fromkeys(arm.method for arm in arms):
        members = [arm for arm in arms if arm.method == method]
        full = [arm for arm in members if arm.steps == study.arms[method].arm.steps]
        drawn[f"networks_{method}"] = partial(figures.networks, full, method)
        random, searched = ([arm for arm in members if arm.kind == kind] for kind in ("random", "searched"))
        searched = [arm for arm in searched if arm.name == method or arm.steps != study.arms[method].arm.steps]
        if len(random) > 1:
            drawn[f"budgets_{method}"] = partial(figures.budgets, random, searched)
    budget = study.arms[arms[0].method].arm.steps
    drawn["sizes"] = partial(figures.sizes, [arm for arm in arms if arm.steps == budget], WIDTHS)
    main = [row for row in study.scrutiny.courses if store.is_main(row.model, study.arms)]
    drawn["courses"] = partial(figures.courses, main)
    if rows := [row for row in study.scrutiny.rankings if store.is_main(row.model, study.arms)]:
        drawn["rankings"] = partial(figures.rankings, rows)
    return drawn


def text(study: Study) -> str:
    """Return the document."""
    environment = jinja2.Environment(  # noqa: S701 - Markdown of our own numbers
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.globals |= {
        "study": study,
        "arms": {name: each.arm for name, each in study.arms.items()},
        "family": partial(contrasts.family, study.arms),
        "figures": [*drawings(study)],
        "number": number,
        "mean": lambda values: float(np.mean(list(values))),
        "unseen": partial(_unseen, study),
        "minutes": partial(_minutes, study),
        "agreement": {each.model: each for each in study.scrutiny.agreements},
        "rankings": {each.model: each for each in study.scrutiny.rankings},
        "standings": {(each.model, each.draws): each for each in study.scrutiny.standings},
        "sentences": {method: dict(words.sentences(study.scrutiny, method)) for method in study.scrutiny.noise},
        "printed": partial(_printed, published.read(ROOT / "data" / "published.csv")),
        "level": f"{100 * LEVEL:.0f} %",
        "kinds": KINDS,
        "images": {name: table.shape[1] for name, table in next(iter(study.arms.values())).tables.items()},
    }
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render()


def _printed(rows: pd.DataFrame, paper: str, table: str, first: str, second: str, scale: int) -> str:
    """Return the paper's difference in dB, mean over the sets that it prints for both."""
    chosen = rows[(rows["paper"] == paper) & (rows["table"] == table) & (rows["scale"] == scale)].set_index("method")
    columns = [column for column in rows if column.endswith(f"_{PRIMARY}")]
    both = chosen.loc[[first, second], columns].astype(float).dropna(axis=1)
    return number(float((both.loc[first] - both.loc[second]).mean()), 2, signed=True)


def _unseen(study: Study, method: str, first: int, second: int) -> str:
    """Return the half-width of the interval between two means of so many networks by the noise of seeds alone (dB)."""
    from scipy.special import stdtrit

    noise = study.scrutiny.noise[method]
    reach = stdtrit(min(first, second) - 1, (1 + LEVEL) / 2) * noise * np.sqrt(1 / first + 1 / second)
    return number(float(reach), contrasts.DIGITS)


def _minutes(study: Study, stage: str, arm: str) -> str:
    """Return the mean processor minutes of an arm's searches or trainings."""
    seconds = study.networks.loc[study.networks["arm"] == arm, f"{stage}_cpu_seconds"].mean()
    return number(float(seconds) / 60, 1)


if __name__ == "__main__":
    sys.exit(main())
