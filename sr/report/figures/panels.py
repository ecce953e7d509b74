"""Figures of visual comparisons: each image with its window marked, then the window in HR, bicubic and each network."""

import os
import textwrap
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from sr.core.errors import UserError
from sr.core.formats import load
from sr.evaluate import embedded
from sr.evaluate.formats import Example, Panel
from sr.evaluate.metrics import METRICS, PRIMARY, text
from sr.plot.style import DPI, SOFT, canvas, save, style
from sr.report.figures.metric_labels import all_labels
from sr.report.run.budget import PAPER_PRESET
from sr.report.tables.footnotes import DEMONSTRATION

# In pixels of the PNG. Each pixel of a window becomes a whole number of them, so that nothing is blurred.
CELL, CONTEXT, GAP = 288, 432, 16
HEAD, FOOT, LINE = 40, 64, 26
# In points; and the mean width of a character in pixels.
FONT, CHARACTER = 8.5, 11.2
# Visible on any image: bright inside, dark outside.
FRAMES = (("black", 3.2), ("#f0e442", 1.4))


def write_crops(path: str | os.PathLike, preset: str, out: str | os.PathLike) -> list[Path]:
    """Draw the panel in a JSON file to ``out``.png, .svg and .pdf; return the three paths."""
    panel = load(path, Panel, "Measure it again: python -m sr panel")
    with style():
        try:
            figure = draw(panel, preset)
        except (ValueError, OSError) as error:
            raise UserError(f"{path}: holds an unreadable image ({error}). Measure the panel again") from None
        return save(figure, out)


def caption(panel: Panel, preset: str) -> str:
    """Return what is shown, how the windows were chosen and what was measured."""
    side, count = panel.side, len(panel.examples)
    if not count:
        return f"{panel.test_set}, ×{panel.scale}: no image has room for a window of {side}×{side} pixels."
    primary, names = METRICS[PRIMARY].title, " / ".join(all_labels())
    sentences = [
        f"{panel.test_set}, ×{panel.scale}, preset {preset}.",
        f"The {f'{count} images' if count > 1 else 'image'} on which bicubic and the network with the best {primary} "
        f"differ most, each with its {side}×{side} window of the largest mean |ΔY|.",
        f"Below: {names} on Y of the whole image without its {panel.crop_border} border pixels, then of the window. "
        f"Bold: best {primary} of the whole image.",
    ]
    return " ".join(sentences if preset == PAPER_PRESET else [*sentences, DEMONSTRATION])


def best_labels(example: Example) -> set[str]:
    """Return the labels of the views that lead in the primary metric."""
    ranks = {view.label: METRICS[PRIMARY].rank(view.whole[PRIMARY]) for view in example.views}
    return {label for label, rank in ranks.items() if rank == max(ranks.values())}


def draw(panel: Panel, preset: str) -> Figure:
    """Return the figure: one row per image."""
    zoom = max(1, CELL // panel.side)
    cell = zoom * panel.side
    columns = 2 + len(panel.networks)  # HR, bicubic, and each network
    width = GAP + CONTEXT + columns * (cell + GAP) + GAP
    lines = textwrap.wrap(caption(panel, preset), int((width - 2 * GAP) / CHARACTER))
    height = HEAD + len(panel.examples) * (cell + FOOT) + LINE * len(lines)
    figure = canvas(width / DPI, height / DPI)
    figure.set_layout_engine("none")
    for index, example in enumerate(panel.examples):
        _row(figure, example, panel.side, (GAP, HEAD + index * (cell + FOOT)), cell, with_titles=index == 0)
    _text(figure, GAP, height - LINE * len(lines), "\n".join(lines), ha="left", colour=SOFT)
    return figure


def _row(figure: Figure, example: Example, side: int, corner: tuple[int, int], cell: int, with_titles: bool) -> None:
    """Draw one image and its windows, from the top left ``corner``."""
    left, top = corner
    _context(figure, example, side, corner, cell)
    leaders, names = best_labels(example), " / ".join(metric.title for metric in METRICS.values())
    columns = [("HR", example.hr.crop, names, "window")]
    for view in example.views:
        columns.append((view.label, view.crop, text(view.whole, units=False), text(view.window, units=False)))
    for index, (label, image, whole, window) in enumerate(columns):
        x = left + CONTEXT + GAP + index * (cell + GAP)
        _picture(figure, embedded.decode(image), (x, top, cell, cell))
        if with_titles:
            _text(figure, x + cell / 2, top - LINE, label)
        weight = "bold" if label in leaders else "normal"
        _text(figure, x + cell / 2, top + cell + 4, whole, weight=weight)
        _text(figure, x + cell / 2, top + cell + 4 + LINE, window, colour=SOFT)


def _context(figure: Figure, example: Example, side: int, corner: tuple[int, int], cell: int) -> None:
    """Draw the whole image, scaled to fit, with a frame around its window."""
    ratio = min(CONTEXT / example.width, cell / example.height)
    size = max(1, round(example.width * ratio)), max(1, round(example.height * ratio))
    image = Image.fromarray(embedded.decode(example.hr.image)).resize(size, Image.Resampling.LANCZOS)
    axes = _picture(figure, np.asarray(image), (corner[0] + (CONTEXT - size[0]) // 2, corner[1], *size))
    origin = example.left * ratio - 0.5, example.top * ratio - 0.5
    for colour, thickness in FRAMES:
        frame = Rectangle(origin, side * ratio, side * ratio, fill=False, edgecolor=colour, linewidth=thickness)
        axes.add_patch(frame)
    x, y = corner[0] + CONTEXT / 2, corner[1] + cell + 4
    _text(figure, x, y, f"{example.name} ({example.width}×{example.height})")
    _text(figure, x, y + LINE, f"|ΔY| {example.difference:.2f}", colour=SOFT)


def _picture(figure: Figure, image: np.ndarray, box: tuple[float, float, float, float]) -> Axes:
    """Show a uint8 (H, W, 3) image in ``box``: left, top, width, height in pixels."""
    width, height = figure.get_size_inches() * DPI
    left, top, wide, high = box
    axes = figure.add_axes((left / width, 1 - (top + high) / height, wide / width, high / height))
    axes.imshow(image, interpolation="none", aspect="auto")
    axes.set_axis_off()
    return axes


def _text(
    figure: Figure, x: float, y: float, text: str, ha: str = "center", weight: str = "normal", colour: str = "black"
) -> None:
    """Write ``text`` from ``y`` down, in pixels from the top left."""
    width, height = figure.get_size_inches() * DPI
    figure.text(x / width, 1 - y / height, text, ha=ha, va="top", fontsize=FONT, color=colour, fontweight=weight)
