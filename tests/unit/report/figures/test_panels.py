"""Visual comparison: which window is shown, what stands under it, and what the picture holds."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from skimage import data as photographs

from sr.core.errors import UserError
from sr.core.files import read_json, sha256_file
from sr.data import degrade
from sr.data import packed as store
from sr.evaluate.benchmark import choose_rules
from sr.evaluate.windows import strongest
from sr.methods import registry
from sr.methods import weights as checkpoint
from sr.plot import style as plotting
from sr.report.figures import panels
from sr.stages import compare as stage
from sr.stages.evaluate import evaluate
from tests.helpers.reporting import GENOTYPE


def brute_force(difference: np.ndarray, side: int, border: int) -> tuple[int, int]:
    """Return the window by looking at every one."""
    height, width = difference.shape
    places = [
        (top, left)
        for top in range(border, height - border - side + 1)
        for left in range(border, width - border - side + 1)
    ]
    return max(
        places, key=lambda p: (round(difference[p[0] : p[0] + side, p[1] : p[1] + side].mean(), 6), -p[0], -p[1])
    )


class TestWindow:
    """The integral image against looking at every window."""

    @pytest.mark.parametrize(("shape", "side", "border"), [((30, 41), 7, 0), ((25, 20), 11, 3), ((12, 12), 12, 0)])
    def test_brute_force_agrees(self, shape, side, border):
        for seed in range(5):
            difference = np.random.default_rng(seed).random(shape) * 20
            top, left, mean = strongest(difference, side, border)
            assert (top, left) == brute_force(difference, side, border)
            assert mean == pytest.approx(difference[top : top + side, left : left + side].mean(), abs=1e-6)

    def test_the_border_is_out_of_bounds(self):
        difference = np.zeros((20, 20))
        difference[0, 0], difference[10, 12] = 1000, 1
        top, left, _ = strongest(difference, 5, 2)
        assert top <= 10 < top + 5
        assert left <= 12 < left + 5

    def test_the_first_of_equals_wins(self):
        assert strongest(np.ones((9, 9)), 4, 1) == (1, 1, 1.0)


@pytest.fixture
def run(tmp_path, smoke):
    """Two tiny untrained networks of different seeds, and a packed set of three images."""
    import torch

    images = [
        photographs.astronaut()[40:136, 160:260],
        photographs.chelsea()[60:156, 100:220],
        photographs.coffee()[:90, :92],
    ]
    images = [degrade.crop_to_multiple(image, 2).copy() for image in images]
    folder, names = tmp_path / "Three", ["a", "b", "c"]
    folder.mkdir()
    store.pack(folder / "hr.npy", names, images, "digest", "Three")
    store.pack(folder / "x2.npy", names, [degrade.downscale(image, 2) for image in images], "digest", "Three")
    method = registry.find("dlsr")
    config = method.config(**smoke.models["dlsr"].network)
    # The smoke preset has four cells.
    genotype = {**GENOTYPE, "inputs": GENOTYPE["inputs"][:2]}
    words = []
    for seed in range(2):
        torch.manual_seed(seed)
        path = tmp_path / f"{seed}.safetensors"
        checkpoint.save(path, method.network(genotype, config, 2), method, genotype, config, 2)
        words.append(f"net {seed}={path}")
    return smoke, words, str(folder), images


class TestStage:
    """What is measured and chosen."""

    def test_whole_image_numbers_are_those_of_evaluate(self, run):
        params, words, folder, _ = run
        found = stage.compare(params, words, folder, 2, 1)
        assert (found["test_set"], found["crop_border"], found["side"]) == ("Three", 2, 48)
        rules = choose_rules(params.evaluate, 2, None, None)
        for label, weights in [("bicubic", None), *(word.split("=") for word in words)]:
            images = evaluate(params, weights, {"data": folder}, 2, rules, 1).images
            expected = {image.name: tuple(image.values.values()) for image in images}
            shown = {e["name"]: v["whole"] for e in found["examples"] for v in e["views"] if v["label"] == label}
            assert shown == expected

    def test_windows_are_where_the_best_network_and_bicubic_differ_most(self, run):
        params, words, folder, images = run
        found = stage.compare(params, words, folder, 2, 1)
        for example in found["examples"]:
            views = {view["label"]: view for view in example["views"]}
            assert list(views) == ["bicubic", "net 0", "net 1"]
            best = max(("net 0", "net 1"), key=lambda label: views[label]["whole"][0])
            assert example["best"] == best
            assert {label for label, view in views.items() if "image" in view} == {"bicubic", best}
            # A slice of the whole image would keep all of it in memory.
            assert all(view["crop"].base is None for view in views.values())
            cut = np.s_[example["top"] : example["top"] + 48, example["left"] : example["left"] + 48]
            hr = images["abc".index(example["name"])]
            np.testing.assert_array_equal(example["hr"], hr)
            whole = degrade.upscale(degrade.downscale(hr, 2), 2)
            np.testing.assert_array_equal(views["bicubic"]["crop"], whole[cut])
            np.testing.assert_array_equal(views["bicubic"]["image"], whole)
            np.testing.assert_array_equal(views[best]["image"][cut], views[best]["crop"])
            luma = np.array([65.481, 128.553, 24.966]) / 255
            gap = abs((views[best]["crop"].astype(float) - views["bicubic"]["crop"]) @ luma).mean()
            assert example["difference"] == pytest.approx(gap, abs=1e-6)
            error = ((views[best]["crop"].astype(float) - hr[cut]) @ luma) ** 2
            assert views[best]["window"][0] == pytest.approx(10 * np.log10(255**2 / error.mean()))

    def test_the_images_that_differ_most_come_first(self, run, monkeypatch):
        params, words, folder, _ = run
        every = stage.compare(params, words, folder, 2, 1)["examples"]
        assert len(every) == 3
        assert [e["difference"] for e in every] == sorted((e["difference"] for e in every), reverse=True)
        monkeypatch.setattr(stage, "EXAMPLES", 2)
        assert [e["name"] for e in stage.compare(params, words, folder, 2, 1)["examples"]] == [
            e["name"] for e in every[:2]
        ]

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["x2.safetensors"], "'x2.safetensors' is not LABEL=FILE"),
            (["=x2.safetensors"], "is not LABEL=FILE"),
            (["A=1", "A=2"], "label 'A' is taken"),
            (["Bicubic=1"], "label 'Bicubic' is taken"),
        ],
    )
    def test_labels(self, words, message):
        with pytest.raises(UserError, match=re.escape(message)):
            stage.named(words)
        assert stage.named(["A (b)=x=y.pt"]) == {"A (b)": "x=y.pt"}

    def test_an_image_without_room_is_named(self, run, monkeypatch):
        params, words, folder, _ = run
        monkeypatch.setattr(stage, "WINDOW", 45)
        with pytest.raises(UserError, match="test image c: no room for a window of 90 pixels"):
            stage.compare(params, words, folder, 2, 1)


class TestPicture:
    """The panels themselves."""

    def document(self, examples: int = 1, views: int = 2, side: int = 48) -> dict:
        random = np.random.default_rng(0)
        hr = random.integers(0, 256, (100, 160, 3), np.uint8)
        labels = ["bicubic", *(f"net {index}" for index in range(views - 1))]
        shown = [
            {
                "label": label,
                "crop": random.integers(0, 256, (side, side, 3), np.uint8),
                "whole": (30.0 + n, 0.9),
                "window": (25.0, 0.8),
            }
            for n, label in enumerate(labels)
        ]
        example = {"name": "a", "hr": hr, "top": 20, "left": 40, "best": labels[-1], "difference": 3.25, "views": shown}
        head = {"test_set": "Set5", "scale": 2, "crop_border": 2, "side": side, "data_digest": "d"}
        return head | {"examples": [{**example, "name": f"image {index}"} for index in range(examples)]}

    def test_pixels_of_a_window_become_squares(self, tmp_path):
        document = self.document()
        png, *_ = panels.write_panels(document, "demo", tmp_path / "p")
        with Image.open(png) as image:
            pixels = np.asarray(image.convert("RGB"))
        left, zoom = panels.GAP + panels.CONTEXT + panels.GAP, panels.CELL // 48
        crops = [document["examples"][0]["hr"][20:68, 40:88], *(v["crop"] for v in document["examples"][0]["views"])]
        for index, crop in enumerate(crops):
            x = left + index * (panels.CELL + panels.GAP)
            square = pixels[panels.HEAD : panels.HEAD + panels.CELL, x : x + panels.CELL]
            np.testing.assert_array_equal(square[zoom // 2 :: zoom, zoom // 2 :: zoom], crop)

    def test_words(self):
        with plotting.style():
            figure = panels.draw(self.document(examples=2, views=3), "demo")
        words = [text.get_text() for text in figure.texts]
        assert [word for word in words if word in ("HR", "bicubic", "net 0", "net 1")] == [
            "HR",
            "bicubic",
            "net 0",
            "net 1",
        ]
        assert words.count("30.00 / 0.9000") == 2
        assert [t.get_text() for t in figure.texts if t.get_fontweight() == "bold"] == ["32.00 / 0.9000"] * 2
        assert {"image 0 (160×100)", "image 1 (160×100)", "|ΔY| 3.25"} <= set(words)
        caption = " ".join(words[-1].split())
        assert "Set5, ×2, preset demo." in caption
        assert "48×48 window" in caption
        assert "less 2 pixels a side" in caption
        assert "demonstration budget" in caption
        assert "demonstration budget" not in panels.caption(self.document(), "paper")

    @pytest.mark.parametrize(("views", "side"), [(2, 96), (6, 72)])
    def test_every_word_lies_on_the_paper(self, views, side):
        with plotting.style():
            figure = panels.draw(self.document(views=views, side=side), "demo")
            figure.draw_without_rendering()
            boxes = [text.get_window_extent() for text in figure.texts]
        width, height = figure.get_size_inches() * figure.dpi
        assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)

    def test_the_frame_stands_around_the_window(self):
        with plotting.style():
            figure = panels.draw(self.document(), "demo")
        frames = figure.axes[0].patches
        ratio = panels.CELL / 100
        ratio = min(ratio, panels.CONTEXT / 160)
        assert len(frames) == 2
        for frame in frames:
            assert frame.get_xy() == pytest.approx((40 * ratio - 0.5, 20 * ratio - 0.5))
            assert frame.get_width() == pytest.approx(48 * ratio)

    def test_equal_images_have_no_finite_psnr(self):
        document = self.document()
        document["examples"][0]["views"][1]["whole"] = (float("inf"), 1.0)
        with plotting.style():
            words = [text.get_text() for text in panels.draw(document, "demo").texts]
        assert "∞ / 1.0000" in words

    def test_bytes_are_deterministic(self, tmp_path):
        first, second = (panels.write_panels(self.document(), "demo", tmp_path / name) for name in "ab")
        assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
        assert ET.parse(first[1]).getroot().tag.endswith("svg")

    def test_an_empty_set_is_refused(self, tmp_path):
        with pytest.raises(UserError, match="the set Set5 has no images"):
            panels.write_panels(self.document(examples=0), "demo", tmp_path / "p")


def test_the_verb(run, tmp_path, capsys):
    from sr.cli.main import main
    from tests.conftest import REPO

    _, words, folder, _ = run
    params = str(REPO / "workflow" / "presets" / "smoke.yaml")
    line = [
        "compare",
        "--params",
        params,
        "--data",
        folder,
        "--scale",
        "2",
        "--weights",
        *words,
        "--out",
        str(tmp_path / "out"),
    ]
    assert main([*line, "--json", str(tmp_path / "json" / "out.json")]) == 0
    assert sorted(path.suffix for path in tmp_path.glob("out.*")) == [".pdf", ".png", ".svg"]
    written = read_json(tmp_path / "json" / "out.json")
    assert (written["panel"], written["test_set"], written["data_digest"]) == ("out", "Three", "digest")
    assert written["networks"] == {f"net {seed}": sha256_file(tmp_path / f"{seed}.safetensors") for seed in range(2)}
    (tmp_path / "json" / "out.json").unlink()
    assert main(line) == 0
    assert not (tmp_path / "json" / "out.json").exists()
    assert main([*line[:5], "--scale", "3", *line[7:]]) == 1
    assert capsys.readouterr().err.count("\n") == 1
