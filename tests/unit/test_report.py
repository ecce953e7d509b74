"""The report room: published numbers, tables, figures, drawings and the summary."""

import argparse
import importlib
import io
import itertools
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.text import Annotation
from PIL import Image

from sr.errors import UserError
from sr.report import diagrams, figures, plotting, published, render, results, summary, tables
from sr.report.papers import PAPERS, find
from sr.schema import ROOT

PUBLISHED = ROOT / "data" / "published.csv"
DLSR = PAPERS["dlsr"]
GENOTYPE = {
    "format": 1,
    "method": "dlsr",
    "cell": ["conv_1x1", "sep_conv_7x7", "sep_conv_5x5"],
    "inputs": [[1, 2], [2, 3], [2, 4], [4, 5]],
}
OTHER = {**GENOTYPE, "cell": ["dil_conv_3x3", "conv_7x7", "dil_conv_5x5"], "inputs": [[1, 2], [1, 2], [1, 3], [1, 2]]}
# facts: parameters and Conv2d Mult-Adds of the published network.
COUNTS = {2: (322620, 67306291200), 3: (329115, 30527000000), 4: (338208, 17719000000)}
LR = {2: [640, 360], 3: [426, 240], 4: [320, 180]}


def metrics_file(folder: Path, model: str, scale: int, test_set: str, psnr: float, ssim: float = 0.9, **changes) -> str:
    """Write one metrics file as the evaluation does; ``changes`` go into the protocol, or replace a key."""
    protocol = {"colour": "Y of BT.601", "crop_border": scale, "output": "8 bits", "degradation": "bicubic", "tile": 0}
    protocol |= {key: value for key, value in changes.items() if key in protocol}
    images = [{"name": "a", "height": 64, "width": 64, "psnr": psnr, "ssim": ssim}] * 3
    record = {"model": model, "scale": scale, "test_set": test_set, "protocol": protocol}
    record |= {"mean": {"psnr": psnr, "ssim": ssim}, "images": images, "weights_sha256": None, "data_digest": test_set}
    record |= {key: value for key, value in changes.items() if key in record}
    path = folder / f"{model}_x{scale}_{test_set}.json"
    path.write_text(json.dumps(record))
    return str(path)


def complexity_file(folder: Path, counts: dict = COUNTS, **changes) -> str:
    """Write one complexity file as the complexity verb does."""
    scales = {str(s): {"params": p, "mult_adds": m, "lr_size": LR[s]} for s, (p, m) in counts.items()}
    record = {"model": "dlsr", "method": "dlsr", "genotype": GENOTYPE, "hr_size": [1280, 720], "scales": scales}
    path = folder / "complexity.json"
    path.write_text(json.dumps(record | changes))
    return str(path)


def params_file(folder: Path, preset: str) -> str:
    """Write the demo preset under another name."""
    raw = yaml.safe_load((ROOT / "workflow" / "presets" / "demo.yaml").read_text(encoding="utf-8"))
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump({**raw, "preset": preset}))
    return str(path)


@pytest.fixture
def benchmark(tmp_path):
    """A run tested on the paper's own sets: Set5 at x2 and x4, Set14 at x2."""
    numbers = [(2, "Set5", 38.039, 0.9606), (2, "Set14", 33.631, 0.9184), (4, "Set5", 32.05, 0.893)]
    files = [metrics_file(tmp_path, "dlsr", *row) for row in numbers]
    files.append(metrics_file(tmp_path, "bicubic", 2, "Set5", 33.673, 0.9303))
    return files, [complexity_file(tmp_path)]


@pytest.fixture
def demo(tmp_path):
    """A small run tested on a set that the paper does not have."""
    rows = [(2, 30.81, 30.12), (3, 27.9, 27.5), (4, 26.3, 26.0)]
    files = [metrics_file(tmp_path, "dlsr", scale, "EmbeddedTest", ours) for scale, ours, _ in rows]
    files += [metrics_file(tmp_path, "bicubic", scale, "EmbeddedTest", plain) for scale, _, plain in rows]
    return files, [complexity_file(tmp_path, {2: (42000, 8900000000), 3: (44000, 4100000000), 4: (47000, 2400000000)})]


def compare(run) -> pd.DataFrame:
    return tables.comparison(
        published.read(PUBLISHED), results.read_metrics(run[0]), results.read_complexity(run[1]), DLSR
    )


def write_table(tmp_path: Path, run, preset: str = "demo") -> dict[str, str]:
    paths = tables.write_table(params_file(tmp_path, preset), PUBLISHED, *run, "dlsr", tmp_path / "out" / "table2")
    return {path.suffix: path.read_text(encoding="utf-8") for path in paths}


class TestPublished:
    """data/published.csv says what the papers print."""

    @pytest.mark.parametrize(
        ("method", "scale", "numbers"),
        [
            ("DRRN", 2, [297, 6796.9, 37.74, 0.9591, 33.23, 0.9136, 32.05, 0.8973, 31.23, 0.9188]),
            ("CARN-M", 3, [412, 46.1, 33.99, 0.9236, 30.08, 0.8367, 28.91, 0.8000, 27.55, 0.8385]),
            ("FALSR-B", 2, [326, 74.7, 37.61, 0.9585, 33.29, 0.9143, 31.97, 0.8967, 31.28, 0.9191]),
            ("PAN", 4, [272, 28.2, 32.13, 0.8948, 28.61, 0.7822, 27.59, 0.7363, 26.11, 0.7854]),
            ("RFDN", 4, [550, 31.6, 32.24, 0.8952, 28.61, 0.7819, 27.57, 0.7360, 26.11, 0.7858]),
            ("DLSR", 2, [322, 68.1, 38.04, 0.9606, 33.67, 0.9183, 32.21, 0.9002, 32.26, 0.9297]),
            ("DLSR", 3, [329, 30.9, 34.49, 0.9279, 30.39, 0.8428, 29.13, 0.8061, 28.26, 0.8548]),
            ("DLSR", 4, [338, 17.9, 32.33, 0.8963, 28.68, 0.7832, 27.61, 0.7374, 26.19, 0.7892]),
        ],
    )
    def test_spot_rows(self, method, scale, numbers):
        rows = published.rows_of(published.read(PUBLISHED), "DLSR", "2")
        row = rows[(rows["method"] == method) & (rows["scale"] == scale)]
        assert row[published.COMPLEXITY + published.QUALITY].to_numpy().tolist() == [numbers]

    def test_every_row_is_there(self):
        frame = published.read(PUBLISHED)
        assert frame.groupby(["paper", "table", "scale"]).size().to_dict() == {
            ("DLSR", "2", 2): 9, ("DLSR", "2", 3): 8, ("DLSR", "2", 4): 8, ("DLSR", "5", 2): 2, ("DLSR", "5", 4): 2,
            ("DLSR", "7", 2): 3, ("IMDN", "-", 2): 1, ("IMDN", "-", 3): 1, ("IMDN", "-", 4): 1,
        }  # fmt: skip

    def test_paper_agrees_with_its_released_weights(self):
        # Measured with a border crop of 4 pixels.
        row = published.read(PUBLISHED).query("table == '2' and method == 'DLSR' and scale == 2").iloc[0]
        measured = {"set5_psnr": 38.043, "set5_ssim": 0.9606, "set14_psnr": 33.674, "set14_ssim": 0.9183}
        measured |= {"b100_psnr": 32.206, "b100_ssim": 0.9002}
        assert all(abs(row[key] - value) <= 0.0051 for key, value in measured.items())

    def test_mult_adds_are_a_steady_share_above_the_count(self):
        rows = published.read(PUBLISHED).query("table == '2' and method == 'DLSR'")
        ratios = [row.mult_adds_g * 1e9 / COUNTS[row.scale][1] for row in rows.itertuples()]
        assert all(1.009 < ratio < 1.014 for ratio in ratios)

    def test_tables_of_one_paper_agree(self):
        frame = published.read(PUBLISHED).query("method == 'DLSR'").set_index(["scale", "table"])
        for scale in (2, 4):
            first, second = (frame.loc[(scale, table), published.QUALITY].tolist() for table in ("2", "5"))
            assert first == second

    def test_missing_stays_empty(self):
        rows = published.rows_of(published.read(PUBLISHED), "DLSR", "2").set_index(["method", "scale"])
        missing = {key for key, row in rows[published.COMPLEXITY].iterrows() if row.isna().any()}
        assert missing == {(method, scale) for method in ("Bicubic", "IMDN") for scale in (2, 3, 4)}
        assert rows.loc["IMDN", "params_k"].tolist() == [694, 703, 715]

    def test_completion_names_its_source(self):
        rows = published.completed(published.read(PUBLISHED), "DLSR", "2").set_index(["method", "scale"])
        assert rows.loc["IMDN", "mult_adds_g"].tolist() == [158.8, 71.5, 40.9]
        assert rows.loc["IMDN", "completed"].str.len().min() > 10
        assert set(rows.query("method != 'IMDN'")["completed"]) == {""}
        assert np.isnan(rows.loc[("Bicubic", 2), "mult_adds_g"])

    def test_known_slip_is_kept_and_noted(self):
        row = published.read(PUBLISHED).query("table == '2' and method == 'Bicubic' and scale == 2").iloc[0]
        assert row["b100_ssim"] == 0.8403
        assert "0.8431" in row["note"]

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("paper,table", "journal,table", "wrong columns: journal, paper"),
            (",6796.9,37.74", ",6.796.9,37.74", "line 3, mult_adds_g: '6.796.9' is not a number"),
            (",6796.9,37.74", ",-1,37.74", "line 3, mult_adds_g: '-1' is not a number"),
            ("DLSR,2,DRRN,2", "DLSR,2,DRRN,8", "line 3: scale must be 2, 3 or 4"),
            ("DLSR,2,DRRN,2", "DLSR,2,Bicubic,2", "line 3: a second row for DLSR, 2, Bicubic, 2"),
            ("DLSR,2,DRRN,2", "DLSR,2,,2", "line 3: method is empty"),
        ],
    )
    def test_errors(self, tmp_path, old, new, message):
        text = PUBLISHED.read_text(encoding="utf-8")
        assert old in text
        (tmp_path / "p.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(UserError, match=re.escape(message)):
            published.read(tmp_path / "p.csv")

    def test_missing_file_and_unknown_table(self, tmp_path):
        with pytest.raises(UserError, match="no such file"):
            published.read(tmp_path / "none.csv")
        with pytest.raises(UserError, match="no row for paper 'DLSR', table '9'"):
            published.rows_of(published.read(PUBLISHED), "DLSR", "9")
        with pytest.raises(UserError, match="'x': no table"):
            find("x")


class TestResults:
    """Metrics and complexity files are checked before they meet in one table."""

    @pytest.mark.parametrize(
        ("change", "key"),
        [
            ({"colour": "RGB"}, "colour"),
            ({"output": "float"}, "output"),
            ({"degradation": "given"}, "degradation"),
            ({"crop_border": 4}, "crop_border"),
            ({"tile": 96}, "tile"),
            ({"data_digest": "other"}, "data_digest"),
        ],
    )
    def test_mixed_protocols_name_both_files(self, tmp_path, change, key):
        one = metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0)
        two = metrics_file(tmp_path, "other", 2, "Set5", 37.0, **change)
        with pytest.raises(UserError) as caught:
            results.read_metrics([one, two])
        assert all(word in str(caught.value) for word in (one, two, f"{key} differs"))

    def test_crop_may_follow_the_scale_or_stay(self, tmp_path):
        by_scale = [metrics_file(tmp_path, "dlsr", scale, "Set5", 30.0) for scale in (2, 3, 4)]
        assert results.read_metrics(by_scale)["crop_border"].tolist() == [2, 3, 4]
        constant = [metrics_file(tmp_path, "dlsr", scale, "Set5", 30.0, crop_border=4) for scale in (2, 3, 4)]
        assert results.read_metrics(constant)["crop_border"].tolist() == [4, 4, 4]
        mixed = [constant[0], metrics_file(tmp_path, "dlsr", 3, "Set5", 30.0)]
        with pytest.raises(UserError, match="crop_border differs"):
            results.read_metrics(mixed)

    def test_bicubic_needs_no_tiles_and_folders_no_digest(self, tmp_path):
        one = metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0, tile=96, data_digest=None)
        assert len(results.read_metrics([one, metrics_file(tmp_path, "bicubic", 2, "Set5", 33.0)])) == 2

    def test_duplicates_name_both_files(self, tmp_path):
        one = metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0)
        two = tmp_path / "again.json"
        two.write_text(Path(one).read_text())
        with pytest.raises(UserError, match="hold the same model, scale, test_set") as caught:
            results.read_metrics([one, two])
        assert one in str(caught.value)
        assert str(two) in str(caught.value)

    @pytest.mark.parametrize(
        ("path", "value", "message"),
        [
            (["mean", "psnr"], "38", "mean.psnr: '38' is not of type float"),
            (["mean", "psnr"], float("nan"), "mean.psnr: nan is not of type float"),
            (["protocol", "crop_border"], None, "protocol.crop_border: None is not of type int"),
            (["protocol"], {}, "key protocol.colour is missing"),
            (["images"], 3, "images: 3 is not of type list"),
        ],
    )
    def test_bad_metrics(self, tmp_path, path, value, message):
        file = Path(metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0))
        record = json.loads(file.read_text())
        inner = record
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        file.write_text(json.dumps(record))
        with pytest.raises(UserError, match=re.escape(message)):
            results.read_metrics([file])

    def test_bad_complexity(self, tmp_path):
        with pytest.raises(UserError, match="scales.8: not a scale"):
            results.read_complexity(
                [complexity_file(tmp_path, scales={"8": {"params": 1, "mult_adds": 1, "lr_size": []}})]
            )
        with pytest.raises(UserError, match=re.escape("key scales.2.mult_adds is missing")):
            results.read_complexity([complexity_file(tmp_path, scales={"2": {"params": 1}})])
        (tmp_path / "list.json").write_text("[]")
        with pytest.raises(UserError, match="the document is not a JSON object"):
            results.read_complexity([tmp_path / "list.json"])


class TestComparison:
    """Published, measured and difference rows."""

    def test_differences(self, benchmark):
        table = compare(benchmark).query("source == 'difference'").set_index(["scale", "test_set", "metric"])["value"]
        expected = {
            (2, "", "params_k"): 0.62, (2, "", "mult_adds_g"): 67.3062912 - 68.1,
            (2, "Set5", "psnr"): -0.001, (2, "Set5", "ssim"): 0.0,
            (2, "Set14", "psnr"): -0.039, (2, "Set14", "ssim"): 0.0001,
            (3, "", "params_k"): 0.115, (3, "", "mult_adds_g"): -0.373,
            (4, "", "params_k"): 0.208, (4, "", "mult_adds_g"): -0.181,
            (4, "Set5", "psnr"): -0.28, (4, "Set5", "ssim"): -0.0033,
        }  # fmt: skip
        assert table.to_dict() == pytest.approx(expected, abs=1e-9)

    def test_no_difference_without_a_partner(self, demo):
        table = compare(demo)
        assert set(table.query("source == 'difference'")["metric"]) == {"params_k", "mult_adds_g"}
        assert set(table.query("source == 'measured' and test_set != ''")["test_set"]) == {"EmbeddedTest"}
        assert "EmbeddedTest" not in set(table.query("source == 'published'")["test_set"])

    def test_no_invented_numbers(self, benchmark):
        table = compare(benchmark)
        assert table["value"].notna().all()
        assert table.query("method == 'IMDN' and metric == 'mult_adds_g'").empty
        assert len(table.query("source == 'published'")) == 25 * 10 - 3 * 2 - 3

    def test_order(self, benchmark):
        shown = render.display(compare(benchmark))
        assert list(dict.fromkeys(shown["Scale"])) == ["×2", "×3", "×4"]
        own = ["DLSR", "Bicubic (measured)", "DLSR (this run)", "DLSR: this run − paper"]
        assert shown.loc[shown["Scale"] == "×2", "Method"].tolist()[-4:] == own

    def test_display(self, benchmark):
        shown = render.display(compare(benchmark)).set_index(["Scale", "Method"])
        assert shown.loc[("×2", "DLSR (this run)"), "Set5"] == "38.04 / 0.9606"
        assert shown.loc[("×2", "DLSR: this run − paper"), "Set5"] == "0.00 / 0.0000"
        assert shown.loc[("×2", "DLSR: this run − paper"), "Set14"] == "−0.04 / +0.0001"
        assert shown.loc[("×2", "DLSR: this run − paper"), render.PARAMS] == "+0.6"
        assert shown.loc[("×2", "DRRN"), render.MULT_ADDS] == "6,796.9"
        assert shown.loc[("×2", "IMDN"), render.MULT_ADDS] == "–"
        assert shown.loc[("×3", "DLSR (this run)"), "Set5"] == "–"

    def test_a_set_that_was_not_tested_is_a_dash(self, demo):
        shown = render.display(compare(demo)).set_index(["Scale", "Method"])
        assert list(shown.columns[2:]) == ["Set5", "Set14", "B100", "Urban100", "EmbeddedTest"]
        assert set(shown.loc[("×4", "DLSR (this run)"), ["Set5", "Set14", "B100", "Urban100"]]) == {"–"}
        assert shown.loc[("×4", "DLSR (this run)"), "EmbeddedTest"] == "26.30 / 0.9000"
        assert shown.loc[("×4", "DLSR"), "EmbeddedTest"] == "–"


class _Page(HTMLParser):
    """Collect cells, and refuse tags that do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.rows, self.addresses, self.tags = [], [], [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [value for key, value in attrs if key in ("src", "href")]
        if tag == "tr":
            self.rows.append([])
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1].append(data)


class TestPages:
    """CSV, Markdown, LaTeX and HTML of one table."""

    def test_csv_holds_the_numbers(self, tmp_path, benchmark):
        frame = pd.read_csv(io.StringIO(write_table(tmp_path, benchmark)[".csv"]), keep_default_na=False)
        assert list(frame.columns) == tables.COLUMNS
        assert set(frame["source"]) == {"published", "measured", "difference"}
        assert frame["value"].to_numpy() == pytest.approx(compare(benchmark)["value"].to_numpy(), abs=1e-8)

    def test_markdown_rows_have_equal_width(self, tmp_path, demo):
        lines = [line for line in write_table(tmp_path, demo)[".md"].splitlines() if line.startswith("|")]
        assert len(lines) == 2 + 25 + 3 * 3
        assert {line.count("|") for line in lines} == {10}

    @pytest.mark.parametrize("suffix", [".md", ".tex", ".html"])
    def test_protocol_and_budget_are_printed(self, tmp_path, demo, suffix):
        text = write_table(tmp_path, demo)[suffix]
        needed = [
            "Y of BT.601",
            "as many pixels per side as the scale",
            "8 bits",
            "bicubic",
            "EmbeddedTrain",
            "3,000 steps",
        ]
        needed += ["batch 8", "16 channels", "EmbeddedTest (3 images)", "Conv2d", "released", "0.8431", "158.8 G"]
        assert [word for word in needed if word not in text] == []

    @pytest.mark.parametrize(("preset", "shown"), [("demo", True), ("quarter_budget", True), ("paper", False)])
    def test_only_the_papers_preset_may_claim_to_reproduce(self, tmp_path, demo, preset, shown):
        for suffix, text in write_table(tmp_path, demo, preset).items():
            if suffix != ".csv":
                assert ("demonstration budget and not a reproduction" in text) == shown
                assert preset in text.replace("\\_", "_")

    def test_constant_crop_and_tiles_are_printed(self, tmp_path):
        file = metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0, crop_border=4, tile=96)
        text = write_table(tmp_path, ([file], [complexity_file(tmp_path)]))[".md"]
        assert "4 pixels per side at every scale" in text
        assert "tiles of 96 LR pixels" in text

    def test_latex_is_balanced_and_escaped(self, tmp_path, demo):
        text = write_table(tmp_path, demo, "quarter_budget")[".tex"]
        bare = re.sub(r"\\.", "", text)
        assert bare.count("{") == bare.count("}")
        assert re.findall(r"\\begin{(\w+)}", text) == list(reversed(re.findall(r"\\end{(\w+)}", text)))
        assert not set("×−–—_#~^") & set(bare)
        assert bare.count("$") % 2 == 0
        rows = [line for line in text.splitlines() if line.endswith(r"\\")]
        assert len(rows) == 1 + 25 + 9
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {8}
        assert r"\textit{$-$280.0}" in text

    def test_escape_latex(self):
        assert render.escape_latex("a_b 50 % & {×} − \\") == r"a\_b 50 \% \& \{$\times$\} $-$ \textbackslash{}"

    def test_html_parses_and_stands_alone(self, tmp_path, demo):
        page = _Page()
        page.feed(write_table(tmp_path, demo)[".html"])
        assert page.open == []
        assert page.addresses == []
        assert "script" not in page.tags
        assert ["DLSR (this run)", "47.0", "2.4", "–", "–", "–", "–", "26.30 / 0.9000"] in page.rows
        assert len(page.rows) == 1 + 25 + 9

    def test_html_escapes_what_files_say(self, tmp_path):
        file = metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0, degradation="<b>bicubic</b>")
        page = _Page()
        page.feed(write_table(tmp_path, ([file], [complexity_file(tmp_path)]))[".html"])
        assert "b" not in page.tags


def draw(kind: str, run, paper=DLSR):
    theirs = figures.published_points(published.read(PUBLISHED), paper)
    ours = figures.measured_points(results.read_metrics(run[0]), results.read_complexity(run[1]), paper)
    with plotting.style():
        return figures.draw(figures.KINDS[kind], theirs, ours, paper, "demo")


def dots(axes) -> list[tuple[float, float]]:
    found = [item.get_offsets().tolist()[0] for item in axes.collections if isinstance(item, PathCollection)]
    return sorted((round(x, 6), round(y, 6)) for x, y in found)


PUBLISHED_DOTS = [(272, 32.13), (297, 31.68), (324, 31.99), (338, 32.33), (412, 31.92), (550, 32.24), (715, 32.21)]


class TestFigures:
    """Figure 1 and its honesty."""

    def test_same_set_shares_one_panel(self, benchmark):
        (axes,) = draw("params", benchmark).axes
        assert dots(axes) == sorted([*PUBLISHED_DOTS, (338.208, 32.05)])
        assert "Set5, ×4" in axes.get_title()

    def test_other_set_gets_its_own_panel(self, demo):
        left, right = draw("params", demo).axes
        assert dots(left) == PUBLISHED_DOTS
        assert dots(right) == [(42, 30.81), (44, 27.9), (47, 26.3)]
        assert "Set5" in left.get_title()
        assert "EmbeddedTest" in right.get_title()
        lines = sorted(line.get_ydata()[0] for line in right.lines)
        assert lines == [26.0, 27.5, 30.12]
        assert {text.get_text() for text in right.texts} >= {"×2: +0.69 dB", "×3: +0.40 dB", "×4: +0.30 dB"}

    def test_same_set_at_another_scale_is_not_mixed_in(self, tmp_path):
        run = [metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0)], [complexity_file(tmp_path)]
        left, right = draw("params", run).axes
        assert dots(left) == PUBLISHED_DOTS
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
            boxes = [text.get_window_extent() for text in axes.texts if isinstance(text, Annotation)]
            assert len(boxes) >= 6
            assert not [1 for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]
            assert all(axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1 for box in boxes)

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
        first = figures.write_figure("params", params, PUBLISHED, *demo, "dlsr", tmp_path / "a")
        second = figures.write_figure("params", params, PUBLISHED, *demo, "dlsr", tmp_path / "b")
        assert [path.suffix for path in first] == [".png", ".svg"]
        assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
        with Image.open(first[0]) as image:
            assert image.info["dpi"][0] >= 149
            pixels = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)
        for colour in (plotting.PEERS, plotting.PAPER, plotting.OURS):
            # Dots are drawn at 80 % over white.
            shown = [round(255 * (0.8 * part + 0.2)) for part in to_rgb(colour)]
            assert (abs(pixels - shown).max(axis=1) <= 2).sum() > 100
        assert ET.parse(first[1]).getroot().tag.endswith("svg")
        assert "<dc:date>" not in first[1].read_text(encoding="utf-8")

    def test_the_look_does_not_leak(self, tmp_path, benchmark):
        before = dict(mpl.rcParams)
        draw("params", benchmark)
        assert dict(mpl.rcParams) == before

    def test_errors(self, tmp_path, benchmark):
        params = params_file(tmp_path, "demo")
        with pytest.raises(UserError, match="kind 'ssim': unknown"):
            figures.write_figure("ssim", params, PUBLISHED, *benchmark, "dlsr", tmp_path / "a")
        only = [metrics_file(tmp_path, "bicubic", 2, "Set5", 33.0)]
        with pytest.raises(UserError, match="no model 'dlsr' with both metrics and complexity"):
            figures.write_figure("params", params, PUBLISHED, only, benchmark[1], "dlsr", tmp_path / "a")


class TestDiagrams:
    """Figure 4 from a genotype."""

    @pytest.mark.parametrize(
        ("genotype", "edges"),
        [
            (GENOTYPE, {"stem-1", "1-2", "1-3", "2-3", "2-4", "3-4", "2-5", "4-5", "4-6", "5-6"}),
            (OTHER, {"stem-1", "1-2", "1-3", "2-3", "1-4", "2-4", "1-5", "3-5", "1-6", "2-6"}),
        ],
    )
    def test_edges_match_the_genotype(self, tmp_path, genotype, edges):
        (tmp_path / "g.json").write_text(json.dumps(genotype))
        png, svg = diagrams.write_diagram(tmp_path / "g.json", tmp_path / "g")
        found = re.findall(r'id="edge-([^"]+)"', svg.read_text(encoding="utf-8"))
        assert sorted(found) == sorted(edges)
        with Image.open(png) as image:
            assert len(np.unique(np.asarray(image.convert("L")))) > 50

    def test_edges_join_the_right_boxes(self):
        with plotting.style():
            axes = diagrams.draw(OTHER).axes[0]
        places = {"stem": 0, **{str(number): number for number in range(1, 7)}}
        arrows = {patch.get_gid(): patch.get_path().get_extents() for patch in axes.patches if patch.get_gid()}
        assert len(arrows) == 10
        for source, target in diagrams.network_edges(OTHER):
            reach = arrows[f"edge-{source}-{target}"]
            assert reach.x0 == pytest.approx(diagrams.PITCH * places[source], abs=0.6)
            assert reach.x1 == pytest.approx(diagrams.PITCH * places[target], abs=0.6)

    def test_operations_and_margins_are_named(self):
        odds = {"kept": ["conv_1x1"], "margin": 0.0312, "probabilities": {"conv_1x1": 0.6, "conv_3x3": 0.4}}
        forced = {"kept": ["1", "2"], "margin": 0.5, "probabilities": {"1": 0.5, "2": 0.5}}
        with plotting.style():
            figure = diagrams.draw({**GENOTYPE, "evidence": {"alpha_1": odds, "beta_3": forced}})
        words = [text.get_text() for axes in figure.axes for text in axes.texts]
        assert {"conv 1×1", "separable\nconv 7×7", "separable\nconv 5×5"} <= set(words)
        assert [word for word in words if word.startswith("margin")] == ["margin 0.031"]

    def test_bytes_are_deterministic(self, tmp_path):
        (tmp_path / "g.json").write_text(json.dumps(GENOTYPE))
        first, second = (diagrams.write_diagram(tmp_path / "g.json", tmp_path / name) for name in "ab")
        assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"method": "mran"}, "no drawing for format 1, method 'mran'"),
            ({"cell": ["conv_1x1"]}, "is not a list of 3 operations"),
            ({"inputs": []}, "one for each cell from 3 on"),
            ({"inputs": [[1, 2], [2, 4]]}, "cell 4 reads [2, 4], not two earlier cells"),
            ({"inputs": [[1, 1]]}, "cell 3 reads [1, 1], not two earlier cells"),
            ({"inputs": [3]}, "cell 3 reads 3, not two earlier cells"),
        ],
    )
    def test_errors(self, tmp_path, change, message):
        (tmp_path / "g.json").write_text(json.dumps({**GENOTYPE, **change}))
        with pytest.raises(UserError, match=re.escape(message)):
            diagrams.write_diagram(tmp_path / "g.json", tmp_path / "g")
        assert not (tmp_path / "g.png").exists()


def test_summary(tmp_path, benchmark):
    document = summary.write_summary(*benchmark, tmp_path / "metrics.json")
    assert json.loads((tmp_path / "metrics.json").read_text()) == document
    assert document["bicubic"] == {"x2": {"Set5": {"psnr": 33.673, "ssim": 0.9303}}}
    assert document["dlsr"]["x4"] == {
        "params": 338208,
        "mult_adds": 17719000000,
        "Set5": {"psnr": 32.05, "ssim": 0.893},
    }
    assert document["dlsr"]["x3"] == {"params": 329115, "mult_adds": 30527000000}
    assert list(document["dlsr"]["x2"]) == ["params", "mult_adds", "Set5", "Set14"]


@pytest.mark.parametrize("verb", ["table", "figure", "draw", "summary"])
def test_verbs_write_what_they_say(tmp_path, benchmark, verb):
    (tmp_path / "g.json").write_text(json.dumps(GENOTYPE))
    files = ["--metrics", *benchmark[0], "--complexity", *benchmark[1]]
    whole = ["--params", params_file(tmp_path, "demo"), "--published", str(PUBLISHED), *files]
    options = {
        "table": whole,
        "figure": ["--kind", "mult_adds", *whole],
        "draw": ["--genotype", str(tmp_path / "g.json")],
    }
    endings = {"table": [".csv", ".html", ".md", ".tex"], "figure": [".png", ".svg"], "draw": [".png", ".svg"]}
    module = importlib.import_module(f"sr.cli.{verb}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    module.run(parser.parse_args([*options.get(verb, files), "--out", str(tmp_path / "out" / "name")]))
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == endings.get(verb, [""])


def test_the_report_needs_neither_torch_nor_snakemake():
    code = (
        "import sys, sr.report.tables, sr.report.figures, sr.report.diagrams, sr.report.summary\n"
        "print([name for name in ('torch', 'snakemake', 'matplotlib.pyplot') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
