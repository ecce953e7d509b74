"""PSNR against Params and Mult-Adds."""

import itertools
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.text import Annotation
from PIL import Image

from sr.core.errors import UserError
from sr.core.files import ROOT, read_json, write_json
from sr.core.peer_sections import Peer
from sr.methods import published
from sr.methods.papers import PAPERS
from sr.plot import style as plotting
from sr.plot.label_placement import text_box
from sr.report.figures import scatter as figures
from sr.report.run import results
from tests.helpers.reporting import (
    DLSR,
    GENOTYPE,
    HOSTILE_NAME,
    PRINTED,
    complexity_file,
    metrics_file,
    params_file,
)


def draw(kind: str, run, paper=DLSR, peers=None):
    """Draw a run and what papers print; ``peers`` are other networks of the run, by name."""
    theirs, years = figures.quoted_points(PRINTED, paper), published.read_years(PRINTED.years)
    metrics, counts = results.read_metrics(run[0]), results.read_complexity(run[1])
    ours = [figures.peer_points(metrics, counts, peers or {}, years), figures.measured_points(metrics, counts, paper)]
    with plotting.style():
        return figures.draw(figures.KINDS[kind], theirs, figures.joined(ours), paper, "demo")


def dots(axes) -> list[tuple[float, float]]:
    found = [item.get_offsets().tolist()[0] for item in axes.collections if isinstance(item, PathCollection)]
    return sorted((round(x, 6), round(y, 6)) for x, y in found)


RECENT_DOTS = [(155, 32.14), (197, 32.25), (232, 32.31), (240, 32.18), (307, 32.33), (342, 32.38)]
PUBLISHED_DOTS = [(272, 32.13), (297, 31.68), (324, 31.99), (338, 32.33), (412, 31.92), (550, 32.24), (715, 32.21)]
QUOTED_DOTS = sorted([*PUBLISHED_DOTS, *RECENT_DOTS])


class TestFigures:
    """Figure 1 and its honesty."""

    def test_same_set_shares_one_panel(self, benchmark):
        (axes,) = draw("params", benchmark).axes
        assert dots(axes) == sorted([*QUOTED_DOTS, (338.208, 32.05)])
        assert "Set5, ×4" in axes.get_title()

    def test_other_set_gets_its_own_panel(self, demo):
        left, right = draw("params", demo).axes
        assert dots(left) == QUOTED_DOTS
        assert dots(right) == [(42, 30.81), (44, 27.9), (47, 26.3)]
        assert "Set5" in left.get_title()
        assert "EmbeddedTest" in right.get_title()
        lines = sorted(line.get_ydata()[0] for line in right.lines)
        assert lines == [26.0, 27.5, 30.12]
        assert {text.get_text() for text in right.texts} >= {"×2: +0.69 dB", "×3: +0.40 dB", "×4: +0.30 dB"}

    def test_what_is_quoted_is_open_and_what_is_measured_filled(self, benchmark, tmp_path):
        files, counts = benchmark
        files += [metrics_file(tmp_path, "near", 4, "Set5", 32.2, peer=True)]
        sizes = complexity_file(
            tmp_path, {4: (200_000, 9_000_000_000)}, "near", model="near", method=None, genotype=None
        )
        peers = {"near": Peer.model_validate({"label": "SMFANet (DF2K)", "x4": "a.onnx"})}
        (axes,) = draw("params", (files, [*counts, sizes]), peers=peers).axes
        looks = {
            tuple(item.get_offsets().tolist()[0]): (to_hex(item.get_facecolor()[0]), to_hex(item.get_edgecolor()[0]))
            for item in axes.collections
        }
        white, since = "#ffffff", plotting.SINCE
        assert looks[272, 32.13] == (white, plotting.BEFORE)
        assert looks[342, 32.38] == (white, since)
        assert looks[338, 32.33] == (white, plotting.PAPER)
        assert looks[200, 32.2] == (since, plotting.INK)
        assert looks[338.208, 32.05] == (plotting.OURS, plotting.INK)
        # One name, and a line from what is quoted of a network to what was measured.
        assert [text.get_text() for text in axes.texts].count("SMFANet (DF2K)") == 1
        assert [[197, 200], [32.25, 32.2]] in [[list(line.get_xdata()), list(line.get_ydata())] for line in axes.lines]
        (legend,) = axes.figure.legends
        words = [text.get_text() for text in legend.get_texts()]
        assert {"quoted, before 2021", "quoted, since 2021", "re-measured, since 2021", "Pareto front"} <= set(words)
        assert "re-measured, before 2021" not in words
        notes = axes.figure.get_supxlabel()
        assert "Networks since 2021: Mult-Adds counted here, as their papers use other counters." in notes
        assert "Re-measured: weights of other authors" in notes

    def test_the_front_is_what_no_other_network_beats(self, benchmark):
        theirs = figures.quoted_points(PRINTED, DLSR)
        assert figures.front(theirs, "params_k")["label"].tolist() == [
            "VapSR-S", "SMFANet (DF2K)", "SeemoRe-T", "CFSR", "VapSR"
        ]  # fmt: skip
        assert figures.front(theirs, "mult_adds_g")["label"].tolist()[-1] == "VapSR"
        (axes,) = draw("params", benchmark).axes
        corners = {(x, y) for line in axes.lines for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)}
        assert {(155, 32.14), (197, 32.14), (197, 32.25), (342, 32.38), (715, 32.38)} <= corners

    def test_other_networks_share_the_runs_own_panel(self, demo, tmp_path):
        files, counts = demo
        files += [metrics_file(tmp_path, "near", 2, "EmbeddedTest", 33.0, peer=True)]
        sizes = complexity_file(
            tmp_path, {2: (200_000, 9_000_000_000)}, "near", model="near", method=None, genotype=None
        )
        peers = {"near": Peer.model_validate({"x2": "a.onnx"})}
        _, right = draw("params", (files, [*counts, sizes]), peers=peers).axes
        assert (200, 33.0) in dots(right)
        assert "near ×2" in [text.get_text() for text in right.texts]

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize(("exact", "panels"), [(["dlsr"], 1), (["bicubic"], 2), (["dlsr", "bicubic"], 1)])
    def test_what_is_infinite_is_named_instead_of_drawn(self, tmp_path, exact, panels):
        files = [metrics_file(tmp_path, name, 4, "EmbeddedTest", 30.0) for name in ("dlsr", "bicubic")]
        for name, file in zip(("dlsr", "bicubic"), files, strict=True):
            document = read_json(file)
            document["mean"]["psnr"] = None if name in exact else 30.0
            write_json(file, document)
        figure = draw("params", (files, [complexity_file(tmp_path)]))
        names = {"dlsr": "DLSR (this run)", "bicubic": "bicubic"}
        note = ", ".join(f"{names[name]} on EmbeddedTest ×4" for name in exact)
        assert len(figure.axes) == panels
        assert f"Infinite, so not drawn: {note}." in figure.get_supxlabel().replace("\n", " ")

    @pytest.mark.parametrize("kind", ["params", "mult_adds"])
    def test_a_sets_name_is_no_formula(self, tmp_path, kind):
        file = metrics_file(tmp_path, "dlsr", 2, "x", 38.0)
        write_json(file, read_json(file) | {"test_set": HOSTILE_NAME})
        run = [file], [complexity_file(tmp_path)]
        _, right = draw(kind, run).axes
        assert HOSTILE_NAME in right.get_title()
        with plotting.style():
            _, svg, _ = plotting.save(right.figure, tmp_path / "f")
        assert HOSTILE_NAME.replace("&", "&amp;") in svg.read_text(encoding="utf-8")

    def test_same_set_at_another_scale_is_not_mixed_in(self, tmp_path):
        run = [metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0)], [complexity_file(tmp_path)]
        left, right = draw("params", run).axes
        assert dots(left) == QUOTED_DOTS
        assert dots(right) == [(322.62, 38.0)]

    def test_axis_is_logarithmic_where_the_range_asks(self, benchmark, tmp_path):
        assert draw("params", benchmark).axes[0].get_xscale() == "linear"
        assert draw("mult_adds", benchmark).axes[0].get_xscale() == "log"

    @pytest.mark.parametrize("kind", ["params", "mult_adds"])
    @pytest.mark.parametrize("run", ["benchmark", "demo", "close"])
    def test_labels_do_not_overlap(self, kind, run, request, tmp_path):
        if run == "close":
            # A run whose dot falls right beside published ones, at a tenth of a decibel.
            files = (
                [metrics_file(tmp_path, "dlsr", 4, "Set5", 32.14)],
                [complexity_file(tmp_path, {4: (280000, 28000000000)})],
            )
        else:
            files = request.getfixturevalue(run)
        for axes in draw(kind, files).axes:
            boxes = [text_box(text) for text in axes.texts if isinstance(text, Annotation)]
            assert len(boxes) >= 6
            assert not [1 for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]
            assert all(axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1 for box in boxes)

    def test_each_paper_has_its_own_set_and_scale(self, tmp_path):
        mran = PAPERS["mran"]
        genotype = {"format": 1, "method": "mran", "operations": {"0-1": "skip"}, "attentions": {"0-1": "ca"}}
        counts = complexity_file(tmp_path, {2: (470000, 106000000000)}, model="mran", method="mran", genotype=genotype)
        for kind, own, theirs in (("params", 470, 476), ("mult_adds", 106, 108.4)):
            (axes,) = draw(kind, ([metrics_file(tmp_path, "mran", 2, "B100", 32.08)], [counts]), mran).axes
            assert "B100, ×2" in axes.get_title()
            assert len(dots(axes)) == 18
            assert {(own, 32.08), (theirs, 32.19)} <= set(dots(axes))
            boxes = [text_box(text) for text in axes.texts if isinstance(text, Annotation)]
            assert len(boxes) == 18
            assert not [1 for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]
        left, right = draw("params", ([metrics_file(tmp_path, "mran", 2, "Set5", 37.9)], [counts]), mran).axes
        assert (476, 32.19) in dots(left)
        assert dots(right) == [(470, 37.9)]

    def test_labels_stay_clear_of_the_bicubic_lines(self, tmp_path):
        rows = [(2, 30.02, 30.0), (3, 27.45, 27.5), (4, 26.03, 26.0)]
        files = [metrics_file(tmp_path, "dlsr", scale, "Own", ours) for scale, ours, _ in rows]
        files += [metrics_file(tmp_path, "bicubic", scale, "Own", plain) for scale, _, plain in rows]
        axes = draw("params", (files, [complexity_file(tmp_path)])).axes[1]
        lines = [line.get_window_extent().padded(1) for line in axes.lines]
        gains = [text for text in axes.texts if text.get_text().startswith("×")]
        assert len(gains) == len(lines) == 3
        assert not [1 for text in gains for line in lines if text.get_window_extent().overlaps(line)]

    def test_bytes_are_deterministic_and_the_picture_shows_this_run(self, tmp_path, demo):
        params = params_file(tmp_path, "demo")
        first = figures.write_plot("params", params, PRINTED, *demo, "dlsr", tmp_path / "a")
        second = figures.write_plot("params", params, PRINTED, *demo, "dlsr", tmp_path / "b")
        assert [path.suffix for path in first] == [".png", ".svg", ".pdf"]
        assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
        with Image.open(first[0]) as image:
            assert image.info["dpi"][0] >= 149
            pixels = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)
        # What this run measured is filled, at 80 % over white; what papers print is a line in full colour.
        for colour, share in ((plotting.BEFORE, 1), (plotting.SINCE, 1), (plotting.PAPER, 1), (plotting.OURS, 0.8)):
            shown = [round(255 * (share * part + 1 - share)) for part in to_rgb(colour)]
            assert (abs(pixels - shown).max(axis=1) <= 2).sum() > 100
        assert ET.parse(first[1]).getroot().tag.endswith("svg")
        assert "<dc:date>" not in first[1].read_text(encoding="utf-8")
        pdf = first[2].read_bytes()
        assert pdf.startswith(b"%PDF-")
        assert b"/FontFile2" in pdf
        assert not [word for word in (b"Date", b"Matplotlib", b"/Type3") if word in pdf]

    def test_the_pdf_is_the_same_in_every_process(self, tmp_path):
        (tmp_path / "g.json").write_text(json.dumps(GENOTYPE))
        for seed in "12":
            line = [sys.executable, "-m", "sr", "diagram", "--genotype", tmp_path / "g.json", "--out", tmp_path / seed]
            subprocess.run(line, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, check=True)
        assert (tmp_path / "1.pdf").read_bytes() == (tmp_path / "2.pdf").read_bytes()

    def test_the_look_does_not_leak(self, tmp_path, benchmark):
        before = dict(mpl.rcParams)
        draw("params", benchmark)
        assert dict(mpl.rcParams) == before

    def test_errors(self, tmp_path, benchmark):
        params = params_file(tmp_path, "demo")
        with pytest.raises(UserError, match="kind 'ssim': unknown"):
            figures.write_plot("ssim", params, PRINTED, *benchmark, "dlsr", tmp_path / "a")
        only = [metrics_file(tmp_path, "bicubic", 2, "Set5", 33.0)]
        with pytest.raises(UserError, match="model 'dlsr' lacks metrics or counts"):
            figures.write_plot("params", params, PRINTED, only, benchmark[1], "dlsr", tmp_path / "a")
