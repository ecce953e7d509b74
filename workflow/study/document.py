"""docs/study.md and docs/own_search.md, written from the files of docs/study and docs/own_search.

The prose is in <document>.md.j2; every number in it is computed here. The same files give the same bytes.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
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
from sr.nas.cost import UNITS  # noqa: E402
from sr.plot.style import save, style  # noqa: E402
from sr.report.claims.inference import LEVEL  # noqa: E402
from sr.report.scrutiny import words  # noqa: E402
from sr.report.scrutiny.arms import noise  # noqa: E402
from sr.report.scrutiny.formats import CAUSES, KINDS, Arm, Cause  # noqa: E402
from sr.report.tables.table import number  # noqa: E402
from workflow.study import contrasts, figures, store  # noqa: E402
from workflow.study.store import Study  # noqa: E402

Drawings = dict[str, Callable[[], Any]]
TEMPLATES = Path(__file__).parent
# Arms that differ in size alone.
WIDTHS = [
    ("chain_conv3_narrow", "chain_conv3"),
    ("cell_published_chain", "cell_published_chain_wide"),
    ("mran", "mran_wide"),
    ("mran_wide", "mran_wider"),
    ("mran_rb", "mran_rb_deep"),
    ("mran_rb_deep", "mran_rb_deeper"),
    ("mran_rb_deeper", "mran_rb_wide"),
]
PAIRS = [
    ("dlsr_narrow", "dlsr_wide"),
    ("published_narrow", "published_wide"),
    ("mran_narrow", "mran"),
    ("mran", "mran_wide"),
    ("rb_16", "rb_24"),
    ("rb_32", "rb_40"),
]


@dataclass(frozen=True)
class Document:
    """docs/<stem>.md, from docs/<stem>/ and <stem>.md.j2: the run of a preset, and the figures that it has data for."""

    stem: str
    preset: str
    drawings: Callable[[Study], Drawings]

    @property
    def folder(self) -> str:
        """Return the folder of its files."""
        return f"docs/{self.stem}"

    @property
    def template(self) -> Path:
        """Return the prose."""
        return TEMPLATES / f"{self.stem}.md.j2"


def main() -> int:
    """Write the documents of this checkout whose files it has."""
    for document in DOCUMENTS.values():
        if (ROOT / document.folder).is_dir():
            write(document, ROOT)
    return 0


def write(document: Document, root: Path) -> None:
    """Write a document and its figures from its files in ``root``."""
    study = store.read(root / document.folder)
    for name, draw in document.drawings(study).items():
        with style():
            save(draw(), root / document.folder / name, (".svg",))
    write_text(root / f"{document.folder}.md", text(document, study))


def _of_study(study: Study) -> Drawings:
    arms = study.scrutiny.arms
    drawn: Drawings = {}
    for method in _methods(study):
        members = [arm for arm in arms if arm.method == method]
        full = [arm for arm in members if arm.steps == study.arms[method].arm.steps]
        drawn[f"networks_{method}"] = partial(figures.networks, full, method)
        random, searched = ([arm for arm in members if arm.kind == kind] for kind in ("random", "searched"))
        searched = [arm for arm in searched if arm.name == method or arm.steps != study.arms[method].arm.steps]
        if len(random) > 1:
            drawn[f"budgets_{method}"] = partial(figures.budgets, random, searched)
    budget = study.arms[arms[0].method].arm.steps
    drawn["sizes"] = partial(figures.sizes, [arm for arm in arms if arm.steps == budget], WIDTHS, "mult_adds")
    main = [row for row in study.scrutiny.courses if store.is_main(row.model, study.arms)]
    drawn["courses"] = partial(figures.courses, main)
    if rows := [row for row in study.scrutiny.rankings if store.is_main(row.model, study.arms)]:
        drawn["rankings"] = partial(figures.rankings, rows)
    return drawn


def _of_comparison(study: Study) -> Drawings:
    arms = study.scrutiny.arms
    drawn: Drawings = {"networks": partial(figures.networks, arms, "lads")}
    for measure in ("latency", "mult_adds"):
        if any(getattr(arm, measure) for arm in arms):
            drawn[measure] = partial(figures.sizes, arms, PAIRS, measure)
    if study.cost_table:
        drawn["table"] = partial(figures.cost_table, study.cost_table)
    return drawn


STUDY = Document("study", "study", _of_study)
OWN_SEARCH = Document("own_search", "compare", _of_comparison)
DOCUMENTS = {document.preset: document for document in (STUDY, OWN_SEARCH)}


def text(document: Document, study: Study) -> str:
    """Return a document."""
    environment = jinja2.Environment(  # noqa: S701 - Markdown of our own numbers
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {
        "stem": document.stem,
        "study": study,
        "pairs_of": lambda small: (small, dict(PAIRS)[small]),
        "units": UNITS,
        "arms": {name: each.arm for name, each in study.arms.items()},
        "family": partial(contrasts.family, study.arms),
        "figures": [*document.drawings(study)],
        "number": number,
        "mean": lambda values: float(np.mean(list(values))),
        "unseen": partial(_unseen, study),
        "causes": CAUSES,
        "spread_of": partial(_spread_of, study),
        "minutes": partial(_minutes, study),
        "agreement": {each.model: each for each in study.scrutiny.agreements},
        "rankings": {each.model: each for each in study.scrutiny.rankings},
        "standings": {(each.model, each.draws): each for each in study.scrutiny.standings},
        "sentences": {method: dict(words.sentences(study.scrutiny, method)) for method in _methods(study)},
        "printed": partial(_printed, published.read(ROOT / "data" / "published.csv")),
        "level": f"{100 * LEVEL:.0f} %",
        "kinds": KINDS,
        "images": {name: table.shape[1] for name, table in next(iter(study.arms.values())).tables.items()},
    }
    return environment.get_template(document.template.name).render()


def _methods(study: Study) -> list[str]:
    return [*dict.fromkeys(arm.method for arm in study.scrutiny.arms)]


def _printed(rows: pd.DataFrame, paper: str, table: str, first: str, second: str, scale: int) -> str:
    """Return the paper's difference in dB, mean over the sets that it prints for both."""
    chosen = rows[(rows["paper"] == paper) & (rows["table"] == table) & (rows["scale"] == scale)].set_index("method")
    columns = [column for column in rows if column.endswith(f"_{PRIMARY}")]
    both = chosen.loc[[first, second], columns].astype(float).dropna(axis=1)
    return number(float((both.loc[first] - both.loc[second]).mean()), 2, signed=True)


def _spread_of(study: Study, method: str, cause: Cause) -> Arm | None:
    """Return an arm of a method's budget whose networks differ by ``cause``, if there is one."""
    steps = study.arms[method].arm.steps
    known = [arm for arm in study.scrutiny.arms if (arm.method, arm.varies, arm.steps) == (method, cause, steps)]
    return known[0] if known else None


def _unseen(study: Study, method: str, first: int, second: int) -> str:
    """Return the half-width of the interval between two means of so many networks by the noise of seeds alone (dB)."""
    from scipy.special import stdtrit

    arm = noise(study.scrutiny.arms)[method]
    reach = stdtrit(arm.df, (1 + LEVEL) / 2) * arm.pooled * np.sqrt(1 / first + 1 / second)
    return number(float(reach), contrasts.DIGITS)


def _minutes(study: Study, stage: str, arm: str) -> str:
    """Return the mean processor minutes of an arm's searches or trainings."""
    seconds = study.networks.loc[study.networks["arm"] == arm, f"{stage}_cpu_seconds"].mean()
    return number(float(seconds) / 60, 1)


if __name__ == "__main__":
    sys.exit(main())
