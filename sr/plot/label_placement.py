"""Place point labels without overlap, by a greedy choice among a few positions around each dot.

adjustText (1.4.0, default settings) keeps names clear of each other but treats dots as points: on these plots, whose
dots have areas, it writes over them.
"""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
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


Array = npt.NDArray[np.float64]
Direction = tuple[float, float]


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
    unit = figure.dpi / 72
    boxes = [(*(point - radius * unit), *(point + radius * unit)) for point, radius in zip(pixels, radii, strict=True)]
    # A horizontal line has no height of its own.
    boxes += [artist.get_window_extent().padded(2).extents for artist in labels.avoid]
    taken, frame = np.array(boxes), np.array(axes.bbox.extents)
    placed = []
    # This run's name, the longest, is the last in the data and chooses first.
    for point, radius, name in reversed(list(zip(pixels, radii, labels.names, strict=True))):
        if not name:
            continue
        gap, direction, box = _best(point, radius, _size(axes, name), taken, frame, unit)
        taken = np.vstack([taken, box])
        placed.append(_label(axes, point, radius + gap, direction, name, leader=gap > GAPS[0]))
    return placed


def text_box(text: Annotation) -> Bbox:
    """Return the place of a label's words, without its leader, in pixels."""
    # A label's own extent has the leader in it, but asking for it is what puts the words in their place.
    text.get_window_extent()
    return Text.get_window_extent(text)


def _size(axes: Axes, name: str) -> Array:
    """Return width and height of a label's words in pixels."""
    text = _label(axes, (0, 0), 0, DIRECTIONS[0], name, leader=False)
    size = np.array(text_box(text).size)
    text.remove()
    return size


def _best(
    point: Array, radius: float, size: Array, taken: Array, frame: Array, unit: float
) -> tuple[float, Direction, Array]:
    """Return gap, direction and box of the first place that covers nothing, or that covers least.

    ``unit``: pixels of a point.
    """
    best, least = None, math.inf
    for gap, direction in itertools.product(GAPS, DIRECTIONS):
        box = _box(point, (radius + gap) * unit, direction, size)
        cost = _cost(box, taken, frame)
        if gap > GAPS[0]:
            cost += _crossing(point, (radius + 1) * unit, box, taken)
        if cost < least:
            best, least = (gap, direction, box), cost
        if least == 0:
            break
    assert best is not None  # the first place costs less than infinity
    return best


def _box(point: Array, distance: float, direction: Direction, size: Array) -> Array:
    """Return where words of ``size`` are at a distance from a point, centred on it where the direction is 0."""
    corner = point + distance * np.array(direction) + size * (np.sign(direction) - 1) / 2
    return np.concatenate([corner, corner + size])


def _crossing(point: Array, radius: float, words: Array, taken: Array) -> float:
    """Return a cost for each box that the leader from a dot to the middle of its name goes through."""
    way = (words[:2] + words[2:]) / 2 - point
    start = radius / math.hypot(*way)
    places = point + (start + (1 - start) * np.arange(1, STEPS) / STEPS)[:, None] * way
    places = places[~_contains(words[None], places)[0]]
    return CROSSED * float(_contains(taken, places).any(axis=1).sum())


def _contains(boxes: Array, places: Array) -> npt.NDArray[np.bool_]:
    """Return whether boxes (n, 4) contain places (m, 2), as (n, m)."""
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    return np.all((low <= places) & (places <= high), axis=-1)


def _label(
    axes: Axes, point: Array | tuple[float, float], distance: float, direction: Direction, name: str, leader: bool
) -> Annotation:
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


def _cost(box: Array, taken: Array, frame: Array) -> float:
    """Return the covered area in square pixels, and far more for a label that leaves the axes."""
    # A little apart, so that a name is not taken for another dot's.
    covered = float(_overlap(box + [-APART, -APART, APART, APART], taken).sum())
    outside = float(np.prod(box[2:] - box[:2]) - _overlap(box, frame))
    return covered + 10 * max(outside, 0.0) if outside > 1e-6 else covered


def _overlap(box: Array, others: Array) -> Array:
    """Return the common area of a box (4,) and others (..., 4)."""
    sides = np.minimum(box[2:], others[..., 2:]) - np.maximum(box[:2], others[..., :2])
    return np.maximum(sides, 0.0).prod(axis=-1)
