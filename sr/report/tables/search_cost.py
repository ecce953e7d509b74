"""Cost of a search: printed GPU days and this run's record, in GPU days or CPU hours."""

from collections.abc import Iterator

import pandas as pd

from sr.core.provenance import SearchRecord
from sr.methods.spec import TableSpec
from sr.report.tables.lines import own_label
from sr.report.tables.table import ABSENT, Column, Note, Row, RowGroup, Source, number, plain

TIDY = ["method", "source", "metric", "value"]
COLUMNS = (Column(name="Search", unit="GPU days"), Column(name="Search", unit="CPU hours"))
METRICS = ("gpu_days", "cpu_hours")

# method, source, metric -> value
Entry = tuple[str, Source, dict[str, float]]


def cost(record: SearchRecord) -> dict[str, float]:
    """Return {"gpu_days": x} for a search on a GPU, else {"cpu_hours": x}: hours times threads."""
    if record.device.startswith("cuda"):
        return {"gpu_days": record.seconds / 86400}
    return {"cpu_hours": record.seconds / 3600 * record.machine.threads}


def compare(spec: TableSpec, rows: pd.DataFrame, records: dict[str, SearchRecord]) -> list[Entry]:
    """Return printed rows, this run's, and the difference where both are in GPU days."""
    printed: list[Entry] = [(row.label, "published", {row.metric: row.value}) for row in rows.itertuples()]
    entries = list(printed)
    for label, model in spec.own.items():
        ours = cost(records[model]) if model in records else {}
        entries.append((own_label(label) if ours else label, "measured", ours))
        for method, _, theirs in printed:
            if method == label and "gpu_days" in ours:
                difference = {"gpu_days": ours["gpu_days"] - theirs["gpu_days"]}
                entries.append((f"{label}: this run − paper", "difference", difference))
    return entries


def tidy(entries: list[Entry]) -> pd.DataFrame:
    """Return one number per row."""
    rows = [(method, source, metric, value) for method, source, values in entries for metric, value in values.items()]
    return pd.DataFrame(rows, columns=TIDY)


def groups(entries: list[Entry]) -> tuple[RowGroup, ...]:
    """Return the rows as text, all in one group."""
    rows = []
    for method, source, values in entries:
        digits = 0 if source == "published" else 4
        cells = tuple(plain(number(values.get(metric), digits, source == "difference")) for metric in METRICS)
        rows.append(Row(source=source, label=method, cells=cells if values else (), reason="" if values else ABSENT))
    return (RowGroup(name="×2", rows=tuple(rows)),)


def notes(spec: TableSpec, rows: pd.DataFrame, records: dict[str, SearchRecord]) -> Iterator[Note]:
    """Yield notes on the hardware of this run's searches, and the cautions about the printed numbers."""
    for label, model in spec.own.items():
        if model in records:
            yield own_label(label), _hardware(records[model])
    for row in rows[rows["note"] != ""].itertuples():
        yield f"{row.label} as printed", f"{row.note}."


def _hardware(record: SearchRecord) -> str:
    machine = record.machine
    hours = record.seconds / 3600
    if record.device.startswith("cuda"):
        return f"{hours:.4f} hours on one GPU ({machine.gpu}): given in GPU days."
    threads = f"{machine.threads} thread{'s' if machine.threads > 1 else ''}"
    return f"{hours:.4f} hours on {threads} of a CPU ({machine.processor}), no GPU: given in CPU hours."
