"""Figures of visual comparisons: crops pixel by pixel, captions, and errors."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sr.core.errors import UserError
from sr.core.files import write_json
from sr.core.formats import parse
from sr.evaluate import embedded
from sr.evaluate.formats import Panel
from sr.plot.style import style
from sr.report.figures import panels
from tests.conftest import REPO
from tests.helpers.reporting import HOSTILE_NAME


def random_image(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def document(examples: int = 1, views: int = 2, side: int = 48) -> dict[str, Any]:
    """Return a panel as its file has it."""
    labels = ["bicubic", *(f"net {index}" for index in range(views - 1))]
    shown = [
        {
            "label": label,
            "crop": embedded.png(random_image(side, side, index + 1)),
            "whole": {"psnr": 30.0 + index, "ssim": 0.9},
            "window": {"psnr": 25.0, "ssim": 0.8},
        }
        for index, label in enumerate(labels)
    ]
    hr = random_image(100, 160)
    reference = {"crop": embedded.png(hr[20 : 20 + side, 40 : 40 + side]), "image": embedded.webp(hr)}
    example = {"width": 160, "height": 100, "top": 20, "left": 40, "best": labels[-1], "difference": 3.25}
    example |= {"hr": reference, "views": shown}
    return {
        "panel": "p",
        "test_set": "Set5",
        "data_digest": "d",
        "scale": 2,
        "crop_border": 2,
        "side": side,
        "networks": dict.fromkeys(labels[1:], "0" * 64),
        "examples": [{"name": f"image {index}", **example} for index in range(examples)],
    }


def make_panel(*args: int, **kwargs: int) -> Panel:
    return parse(document(*args, **kwargs), Panel, "p")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_json(tmp_path / "p.json", document())
    return tmp_path / "p.json"


def test_pixels_of_a_window_become_squares(file: Path, tmp_path: Path) -> None:
    png, *_ = panels.write_crops(file, "demo", tmp_path / "p")
    with Image.open(png) as image:
        pixels = np.asarray(image.convert("RGB"))
    left, zoom = panels.GAP + panels.CONTEXT + panels.GAP, panels.CELL // 48
    crops = [random_image(100, 160)[20:68, 40:88], random_image(48, 48, 1), random_image(48, 48, 2)]
    for index, crop in enumerate(crops):
        x = left + index * (panels.CELL + panels.GAP)
        square = pixels[panels.HEAD : panels.HEAD + panels.CELL, x : x + panels.CELL]
        np.testing.assert_array_equal(square[zoom // 2 :: zoom, zoom // 2 :: zoom], crop)


def test_words() -> None:
    with style():
        figure = panels.draw(make_panel(examples=2, views=3), "demo")
    words = [text.get_text() for text in figure.texts]
    labels = ["HR", "bicubic", "net 0", "net 1"]
    assert [word for word in words if word in labels] == labels
    assert words.count("30.00 / 0.9000") == 2
    assert [t.get_text() for t in figure.texts if t.get_fontweight() == "bold"] == ["32.00 / 0.9000"] * 2
    assert {"image 0 (160×100)", "image 1 (160×100)", "|ΔY| 3.25"} <= set(words)
    caption = " ".join(words[-1].split())
    assert "Set5, ×2, preset demo." in caption
    assert "48×48 window" in caption
    assert "without its 2 border pixels" in caption
    assert "demonstration budget" in caption
    assert "demonstration budget" not in panels.caption(make_panel(), "paper")


def test_names_are_no_formulas(tmp_path: Path) -> None:
    changed = document() | {"test_set": HOSTILE_NAME}
    changed["examples"][0]["name"] = changed["examples"][0]["views"][1]["label"] = HOSTILE_NAME
    write_json(tmp_path / "p.json", changed)
    _, svg, _ = panels.write_crops(tmp_path / "p.json", HOSTILE_NAME, tmp_path / "p")
    # A comment of the SVG has each text as it was read.
    words = svg.read_text(encoding="utf-8")
    assert f"<!-- {HOSTILE_NAME.replace('&', '&amp;')} -->" in words
    assert f"<!-- {HOSTILE_NAME.replace('&', '&amp;')} (160×100) -->" in words


@pytest.mark.parametrize(("views", "side"), [(2, 96), (6, 72)])
def test_every_word_lies_on_the_paper(views: int, side: int) -> None:
    with style():
        figure = panels.draw(make_panel(views=views, side=side), "demo")
        figure.draw_without_rendering()
        boxes = [text.get_window_extent() for text in figure.texts]
    width, height = figure.get_size_inches() * figure.dpi
    assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)


def test_the_frame_surrounds_the_window() -> None:
    with style():
        figure = panels.draw(make_panel(), "demo")
    frames = figure.axes[0].patches
    ratio = min(panels.CELL / 100, panels.CONTEXT / 160)
    assert len(frames) == 2
    for frame in frames:
        assert frame.get_xy() == pytest.approx((40 * ratio - 0.5, 20 * ratio - 0.5))
        assert frame.get_width() == pytest.approx(48 * ratio)


def test_equal_images_have_an_infinite_psnr_which_is_best() -> None:
    changed = document()
    changed["examples"][0]["views"][0]["whole"] = {"psnr": None, "ssim": 1.0}
    with style():
        texts = panels.draw(parse(changed, Panel, "p"), "demo").texts
    assert [text.get_text() for text in texts if text.get_fontweight() == "bold"] == ["∞ / 1.0000"]


def test_bytes_are_deterministic(file: Path, tmp_path: Path) -> None:
    first, second = (panels.write_crops(file, "demo", tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert ET.parse(first[1]).getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["examples"][0]["views"][0]["whole"].pop("ssim"), "has the metrics psnr, but needs psnr, ssim"),
        (lambda d: d["examples"][0]["hr"].update(crop="AAAA"), "p.json: holds an unreadable image"),
    ],
)
def test_a_damaged_panel_is_refused(file: Path, tmp_path: Path, change: Any, message: str) -> None:
    damaged = document()
    change(damaged)
    write_json(file, damaged)
    with pytest.raises(UserError, match=message):
        panels.write_crops(file, "demo", tmp_path / "p")


def test_the_verb(file: Path, tmp_path: Path) -> None:
    from sr.cli.main import main

    params = str(REPO / "workflow" / "presets" / "smoke.yaml")
    assert main(["crops", "--params", params, "--panel", str(file), "--out", str(tmp_path / "out")]) == 0
    assert sorted(path.suffix for path in tmp_path.glob("out.*")) == [".pdf", ".png", ".svg"]
