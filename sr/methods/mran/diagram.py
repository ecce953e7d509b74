"""MRAN's searched block, RASB(x) = ASB(OSB(x)) + x, as two graphs: the operations and the attentions.

Each node sums what its edges bring; every edge from an earlier node to a later one carries what the search chose.
"""

from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path as Outline

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
from sr.plot.style import LINE, OURS, SOFT, canvas

if TYPE_CHECKING:
    from sr.methods.mran.network import Genotype

WORDS = {
    "rdb_rb": "RDB of RB",
    "rdb_srb": "RDB of SRB",
    "rdb_lrb": "RDB of LRB",
    "ca": "channel",
    "sam": "SAM",
    "esa": "ESA",
    "cea": "CEA",
}
ABSENT = "none"
PITCH = 3.0  # from node to node
LEVEL = 1.15  # height of an edge for each node that it passes
NOTES = (
    "orange: chosen by the search; dashed: none, so that only the channels that are not sampled pass (eq. 5); "
    "edges from the earlier nodes to the concat are left out",
    "RDB: residual dense block of residual (RB), shallow residual (SRB) or lightweight residual blocks (LRB)",
)


def block_edges(named: dict[str, str]) -> dict[tuple[int, int], str]:
    """Return {(earlier node, later node): name}."""
    ends = {edge: edge.split("-") for edge in named}
    return {(int(start), int(end)): named[edge] for edge, (start, end) in ends.items()}


def draw(genotype: "Genotype") -> Figure:
    """Return the two drawings of one genotype: (a) OSB, (b) ASB."""
    nodes = max(1 + end for named in (genotype.operations, genotype.attentions) for _, end in block_edges(named))
    # Text keeps its size, so more nodes need more paper.
    figure = canvas(0.57 * PITCH * nodes + 4.2, 2.1 * nodes - 1.6)
    above, below = figure.subplots(2, 1)
    _operations(above, _graph(above, genotype, "osb", genotype.operations))
    _attentions(below, _graph(below, genotype, "asb", genotype.attentions))
    evidence = "margin: probability of the option kept minus that of the best one rejected"
    notes = [*NOTES, *([evidence] if genotype.evidence else [])]
    figure.supxlabel("\n".join(notes), fontsize=8, color=SOFT)
    return figure


def _operations(axes: Axes, last: float) -> None:
    """Draw what stands around OSB's graph, whose last node is at ``last``."""
    box(axes, (-2.2, 0), "conv\n1×1", FIXED)
    enters(axes, "x", (-3.3, 0), (-2.7, 0))
    arrow(axes, [(-1.7, 0), (-0.4, 0)])
    box(axes, (last + 2.0, 0), f"concat\n0 to {round(last / PITCH)}", FIXED, width=1.2)
    box(axes, (last + 4.0, 0), "conv\n1×1", FIXED)
    arrow(axes, [(last + 0.4, 0), (last + 1.4, 0)])
    arrow(axes, [(last + 2.6, 0), (last + 3.5, 0)])
    leaves(axes, "OSB(x)", (last + 4.5, 0), (last + 5.1, 0))
    axes.set_title("(a) OSB: operations on a part of the channels", loc="left")


def _attentions(axes: Axes, last: float) -> None:
    """Draw what stands around ASB's graph: its input and the block's residual."""
    enters(axes, "OSB(x)", (-1.4, 0), (-0.4, 0))
    box(axes, (last + 2.0, 0), "+", FIXED, width=0.5, height=0.5)
    arrow(axes, [(last + 0.4, 0), (last + 1.75, 0)])
    arrow(axes, [(last + 2.0, -1.0), (last + 2.0, -0.25)])
    axes.text(last + 2.0, -1.1, "x", ha="center", va="top")
    leaves(axes, "RASB(x)", (last + 2.25, 0), (last + 3.2, 0))
    axes.set_title("(b) ASB: attentions on all channels, and the block's residual", loc="left")


def _graph(axes: Axes, genotype: "Genotype", part: str, named: dict[str, str]) -> float:
    """Draw nodes in a row and the edges between them; return the last node's place."""
    edges = block_edges(named)
    count = 1 + max(end for _, end in edges)
    for node in range(count):
        box(axes, (PITCH * node, 0), str(node), CELL, width=0.8, height=0.8)
    for (start, end), name in edges.items():
        margin = margin_label(genotype, f"{part}_{start}_{end}")
        _edge(axes, (start, end), name, margin, f"{part}-{start}-{end}")
    spans = [_level(start, end) for start, end in edges]
    axes.set_xlim(-4.0, PITCH * (count - 1) + 6.4)
    axes.set_ylim(min(-1.5, *spans) - 0.7, max(0.5, *spans) + 0.7)
    axes.set_axis_off()
    axes.set_aspect("equal")
    return PITCH * (count - 1)


def _level(start: int, end: int) -> float:
    """Return the height of an edge's middle: even nodes send their long edges above the row, odd ones below."""
    return LEVEL * (end - start - 1) * (1 if start % 2 == 0 else -1)


def _edge(axes: Axes, ends: tuple[int, int], name: str, margin: str, gid: str) -> None:
    """Draw one edge with its name in the middle; the longer, the further from the row."""
    start, end = ends
    level = _level(start, end)
    look = line(LINE if name == ABSENT else OURS, gid) | {"linestyle": (0, (4, 3)) if name == ABSENT else "-"}
    middle = PITCH * (start + end) / 2, level
    if level == 0:
        path = Outline([(PITCH * start + 0.4, 0), (PITCH * end - 0.4, 0)])
    else:
        # A quadratic curve passes half-way between its ends and its control point.
        shift, side = min(0.1 * (end - start - 1), 0.3), HEIGHT / 2 if level > 0 else -HEIGHT / 2
        left, right = PITCH * start + 0.3 - shift, PITCH * end - 0.3 + shift
        curve = [(left, side), (middle[0], 2 * level - side), (right, side)]
        path = Outline(curve, [Outline.MOVETO, Outline.CURVE3, Outline.CURVE3])
    axes.add_patch(FancyArrowPatch(path=path, **look))
    words = WORDS.get(name, name)
    absent = name == ABSENT
    box(axes, middle, words, "#ffffff" if absent else CHOSEN, width=1.5, height=0.45, edge=LINE if absent else OURS)
    comment(axes, (middle[0], middle[1] - 0.4), margin)
