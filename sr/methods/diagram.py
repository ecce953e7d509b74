"""Drawing of any genotype: a row a choice, with the options that the search kept.

For a method without a ``diagram.py`` of its own.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sr.nas.genotype import Genotype
from sr.plot.drawing import CHOSEN, box, comment, margin_label
from sr.plot.style import OURS, SOFT, canvas

WIDTH = 2.4  # of a box
NOTE = "chosen by the search; margin: probability of the least probable option kept minus that of the best one rejected"


def draw(genotype: Genotype) -> Figure:
    """Return the drawing; without the evidence of a search, it shows the genotype's own keys."""
    rows = _rows(genotype)
    figure = canvas(4.0 + 1.4 * max(len(kept) for kept in rows.values()), 1.0 + 0.5 * len(rows))
    axes = figure.subplots()
    for index, (name, kept) in enumerate(rows.items()):
        _row(axes, -float(index), name, kept, margin_label(genotype, name))
    axes.set_xlim(-2.5, WIDTH * (1 + max(len(kept) for kept in rows.values())))
    axes.set_ylim(-len(rows) + 0.3, 0.7)
    axes.set_axis_off()
    axes.set_title(f"choices of {genotype.method}", loc="left")
    if genotype.evidence:
        figure.supxlabel(NOTE, fontsize=8, color=SOFT)
    return figure


def _rows(genotype: Genotype) -> dict[str, list[str]]:
    """Return the texts of each row's boxes."""
    if genotype.evidence:
        return {name: decision.kept for name, decision in genotype.evidence.items()}
    own = {key: value for key, value in genotype.without_evidence().items() if key not in Genotype.model_fields}
    return {key: [str(item) for item in (value if isinstance(value, list) else [value])] for key, value in own.items()}


def _row(axes: Axes, y: float, name: str, kept: list[str], margin: str) -> None:
    axes.text(-0.2, y, name, ha="right", va="center")
    for index, option in enumerate(kept):
        box(axes, (WIDTH * (index + 0.5), y), option, CHOSEN, width=WIDTH - 0.2, height=0.6, edge=OURS)
    comment(axes, (WIDTH * (len(kept) + 0.5), y), margin)
