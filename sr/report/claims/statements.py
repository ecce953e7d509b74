"""Claims without a table cell: statements of the text (grade A), the cost and the stability of the search."""

import statistics
from collections.abc import Iterator

import numpy as np

from sr.evaluate.metrics import METRICS, PRIMARY
from sr.evaluate.verify_formats import PrintedStatement
from sr.methods.published import SETS, read_other, rows_of
from sr.methods.spec import Paper, TableSpec
from sr.report.claims import measurements
from sr.report.claims.formats import Claim, Grade, Judgement, State
from sr.report.claims.orders import repeats
from sr.report.run import budget
from sr.report.run.reader import FinishedRun
from sr.report.tables.table import DASH, number

STATES: dict[str, State] = {"holds": "holds", "partly": "partly", "fails": "differs"}
FILE = f"{measurements.FOLDER}/prints.json"
LISTED = 4  # comparisons that do not hold are listed, the others counted


def of_text(run: FinishedRun, paper: Paper) -> Iterator[Claim]:
    """Yield what the text says of printed numbers, judged by these numbers."""
    document = measurements.prints(run)
    for each in document.statements if document else ():
        if each.paper == paper.name:
            yield Claim(
                id=each.id,
                paper=paper.name,
                source=each.where,
                kind="statement",
                quantity=each.statement,
                printed=f"{len(each.comparisons)} printed numbers compared",
                grades={"A": _judgement(each)},
            )


def _judgement(statement: PrintedStatement) -> Judgement:
    failing = [f"{part.what}: {part.value:+.4g}".replace("-", "−") for part in statement.comparisons if not part.holds]
    more = f" and {len(failing) - LISTED} more" if len(failing) > LISTED else ""
    against = f"not so: {'; '.join(failing[:LISTED])}{more}" if failing else "all agree"
    note = " ".join(filter(None, (f"{against}.", statement.note)))
    holding = len(statement.comparisons) - len(failing)
    measured = f"{holding} of {len(statement.comparisons)} hold"
    return Judgement(state=STATES[statement.verdict], measured=measured, note=note, files=[FILE])


def of_cost(run: FinishedRun, paper: Paper) -> Iterator[Claim]:
    """Yield the claim on the cost of the search: shown, because it depends on the hardware."""
    path = run.root / "data/published_other.csv"
    for table in (table for table in paper.tables if table.kind == "costs"):
        rows = read_other(path)
        printed = rows[(rows["paper"] == paper.name) & (rows["label"] == paper.name) & (rows["metric"] == "gpu_days")]
        text = f"{number(printed['value'].iloc[0], 0)} GPU days" if len(printed) else DASH
        yield Claim(
            id=f"{paper.method}-table{table.number}-search-cost",
            paper=paper.name,
            source=f"Table {table.number}",
            kind="cost",
            quantity="cost of the search",
            scale=2,
            printed=text,
            grades=_cost(run, paper),
        )


def _cost(run: FinishedRun, paper: Paper) -> dict[Grade, Judgement]:
    record = run.records.get(f"search/{paper.method}")
    if record is None:
        return {"D": Judgement(state="open", note="this run has no search of it")}
    trained = budget.of_model(run.params, paper.method, 2)
    hours = record.seconds / 3600
    on_gpu = (record.device or "").startswith("cuda")
    text = f"{number(hours / 24, 2)} GPU days" if on_gpu else f"{number(hours, 3)} hours on a CPU"
    note = f"time depends on the hardware, which is not the paper's, so it is not judged; {trained.note}"
    grade: Grade = "C" if trained.full else "D"
    files = [f"results/records/search/{paper.method}.json"]
    return {grade: Judgement(state="measured", measured=text, note=note, files=files)}


def of_stability(run: FinishedRun, paper: Paper) -> Iterator[Claim]:
    """Yield the spread over searches from several seeds beside the printed one: shown, no margin is stated for it."""
    for table in (table for table in paper.tables if table.spread and table.number):
        for scale in table.scales:
            yield Claim(
                id=f"{paper.method}-table{table.number}-stability-x{scale}",
                paper=paper.name,
                source=f"Table {table.number}, appendix B",
                kind="statement",
                quantity=f"spread (s) over searches ×{scale}",
                scale=scale,
                printed=_printed_spread(run, paper, table, scale),
                protocol=f"Y, crop {measurements.crop_of(paper, scale)} px",
                grades=_spread(run, paper, scale),
            )


def _printed_spread(run: FinishedRun, paper: Paper, table: TableSpec, scale: int) -> str:
    rows = rows_of(run.published, paper.name, table.number)
    rows = rows[rows["scale"] == scale]
    spreads = [rows[f"{key}_{PRIMARY}"].std() for key in SETS]
    return f"{number(min(spreads), 3)} to {number(max(spreads), 3)} {METRICS[PRIMARY].unit}, n = {len(rows)}"


def _spread(run: FinishedRun, paper: Paper, scale: int) -> dict[Grade, Judgement]:
    crop, names = measurements.crop_of(paper, scale), list(repeats(run, paper.method).values())
    spreads: dict[str, float] = {}
    files: list[str] = []
    for test_set in run.params.data.test:
        each = [one for name in names if (one := measurements.measured(run, name, scale, test_set))]
        values = [v[PRIMARY] for one in each if (v := one.at(crop))]
        finite = [value for value in values if value is not None]
        if len(finite) > 1:
            spreads[test_set] = statistics.stdev(finite)
            files += [one.file for one in each]
    if not spreads:
        return {"D": Judgement(state="open", note="this run has no further search of it at the paper's crop")}
    trained = [budget.of_model(run.params, name, scale) for name in names]
    full = all(each.full for each in trained)
    sets = ", ".join(f"{name} {number(value, 3)}" for name, value in spreads.items())
    measured = f"{number(float(np.mean(list(spreads.values()))), 3)} {METRICS[PRIMARY].unit}"
    reason = next((each.note for each in trained if not each.full), "the paper's budget")
    grade: Grade = "C" if full else "D"
    note = f"{sets}; n = {len(names)}; {reason}"
    return {grade: Judgement(state="measured", measured=measured, note=note, files=files)}
