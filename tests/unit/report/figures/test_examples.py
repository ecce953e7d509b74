"""The images of a visual comparison as JSON: exact crops, whole images where they are wanted, no infinity."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr.core.files import read_json
from sr.report.figures.examples import write_examples

SIDE, TOP, LEFT = 48, 20, 40


def pixels(text: str, kind: str) -> np.ndarray:
    """Return the image behind base64, of the format ``kind``."""
    with Image.open(io.BytesIO(base64.b64decode(text, validate=True))) as image:
        assert image.format == kind
        return np.asarray(image.convert("RGB"))


@pytest.fixture
def document(photo: np.ndarray) -> dict:
    """One example of a photograph with bicubic and two networks, as the stage gives it."""
    hr = photo[:100, :160]
    cut = np.s_[TOP : TOP + SIDE, LEFT : LEFT + SIDE]
    views = []
    for index, label in enumerate(("bicubic", "A", "B")):
        image = np.clip(hr.astype(int) + index, 0, 255).astype(np.uint8)
        view = {"label": label, "crop": image[cut], "whole": (30.0 + index, 0.9), "window": (25.0, 0.8)}
        views.append(view | ({} if label == "A" else {"image": image}))
    place = {"top": TOP, "left": LEFT, "best": "B", "difference": 3.25}
    head = {"test_set": "Set5", "data_digest": "d", "scale": 2, "crop_border": 2, "side": SIDE}
    example = {"name": "cat", "hr": hr, **place, "views": views}
    return head | {"networks": {"A": "1" * 64, "B": "2" * 64}, "examples": [example]}


def test_the_file_gives_back_what_went_in(document: dict, tmp_path: Path) -> None:
    write_examples(document, "dlsr_visual_x2_Set5", tmp_path / "e.json")
    found = read_json(tmp_path / "e.json")
    head = {key: value for key, value in document.items() if key != "examples"}
    assert {key: value for key, value in found.items() if key != "examples"} == {"panel": "dlsr_visual_x2_Set5", **head}
    (given,), (example,) = document["examples"], found["examples"]
    assert (example["name"], example["width"], example["height"]) == ("cat", 160, 100)
    assert [example[key] for key in ("top", "left", "best", "difference")] == [TOP, LEFT, "B", 3.25]
    np.testing.assert_array_equal(
        pixels(example["hr"]["crop"], "PNG"), given["hr"][TOP : TOP + SIDE, LEFT : LEFT + SIDE]
    )
    for shown, view in zip(example["views"], given["views"], strict=True):
        assert shown["label"] == view["label"]
        assert (shown["psnr"], shown["ssim"], shown["window_psnr"], shown["window_ssim"]) == (
            *view["whole"],
            *view["window"],
        )
        np.testing.assert_array_equal(pixels(shown["crop"], "PNG"), view["crop"])


def test_whole_images_are_those_of_hr_bicubic_and_the_best_network(document: dict, tmp_path: Path) -> None:
    (example,) = write_examples(document, "p", tmp_path / "e.json")["examples"]
    assert [view["label"] for view in example["views"] if "whole" in view] == ["bicubic", "B"]
    for shown in (example["hr"], example["views"][0], example["views"][2]):
        whole = pixels(shown["whole"], "WEBP")
        assert whole.shape == (100, 160, 3)
        cut = whole[TOP : TOP + SIDE, LEFT : LEFT + SIDE].astype(float)
        assert abs(cut - pixels(shown["crop"], "PNG")).mean() < 6


def test_an_infinite_psnr_is_null(document: dict, tmp_path: Path) -> None:
    document["examples"][0]["views"][1] |= {"whole": (float("inf"), 1.0), "window": (float("inf"), 1.0)}
    write_examples(document, "p", tmp_path / "e.json")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    found = json.loads((tmp_path / "e.json").read_text(), parse_constant=refuse)
    view = found["examples"][0]["views"][1]
    assert [view[key] for key in ("psnr", "ssim", "window_psnr", "window_ssim")] == [None, 1.0, None, 1.0]


def test_bytes_are_deterministic(document: dict, tmp_path: Path) -> None:
    for name in "ab":
        write_examples(document, "p", tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
