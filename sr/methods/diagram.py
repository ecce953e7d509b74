"""Diagram of any genotype, for methods without a ``diagram.py``: a row for each choice, with what was kept.

If a search recorded its evidence, a row has all options with their probabilities, and the margin of the decision.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from sr.nas.genotype import Genotype
from sr.plot.drawing import CHOSEN, FIXED, box, comment, margin_label
from sr.plot.style import INK, LINE, OURS, SOFT, canvas

PER_LINE = 5  # boxes
# Inches.
ROW, PLAIN_ROW, HEIGHT, TOP, BOTTOM, MARGIN = 0.62, 0.45, 0.34, 0.7, 0.55, 0.25
CHARACTER = 0.085  # mean width


@dataclass(frozen=True)
class Choice:
    """One decision: the options kept, all options, and their probabilities if a search recorded them."""

    name: str
    kept: tuple[str, ...]
    options: tuple[str, ...]
    probabilities: dict[str, float] | None = None


def choices(genotype: Genotype) -> list[Choice]:
    """Return the choices that a search recorded as evidence, or else those that the genotype spells out."""
    if genotype.evidence:
        return [
            Choice(name, tuple(decision.kept), tuple(decision.probabilities), decision.probabilities)
            for name, decision in genotype.evidence.items()
        ]
    decisions = {key: value for key, value in genotype.without_evidence().items() if key not in Genotype.model_fields}
    return [choice for key, value in decisions.items() for choice in _spelt_out(key, value)]


def _spelt_out(name: str, value: Any, in_list: bool = False) -> Iterator[Choice]:
    """Yield the choices inside ``value``; a list inside a list is one choice that kept several options."""
    if isinstance(value, list) and in_list and not any(isinstance(item, dict | list) for item in value):
        yield Choice(name, tuple(map(str, value)), tuple(map(str, value)))
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value, 1)
        for key, item in items:
            yield from _spelt_out(f"{name} {key}", item, isinstance(value, list))
    else:
        yield Choice(name, (str(value),), (str(value),))


def draw(genotype: Genotype) -> Figure:
    """Return the figure: choices from top to bottom, their options from left to right."""
    rows = choices(genotype)
    label = 0.3 + CHARACTER * max(len(choice.name) for choice in rows)
    width = 0.3 + CHARACTER * max(len(option) for choice in rows for option in choice.options)
    columns = min(PER_LINE, max(len(choice.options) for choice in rows))
    lines = sum(-(-len(choice.options) // PER_LINE) for choice in rows)
    pitch = ROW if genotype.evidence else PLAIN_ROW
    size = max(6.0, 2 * MARGIN + label + columns * (width + 0.15) + 1.1), TOP + pitch * lines + BOTTOM
    figure = canvas(*size)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, size[0])
    axes.set_ylim(size[1], 0)
    axes.set_axis_off()
    axes.text(MARGIN, 0.3, f"{genotype.method}: the choices of its genotype", va="center", fontsize=10.5)
    y = TOP
    for choice in rows:
        axes.text(MARGIN, y, choice.name, va="center", fontsize=9, color=INK)
        comment(axes, (size[0] - 0.65, y), margin_label(genotype, choice.name))
        for index, option in enumerate(choice.options):
            x = MARGIN + label + width / 2 + (index % PER_LINE) * (width + 0.15)
            _option(axes, (x, y + pitch * (index // PER_LINE)), width, choice, option)
        y += pitch * -(-len(choice.options) // PER_LINE)
    notes = ["orange: kept"]
    if genotype.evidence:
        notes = ["orange: kept by the search; numbers: probabilities of the options"]
        notes.append("margin: probability of the least probable option kept minus that of the best one rejected")
    axes.text(size[0] / 2, size[1] - 0.28, "\n".join(notes), ha="center", va="center", fontsize=8, color=SOFT)
    return figure


def _option(axes: Any, centre: tuple[float, float], width: float, choice: Choice, option: str) -> None:
    kept = option in choice.kept
    box(axes, centre, option, CHOSEN if kept else FIXED, width=width, height=HEIGHT, edge=OURS if kept else LINE)
    if choice.probabilities:
        comment(axes, (centre[0], centre[1] + 0.26), f"{choice.probabilities[option]:.3f}")
