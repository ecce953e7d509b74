"""Visual comparison panels: an image with its window, then the window as HR, bicubic and each network have it."""

import os
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from sr.core.errors import UserError
from sr.plot.style import DPI, SOFT, canvas, save, style
from sr.report.tables.footnotes import DEMONSTRATION, PAPER_PRESET
from sr.report.tables.table import number

# All in pixels of the PNG. A window's pixel becomes a whole number of them, so that no zoom blurs it.
CELL, CONTEXT, GAP = 288, 432, 16
HEAD, FOOT, LINE = 40, 64, 26
# Points, and the mean width of a character.
FONT, CHARACTER = 8.5, 11.2
# Seen on any picture: bright inside, dark outside.
FRAMES = (("black", 3.2), ("#f0e442", 1.4))


def write_panels(document: dict[str, Any], preset: str, out: str | os.PathLike) -> list[Path]:
    """Draw what ``sr.stages.compare`` found to ``out``.png, .svg and .pdf; return the three paths."""
    if not document["examples"]:
        raise UserError(f"compare: the set {document['test_set']} has no images. Pack it again")
    with style():
        return save(draw(document, preset), out)


def caption(document: dict[str, Any], preset: str) -> str:
    """Say what is shown, how the windows were chosen and how the numbers were taken."""
    side, count = document["side"], len(document["examples"])
    said = [
        f"{document['test_set']}, ×{document['scale']}, preset {preset}.",
        f"Of each image the {side}×{side} window in which bicubic and the network with the highest PSNR differ most "
        f"(mean |ΔY|); of the set the {count} image{'s' if count > 1 else ''} whose window differs most.",
        f"Below: PSNR (dB) / SSIM on Y of the whole image less {document['crop_border']} pixels a side, then of the "
        "window. Bold: highest PSNR of the whole image.",
    ]
    return " ".join(said if preset == PAPER_PRESET else [*said, DEMONSTRATION])


def draw(document: dict[str, Any], preset: str) -> Figure:
    """Return the figure: one row an image."""
    examples = document["examples"]
    zoom = max(1, CELL // document["side"])
    cell = zoom * document["side"]
    columns = 1 + len(examples[0]["views"])
    width = GAP + CONTEXT + columns * (cell + GAP) + GAP
    words = textwrap.wrap(caption(document, preset), int((width - 2 * GAP) / CHARACTER))
    height = HEAD + len(examples) * (cell + FOOT) + LINE * len(words)
    figure = canvas(width / DPI, height / DPI)
    figure.set_layout_engine("none")
    for index, example in enumerate(examples):
        _row(figure, example, document["side"], (GAP, HEAD + index * (cell + FOOT)), cell, heads=index == 0)
    _text(figure, GAP, height - LINE * len(words), "\n".join(words), ha="left", colour=SOFT)
    return figure


def _row(figure: Figure, example: dict[str, Any], side: int, corner: tuple[int, int], cell: int, heads: bool) -> None:
    """Draw one image and its windows, from the top left ``corner``."""
    left, top = corner
    _context(figure, example, side, (left, top), cell)
    cut = np.s_[example["top"] : example["top"] + side, example["left"] : example["left"] + side]
    truth = {"label": "HR", "crop": example["hr"][cut]}
    highest = max(view["whole"][0] for view in example["views"])
    for index, view in enumerate([truth, *example["views"]]):
        x = left + CONTEXT + GAP + index * (cell + GAP)
        _picture(figure, view["crop"], (x, top, cell, cell))
        if heads:
            _text(figure, x + cell / 2, top - LINE, view["label"])
        lines = [_pair(view[part]) for part in ("whole", "window")] if "whole" in view else ["PSNR / SSIM", "window"]
        bold = "whole" in view and view["whole"][0] == highest
        _text(figure, x + cell / 2, top + cell + 4, lines[0], weight="bold" if bold else "normal")
        _text(figure, x + cell / 2, top + cell + 4 + LINE, lines[1], colour=SOFT)


def _context(figure: Figure, example: dict[str, Any], side: int, corner: tuple[int, int], cell: int) -> None:
    """Draw the whole image, made to fit, with the window's box."""
    height, width = example["hr"].shape[:2]
    ratio = min(CONTEXT / width, cell / height)
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    small = np.asarray(Image.fromarray(example["hr"]).resize(size, Image.Resampling.LANCZOS))
    axes = _picture(figure, small, (corner[0] + (CONTEXT - size[0]) // 2, corner[1], *size))
    place = example["left"] * ratio - 0.5, example["top"] * ratio - 0.5
    for colour, thickness in FRAMES:
        frame = Rectangle(place, side * ratio, side * ratio, fill=False, edgecolor=colour, linewidth=thickness)
        axes.add_patch(frame)
    _text(figure, corner[0] + CONTEXT / 2, corner[1] + cell + 4, f"{example['name']} ({width}×{height})")
    _text(
        figure, corner[0] + CONTEXT / 2, corner[1] + cell + 4 + LINE, f"|ΔY| {example['difference']:.2f}", colour=SOFT
    )


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


def _pair(values: tuple[float, float]) -> str:
    # Identical images have an infinite PSNR.
    return f"{number(values[0], 2) if np.isfinite(values[0]) else '∞'} / {number(values[1], 4)}"
