"""The rules of the Snakefile as a picture, docs/dag.svg: drawn from what `snakemake --rulegraph dot all` says.

`make record-demo` writes it, and a test compares it with the Snakefile.
"""

import io
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from matplotlib.figure import Figure  # noqa: E402

from sr.plot.drawing import CELL, CHOSEN, FIXED, arrow, box  # noqa: E402
from sr.plot.style import LINE, canvas, style  # noqa: E402

TARGET = ROOT / "docs" / "dag.svg"
# What trains, what measures; the others prepare or show.
COLOURS = {"search": CHOSEN, "retrain": CHOSEN, "evaluate": CELL, "count": CELL, "panel": CELL}
# Inches.
COLUMN, ROW, WIDTH, HEIGHT = 1.25, 0.55, 0.95, 0.34

Edges = dict[str, set[str]]


def rulegraph(folder: Path = ROOT) -> Edges:
    """Return for each rule the rules whose results it reads; counting rules of models are one, the target has none."""
    command = ["snakemake", "--rulegraph", "dot", "--", "all"]
    text = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    names = {
        number: re.sub(r"^count_\w+$", "count", name)
        for number, name in re.findall(r'^\s*(\d+)\[label = "(\w+)"', text, re.M)
    }
    edges: Edges = {name: set() for name in names.values() if name != "all"}
    for source, target in re.findall(r"^\s*(\d+) -> (\d+)", text, re.M):
        if names[target] != "all" and names[source] != names[target]:
            edges[names[target]].add(names[source])
    return edges


def direct(edges: Edges) -> Edges:
    """Return the graph without edges that a longer way through other rules makes superfluous."""

    @cache
    def below(name: str) -> frozenset[str]:
        return frozenset(edges[name]).union(*(below(source) for source in edges[name]))

    return {
        name: {source for source in sources if not any(source in below(other) for other in sources - {source})}
        for name, sources in edges.items()
    }


def columns(edges: Edges) -> list[list[str]]:
    """Return the rules by the length of the longest way to them, each near to what it reads."""

    @cache
    def way(name: str) -> int:
        return 1 + max((way(source) for source in edges[name]), default=-1)

    stacks: list[list[str]] = [[] for _ in range(1 + max(map(way, edges)))]
    for name in sorted(edges):
        stacks[way(name)].append(name)
    places: dict[str, float] = {}
    for column in stacks:
        column.sort(key=lambda name: sum(places[s] for s in sorted(edges[name])) / max(len(edges[name]), 1))
        places |= {name: row - len(column) / 2 for row, name in enumerate(column)}
    return stacks


def draw(edges: Edges) -> Figure:
    """Return the figure: from data on the left to the page on the right."""
    shown = direct(edges)
    stacks = columns(shown)
    tallest = max(map(len, stacks))
    figure = canvas(len(stacks) * COLUMN + 0.2, tallest * ROW + 0.2)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, len(stacks) * COLUMN + 0.2), ylim=(0, tallest * ROW + 0.2))
    axes.axis("off")
    centres = {
        name: (0.1 + COLUMN * (place + 0.5), 0.1 + ROW * (tallest / 2 + len(stack) / 2 - row - 0.5))
        for place, stack in enumerate(stacks)
        for row, name in enumerate(stack)
    }
    for name, sources in shown.items():
        for source in sorted(sources):
            (x0, y0), (x1, y1) = centres[source], centres[name]
            arrow(axes, [(x0 + WIDTH / 2, y0), (x1 - WIDTH / 2, y1)], LINE)
    for name, centre in centres.items():
        box(axes, centre, name, COLOURS.get(name, FIXED), WIDTH, HEIGHT)
    return figure


def svg(edges: Edges) -> bytes:
    """Return the picture as SVG, the same bytes for the same rules."""
    with style():
        stream = io.BytesIO()
        draw(edges).savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()


def main() -> int:
    """Write docs/dag.svg."""
    TARGET.write_bytes(svg(rulegraph()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
