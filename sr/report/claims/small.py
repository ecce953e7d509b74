"""Claims that a released network is above another paper's printed one, with fewer Mult-Adds."""

from collections.abc import Iterator

from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods.spec import Paper, TableSpec
from sr.report.claims import measurements
from sr.report.claims.formats import Claim, Judgement
from sr.report.run.reader import FinishedRun
from sr.report.tables.table import number

METRIC = METRICS[PRIMARY]


def of_paper(run: FinishedRun, paper: Paper) -> Iterator[Claim]:
    """Yield the claims that a released network is above another paper's printed one, with fewer Mult-Adds."""
    for table in paper.tables:
        for label, other in table.above:
            for scale in table.scales:
                yield _small(run, paper, table, label, other, scale, PRIMARY)
                yield _small(run, paper, table, label, other, scale, "mult_adds_g")


def _small(run: FinishedRun, paper: Paper, table: TableSpec, label: str, other: str, scale: int, metric: str) -> Claim:
    rows = run.published[(run.published["method"] == other) & (run.published["scale"] == scale)]
    column = f"set5_{PRIMARY}" if metric == PRIMARY else metric
    known = rows[column].dropna()
    printed = float(known.iloc[0]) if len(known) else None
    if metric == PRIMARY:
        quantity, text = f"{label} above {other} ×{scale}, Set5", f"> {number(printed, 2)} {METRIC.unit}"
        judgement = _weights(run, paper, table, label, scale, printed)
    else:
        quantity, text = f"{label} with fewer Mult-Adds than {other} ×{scale}", f"< {number(printed, 1)} G"
        judgement = _count(run, paper, table, label, scale, printed)
    return Claim(
        id=f"{paper.method}-table{table.number}-{label}-{other}-x{scale}-{metric}".lower(),
        paper=paper.name,
        source=f"Table {table.number}",
        kind="order",
        quantity=quantity,
        scale=scale,
        test_set="Set5" if metric == PRIMARY else None,
        printed=text,
        protocol=f"Y, crop {scale} px" if metric == PRIMARY else "1280×720",
        grades={"B": judgement},
    )


def _weights(
    run: FinishedRun, paper: Paper, table: TableSpec, label: str, scale: int, printed: float | None
) -> Judgement:
    for checkpoint in measurements.checkpoints(run):
        row = checkpoint.row
        if (row.paper, row.table, row.method, row.scale) == (paper.name, table.number, label, scale):
            for metrics in checkpoint.metrics:
                values = measurements.Measured(metrics, "").at(scale)
                value = values[PRIMARY] if values else None
                if metrics.test_set == "Set5" and value is not None and printed is not None:
                    return Judgement(
                        state="holds" if round(value, METRIC.digits) > printed else "differs",
                        measured=f"{number(value, METRIC.digits)} {METRIC.unit}",
                        difference=f"{number(value - printed, METRIC.digits, signed=True)} {METRIC.unit}",
                        note="authors' released weights",
                        files=[f"{measurements.FOLDER}/released.json"],
                    )
    return Judgement(state="open", note=f"no released weights of {label} ×{scale} were measured on Set5")


def _count(
    run: FinishedRun, paper: Paper, table: TableSpec, label: str, scale: int, printed: float | None
) -> Judgement:
    row = measurements.counted(run, paper.name, table.number, label, scale)
    if row is None or printed is None:
        return Judgement(state="open", note=f"{label} ×{scale} was not counted")
    value = row.mult_adds_thop / 1e9
    return Judgement(
        state="holds" if value < printed else "differs",
        measured=f"{number(value, 1)} G",
        difference=f"{number(value - printed, 1, signed=True)} G",
        note=f"thop's rule; {row.basis} genotype, {row.params / 1e3:.1f} K",
        files=[f"{measurements.FOLDER}/counts.json"],
    )
