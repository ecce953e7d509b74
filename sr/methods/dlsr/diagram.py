"""Figure 4 of DLSR: the network's wiring and the cell, drawn from a genotype.

What the search chose is orange, what is fixed is grey or black. As in the paper, (a) leaves out the connections from
each cell to the concatenation at the end.
"""

import re
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from sr.plot.drawing import (
    CELL,
    CHOSEN,
    FIXED,
    HEIGHT,
    arrow,
    box,
    comment,
    enters,
    leaves,
    line,
    margin_label,
)
from sr.plot.style import INK, OURS, SOFT, canvas

if TYPE_CHECKING:
    from sr.methods.dlsr.network import Genotype

FAMILIES = {"conv": "conv", "sep_conv": "separable\nconv", "dil_conv": "dilated\nconv"}
PITCH = 1.5  # from cell to cell
PERIOD = 4.2  # from operation to operation


def network_edges(genotype: "Genotype") -> list[tuple[str, str]]:
    """Return who is read by whom, the stem as "stem" and cell i as "i": the edges that (a) shows."""
    chain = [("stem", "1"), ("1", "2")]
    return chain + [(str(source), str(cell)) for cell, read in enumerate(genotype.inputs, 3) for source in read]


def operation_label(name: str) -> str:
    """Return the words for a primitive, in two lines: sep_conv_7x7 is "separable conv 7×7"."""
    match = re.fullmatch(r"(conv|sep_conv|dil_conv)_(\d+)x(\d+)", name)
    return f"{FAMILIES[match[1]]} {match[2]}×{match[3]}" if match else name


def draw(genotype: "Genotype") -> Figure:
    """Return the two drawings of one genotype, (a) the network and (b) the cell; of a plain chain only the cell."""
    # Text keeps its size, so more cells need more paper.
    figure = canvas(max(11.0, 0.85 * (len(genotype.inputs) + 9)), 6.0 if genotype.inputs else 3.0)
    *above, below = figure.subplots(2 if genotype.inputs else 1, 1, squeeze=False)[:, 0]
    for axes in above:
        _network(axes, genotype)
    _cell(below, genotype)
    for axes in (*above, below):
        axes.set_axis_off()
        axes.set_aspect("equal")
    notes = [
        "orange: chosen by the search; act: LeakyReLU; C: channels; edges from the cells to the concat are left out"
    ]
    if genotype.evidence:
        notes.append("margin: probability of the least probable option kept minus that of the best one rejected")
    figure.supxlabel("\n".join(notes), fontsize=8, color=SOFT)
    return figure


def _network(axes: Axes, genotype: "Genotype") -> None:
    """Draw stem, cells and tail in a row; an edge to the next cell is straight, a longer one an arc above."""
    count = len(genotype.inputs) + 2
    tail = [f"concat\n1 to {count}", "conv\n1×1", "conv\n3×3", "+", "conv\n3×3", "pixel\nshuffle"]
    names = ["stem", *map(str, range(1, count + 1)), *tail]
    centres = [PITCH * index for index in range(len(names))]
    for name, x in zip(names, centres, strict=True):
        text = {"stem": "conv\n3×3", "+": "+"}.get(name, f"cell {name}" if name.isdigit() else name)
        box(axes, (x, 0), text, CELL if name.isdigit() else FIXED)
        comment(axes, (x, -0.62), margin_label(genotype, f"beta_{name}"))
    edges = network_edges(genotype)
    for source, target in edges:
        # Up to cell 3, which must read both others, every genotype is the same.
        colour = OURS if int(target) > 3 else INK
        _edge(axes, names.index(source), names.index(target), colour, f"edge-{source}-{target}")
    for index in range(count, len(names) - 1):
        arrow(axes, [(centres[index] + 0.5, 0), (centres[index + 1] - 0.5, 0)])
    _skip(axes, centres[0], centres[names.index("+")])
    enters(axes, "LR", (-1.1, 0), (-0.5, 0))
    leaves(axes, "SR", (centres[-1] + 0.5, 0), (centres[-1] + 1.1, 0))
    reach = max(names.index(target) - names.index(source) for source, target in edges)
    axes.set_xlim(-1.7, centres[-1] + 1.7)
    axes.set_ylim(-1.3, 0.6 + 0.3 * reach)
    axes.set_title("(a) network; from cell 3 on, a cell reads two earlier ones (concat, conv 1×1)", loc="left")


def _edge(axes: Axes, start: int, end: int, colour: str, name: str) -> None:
    """Draw one edge between two places of the row."""
    span = end - start
    if span == 1:
        arrow(axes, [(PITCH * start + 0.5, 0), (PITCH * end - 0.5, 0)], colour, name)
        return
    # Longer arcs begin further left and end further right, so that arcs at one cell nest and never cross.
    shift = max(0.3 - 0.12 * (span - 2), -0.3)
    ends = [(PITCH * start + shift, HEIGHT / 2), (PITCH * end - shift, HEIGHT / 2)]
    axes.add_patch(FancyArrowPatch(*ends, connectionstyle="arc3,rad=-0.38", **line(colour, name)))


def _skip(axes: Axes, start: float, end: float) -> None:
    """Draw the long connection below the row, from the stem to the sum."""
    arrow(axes, [(start, -HEIGHT / 2), (start, -1.0), (end, -1.0), (end, -HEIGHT / 2)])


def _cell(axes: Axes, genotype: "Genotype") -> None:
    """Draw the three residual operations in a row, the distilled branches below, then concat, conv, ESA."""
    operations = genotype.cell
    low, last = -3.0, PERIOD * len(operations)
    for index, name in enumerate(operations):
        _residual(axes, PERIOD * index, operation_label(name))
        comment(axes, (PERIOD * index + 1.25, -0.62), margin_label(genotype, f"alpha_{index + 1}"))
        _branch(axes, PERIOD * index, index, "conv 1×1", low)
    _branch(axes, last, len(operations), "conv 3×3", low)
    box(axes, (last / 2, low), "concat", FIXED, width=last + 1.5)
    box(axes, (last + 2.0, low), "conv\n1×1", FIXED)
    box(axes, (last + 3.7, low), "ESA", FIXED)
    arrow(axes, [(last + 0.75, low), (last + 1.5, low)])
    arrow(axes, [(last + 2.5, low), (last + 3.2, low)])
    enters(axes, "in", (-0.6, 0), (0.5, 0))
    leaves(axes, "out", (last + 4.2, low), (last + 4.9, low))
    axes.set_xlim(-1.7, last + 5.8)
    axes.set_ylim(low - 0.6, 1.1)
    axes.set_title("(b) cell", loc="left")


def _branch(axes: Axes, x: float, index: int, text: str, low: float) -> None:
    """Draw the distilled features d_{index + 1}, half of the channels of x_index, on their way to the concat."""
    middle = low / 2
    axes.plot(x, 0, marker="o", markersize=3, color=INK)
    axes.text(x, 0.15, f"$x_{index}$", ha="center", va="bottom", parse_math=True)
    arrow(axes, [(x, 0), (x, middle + HEIGHT / 2)])
    box(axes, (x, middle), f"{text}\nC → C/2", FIXED, width=1.5)
    arrow(axes, [(x, middle - HEIGHT / 2), (x, low + HEIGHT / 2)])


def _residual(axes: Axes, x: float, text: str) -> None:
    """Draw x_i = act(operation(x_{i-1}) + x_{i-1}) from ``x`` to ``x`` + PERIOD."""
    arrow(axes, [(x, 0), (x + 0.5, 0)])
    box(axes, (x + 1.25, 0), text, CHOSEN, width=1.5, edge=OURS)
    arrow(axes, [(x + 2.0, 0), (x + 2.3, 0)])
    box(axes, (x + 2.5, 0), "+", FIXED, width=0.4, height=0.4)
    arrow(axes, [(x + 0.25, 0), (x + 0.25, 0.85), (x + 2.5, 0.85), (x + 2.5, 0.2)])
    arrow(axes, [(x + 2.7, 0), (x + 3.0, 0)])
    box(axes, (x + 3.3, 0), "act", FIXED, width=0.6, height=0.5)
    axes.plot([x + 3.6, x + PERIOD], [0, 0], color=INK, linewidth=1, zorder=1)
