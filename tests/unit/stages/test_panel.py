"""Measuring a visual comparison: the chosen images and windows, their metrics, and what the file holds."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from skimage import data as photographs

from sr.core import digest
from sr.core.errors import UserError
from sr.core.files import sha256_file
from sr.core.formats import load, write
from sr.data import degrade
from sr.data import packed as store
from sr.evaluate import embedded
from sr.evaluate.benchmark import choose_rules
from sr.evaluate.formats import Panel
from sr.methods import registry
from sr.methods.weights import save_weights
from sr.report.figures.panels import caption, write_crops
from sr.stages import panel as stage
from sr.stages.evaluate import evaluate
from tests.conftest import REPO
from tests.helpers.reporting import GENOTYPE

LUMA = np.array([65.481, 128.553, 24.966]) / 255


@pytest.fixture(scope="module")
def smoke():
    from sr.core import config

    return config.load(REPO / "workflow" / "presets" / "smoke.yaml")


@pytest.fixture(scope="module")
def run(tmp_path_factory, smoke):
    """Two tiny untrained networks of different seeds, and a packed set of three images."""
    import torch

    tmp_path = tmp_path_factory.mktemp("panel")
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
    config = smoke.models["dlsr"].network
    # The smoke preset has four cells.
    genotype = method.genotype_type(**GENOTYPE | {"inputs": GENOTYPE["inputs"][:2]})
    words = []
    for seed in range(2):
        torch.manual_seed(seed)
        path = tmp_path / f"{seed}.safetensors"
        save_weights(path, method.network(genotype, config, 2), method, genotype, config, 2)
        words.append(f"net {seed}={path}")
    return smoke, words, str(folder), images


@pytest.fixture(scope="module")
def panel(run) -> Panel:
    """Return the panel of the run, measured once."""
    params, words, folder, _ = run
    return stage.measure_panel(params, "p", words, folder, 2, 1)


def test_whole_image_metrics_are_those_of_evaluate(run, panel):
    params, words, folder, _ = run
    assert (panel.panel, panel.test_set, panel.data_digest) == ("p", "Three", "digest")
    assert (panel.scale, panel.crop_border, panel.side) == (2, 2, 48)
    rules = choose_rules(params.evaluate, 2, None, None)
    for label, weights in [("bicubic", None), *(word.split("=") for word in words)]:
        images = evaluate(params, weights, {"data": folder}, rules, 1).images
        expected = {image.name: image.values for image in images}
        assert {e.name: v.whole for e in panel.examples for v in e.views if v.label == label} == expected


def test_windows_are_where_the_best_network_and_bicubic_differ_most(run, panel):
    images = run[3]
    for example in panel.examples:
        views = {view.label: view for view in example.views}
        assert list(views) == ["bicubic", "net 0", "net 1"]
        best = max(("net 0", "net 1"), key=lambda label: views[label].whole["psnr"])
        assert example.best == best
        assert {label for label, view in views.items() if view.image} == {"bicubic", best}
        cut = np.s_[example.top : example.top + 48, example.left : example.left + 48]
        hr = images["abc".index(example.name)]
        assert (example.height, example.width) == hr.shape[:2]
        np.testing.assert_array_equal(embedded.decode(example.hr.crop), hr[cut])
        assert embedded.decode(example.hr.image).shape == hr.shape
        crops = {label: embedded.decode(view.crop) for label, view in views.items()}
        whole = degrade.upscale(degrade.downscale(hr, 2), 2)
        np.testing.assert_array_equal(crops["bicubic"], whole[cut])
        # Whole images are compressed; untrained networks give noise, which suffers most.
        assert abs(embedded.decode(views["bicubic"].image).astype(float) - whole).mean() < 6
        shown = abs(embedded.decode(views[best].image)[cut].astype(float) - crops[best]).mean()
        assert shown < 15 < abs(crops["bicubic"].astype(float) - crops[best]).mean()
        gap = abs((crops[best].astype(float) - crops["bicubic"]) @ LUMA).mean()
        assert example.difference == pytest.approx(gap, abs=1e-6)
        error = ((crops[best].astype(float) - hr[cut]) @ LUMA) ** 2
        assert views[best].window["psnr"] == pytest.approx(10 * np.log10(255**2 / error.mean()))


def test_the_images_that_differ_most_come_first(run, panel, monkeypatch):
    params, words, folder, _ = run
    assert len(panel.examples) == 3
    differences = [example.difference for example in panel.examples]
    assert differences == sorted(differences, reverse=True)
    monkeypatch.setattr(stage, "EXAMPLES", 2)
    fewer = stage.measure_panel(params, "p", words, folder, 2, 1).examples
    assert [example.name for example in fewer] == [example.name for example in panel.examples[:2]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x2.safetensors"], "'x2.safetensors' is not LABEL=FILE"),
        (["=x2.safetensors"], "is not LABEL=FILE"),
        (["A=1", "A=2"], "label 'A' is taken"),
        (["Bicubic=1"], "label 'Bicubic' is taken"),
    ],
)
def test_labels(words, message):
    with pytest.raises(UserError, match=re.escape(message)):
        stage.parse_weights(words)
    assert stage.parse_weights(["A (b)=x=y.pt"]) == {"A (b)": "x=y.pt"}


def test_images_without_room_are_left_out(run, monkeypatch, tmp_path):
    params, words, folder, _ = run
    monkeypatch.setattr(stage, "WINDOW", 45)
    panel = stage.measure_panel(params, "p", words, folder, 2, 1)
    assert "c" not in [example.name for example in panel.examples]
    monkeypatch.setattr(stage, "WINDOW", 4500)
    empty = stage.measure_panel(params, "p", words, folder, 2, 1)
    assert empty.examples == []
    write(tmp_path / "panel.json", empty)
    assert all(path.stat().st_size > 100 for path in write_crops(tmp_path / "panel.json", "smoke", tmp_path / "panel"))
    assert "no image has room for a window of 9000×9000 pixels" in caption(empty, "smoke")


def test_the_verb(run, panel, tmp_path, capsys):
    from sr.cli.main import main

    _, words, folder, _ = run
    out, params = tmp_path / "json" / "p.json", str(REPO / "workflow" / "presets" / "smoke.yaml")
    line = ["panel", "--params", params, "--data", folder, "--weights", *words, "--out", str(out)]
    assert main([*line, "--scale", "2"]) == 0
    written = load(out, Panel)
    assert written == panel
    assert written.networks == {label: sha256_file(Path(file)) for label, file in (w.split("=") for w in words)}
    json.loads(out.read_text(), parse_constant=pytest.fail)
    assert main([*line, "--scale", "3"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_captions_and_plots_rerun_no_inference():
    rooms = {".".join(name.split(".")[:2]) for name in digest.closure("sr.cli.panel")}
    assert not {"sr.report", "sr.plot"} & rooms
