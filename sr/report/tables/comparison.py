"""Comparison of methods as text: columns, rows and marks of its lines."""

from sr.evaluate.metrics import METRICS
from sr.methods.published import SETS
from sr.methods.spec import TableSpec
from sr.report.tables.lines import Address, Line, quality, sizes
from sr.report.tables.table import ABSENT, Cell, Column, MarkedNumber, Row, RowGroup, number, plain

HEADS = ("Scale", "Method")
SIZES = {"params_k": Column(name="Params", unit="K"), "mult_adds_g": Column(name="Mult-Adds", unit="G")}
SIZE_DIGITS = 1
# Fewest numbers that get marks: with two, the lower one is not worth marking as second best.
RANKED = 3


def test_sets(table_lines: list[Line]) -> list[str]:
    """Return the test sets that have a number, the papers' own first; all of theirs if none has."""
    used = {test_set: None for line in table_lines for test_set, _ in line.numbers if test_set}
    ordered = [name for name in SETS.values() if name in used] + [name for name in used if name not in SETS.values()]
    return ordered or list(SETS.values())


def columns(spec: TableSpec, sets: list[str]) -> tuple[Column, ...]:
    """Return the columns: measures of size, then the test sets."""
    unit = " / ".join(METRICS[key].title for key in quality(spec))
    return (*(SIZES[key] for key in sizes(spec)), *(Column(name=name, unit=unit) for name in sets))


def reading(spec: TableSpec) -> str:
    """Return what the cell of a test set holds, with units."""
    metrics = [METRICS[key] for key in quality(spec)]
    return " / ".join(f"{metric.title} ({metric.unit})" if metric.unit else metric.title for metric in metrics)


def groups(table_lines: list[Line], spec: TableSpec, sets: list[str]) -> tuple[RowGroup, ...]:
    """Return the rows as text, one group per scale, with the best and second best marked."""
    marks = _marks(table_lines)
    rows = {scale: [line for line in table_lines if line.scale == scale] for scale in spec.scales}
    return tuple(
        RowGroup(name=f"×{scale}", rows=tuple(_row(line, spec, sets, marks) for line in part))
        for scale, part in rows.items()
    )


def _marks(table_lines: list[Line]) -> dict[tuple[int, str, Address], str]:
    """Return "best" or "second" by (scale, label, address), among single networks on the same set at the same scale.

    Numbers are compared as they are shown, so that ties share a mark.
    """
    columns: dict[tuple[int, Address], list[tuple[str, float]]] = {}
    for line in table_lines:
        if line.source == "difference" or line.spreads:
            continue
        for address, value in line.numbers.items():
            if address[1] in METRICS:
                shown = round(value, METRICS[address[1]].digits)
                columns.setdefault((line.scale, address), []).append((line.label, shown))
    marks = {}
    for (scale, address), entries in columns.items():
        distinct = sorted({value for _, value in entries}, key=METRICS[address[1]].rank, reverse=True)
        for label, value in entries if len(entries) >= RANKED else ():
            if value in distinct[:2]:
                marks[scale, label, address] = ("best", "second")[distinct.index(value)]
    return marks


def _row(line: Line, spec: TableSpec, sets: list[str], marks: dict) -> Row:
    if line.source == "measured" and not line.numbers:
        return Row(source="measured", label=line.key, reason=ABSENT)
    size_cells = [plain(_text(line, ("", key))) for key in sizes(spec)]
    cells = (*size_cells, *(_quality_cell(line, spec, name, marks) for name in sets))
    return Row(source=line.source, label=line.label, cells=cells)


def _quality_cell(line: Line, spec: TableSpec, test_set: str, marks: dict) -> Cell:
    """Return the cell of one test set; a single dash if nothing is known."""
    addresses = [(test_set, metric) for metric in quality(spec)]
    if not any(address in line.numbers for address in addresses):
        return plain(number(None, 0))
    return tuple(
        MarkedNumber(text=_text(line, address), mark=marks.get((line.scale, line.label, address), ""))
        for address in addresses
    )


def _text(line: Line, address: Address) -> str:
    metric = address[1]
    digits = METRICS[metric].digits if metric in METRICS else SIZE_DIGITS
    # Papers print whole thousands of parameters; ours keep a digit, because the papers truncate where others round.
    if line.source in ("published", "elsewhere") and metric == "params_k" and not line.spreads:
        digits = 0
    if address in line.spreads:
        return f"{number(line.numbers[address], digits + 1)} ± {number(line.spreads[address], digits + 1)}"
    return number(line.numbers.get(address), digits, signed=line.source == "difference")
