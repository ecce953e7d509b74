"""Place point labels without overlap, by a greedy choice among a few positions around each dot.

adjustText (1.4.0, default settings) keeps names clear of each other but treats dots as points: on these plots, whose
dots have areas, it writes over them.
"""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from sr.plot.style import SOFT

APART = 3  # pixels between a name and anything else
STEPS = 24  # places along a leader that are compared with boxes
CROSSED = 300  # square pixels that a leader through a dot or a name counts as
GAPS = (3, 9, 18, 30, 45, 60)
DIRECTIONS = [(1, 0), (-1, 0), (0, 1), (0, -1), (0.7, 0.7), (0.7, -0.7), (-0.7, 0.7), (-0.7, -0.7)]
DIRECTIONS += [(0.9, 0.4), (0.9, -0.4), (-0.9, 0.4), (-0.9, -0.4), (0.4, 0.9), (0.4, -0.9), (-0.4, 0.9), (-0.4, -0.9)]


class Labels(NamedTuple):
    """What to write on one axes: point labels (data coordinates, ``areas`` in square points)."""

    axes: Axes
    xs: Sequence[float]
    ys: Sequence[float]
    names: Sequence[str]
    areas: Sequence[float]
    avoid: Sequence[Artist] = ()


def place_labels(labels: Labels) -> list[Annotation]:
    """Write each name that is not empty beside its dot, clear of dots, names and ``avoid``; return the texts.

    Places are chosen in pixels: call this when the figure is otherwise complete.
    """
    axes, figure = labels.axes, labels.axes.get_figure(root=True)
    assert figure is not None, "axes without a figure"
    figure.draw_without_rendering()
    pixels = axes.transData.transform(list(zip(labels.xs, labels.ys, strict=True)))
    # A diamond reaches further than the circle of its area.
    radii = [0.6 * math.sqrt(area) for area in labels.areas]
    taken = [_around(point, radius * figure.dpi / 72) for point, radius in zip(pixels, radii, strict=True)]
    # A horizontal line has no height of its own.
    taken += [artist.get_window_extent().padded(2) for artist in labels.avoid]
    placed = []
    # This run's name, the longest, is the last in the data and chooses first.
    for point, radius, name in reversed(list(zip(pixels, radii, labels.names, strict=True))):
        if not name:
            continue
        text = _best(axes, point, radius, name, taken, figure.dpi / 72)
        taken.append(text_box(text))
        placed.append(text)
    return placed


def text_box(text: Annotation) -> Bbox:
    """Return the place of a label's words, without its leader, in pixels."""
    # A label's own extent has the leader in it, but asking for it is what puts the words in their place.
    text.get_window_extent()
    return Text.get_window_extent(text)


def _around(point: tuple[float, float], radius: float) -> Bbox:
    return Bbox([[point[0] - radius, point[1] - radius], [point[0] + radius, point[1] + radius]])


def _best(
    axes: Axes, point: tuple[float, float], radius: float, name: str, taken: list[Bbox], unit: float
) -> Annotation:
    """Return the label at the first place that covers nothing, or that covers least; ``unit``: pixels of a point."""
    best: Annotation | None = None
    least = math.inf
    for gap, direction in itertools.product(GAPS, DIRECTIONS):
        text = _label(axes, point, radius + gap, direction, name, leader=gap > GAPS[0])
        cost = _cost(text_box(text), taken, axes.bbox)
        if gap > GAPS[0]:
            cost += _crossing(point, (radius + 1) * unit, text_box(text), taken)
        if cost < least:
            if best is not None:
                best.remove()
            best, least = text, cost
        else:
            text.remove()
        if least == 0:
            break
    assert best is not None  # the first place costs less than infinity
    return best


def _crossing(point: tuple[float, float], radius: float, words: Bbox, taken: list[Bbox]) -> float:
    """Return a cost for each box that the leader from a dot to the middle of its name goes through."""
    middle = ((words.x0 + words.x1) / 2, (words.y0 + words.y1) / 2)
    dx, dy = middle[0] - point[0], middle[1] - point[1]
    start = radius / math.hypot(dx, dy)
    shares = (start + (1 - start) * step / STEPS for step in range(1, STEPS))
    places = [(point[0] + share * dx, point[1] + share * dy) for share in shares]
    open_places = [place for place in places if not words.contains(*place)]
    return CROSSED * sum(any(box.contains(*place) for place in open_places) for box in taken)


def _label(axes: Axes, point: tuple, distance: float, direction: tuple, name: str, leader: bool) -> Annotation:
    dx, dy = direction
    x, y = axes.transData.inverted().transform(point)
    return axes.annotate(
        name,
        (x, y),
        xytext=(dx * distance, dy * distance),
        textcoords="offset points",
        ha={1: "left", 0: "center", -1: "right"}[(dx > 0) - (dx < 0)],
        va={1: "bottom", 0: "center", -1: "top"}[(dy > 0) - (dy < 0)],
        fontsize=8.5,
        arrowprops={"arrowstyle": "-", "color": SOFT, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0} if leader else None,
        zorder=4,
    )


def _cost(box: Bbox, taken: list[Bbox], frame: Bbox) -> float:
    """Return the covered area in square pixels, and far more for a label that leaves the axes."""
    # A little apart, so that a name is not taken for another dot's.
    covered = sum(_overlap(box.padded(APART), other) for other in taken)
    outside = box.width * box.height - _overlap(box, frame)
    return covered + 10 * max(outside, 0.0) if outside > 1e-6 else covered


def _overlap(first: Bbox, second: Bbox) -> float:
    width = min(first.x1, second.x1) - max(first.x0, second.x0)
    height = min(first.y1, second.y1) - max(first.y0, second.y0)
    return max(width, 0.0) * max(height, 0.0)
