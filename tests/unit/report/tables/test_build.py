"""Tables of the papers: numbers, marks, notes, and the four formats."""

import argparse
import copy
import importlib
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import pandas as pd
import pytest

from sr.core import config
from sr.core.config import PRESETS
from sr.core.files import ROOT
from sr.core.formats import load, write
from sr.core.peer_sections import Peer
from sr.methods import papers
from sr.report.run import metrics
from sr.report.tables import lines, render
from sr.report.tables.footnotes import preset_note, same_networks
from sr.report.tables.table import Table
from tests.helpers.reporting import (
    GENOTYPE,
    PRINTED,
    PUBLISHED,
    cells,
    compare,
    complexity_file,
    demo_params,
    hashed,
    make,
    metrics_file,
    params_file,
    policy,
    write_table,
)

PICTURES = [".pdf", ".png", ".svg"]


def shown_table2(run) -> dict[tuple[str, str], list[str]]:
    return cells(make("dlsr_table2", demo_params(), metrics=run[0], complexity=run[1]))


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
        shown = shown_table2(benchmark)
        assert list(dict.fromkeys(scale for scale, _ in shown)) == ["×2", "×3", "×4"]
        own = ["DLSR", "Bicubic (measured)", "DLSR (this run)", "DLSR: this run − paper"]
        assert [label for scale, label in shown if scale == "×2"][-4:] == own

    def test_display(self, benchmark):
        shown = shown_table2(benchmark)
        assert shown["×2", "DLSR (this run)"][:3] == ["322.6", "67.3", "38.04 / 0.9606"]
        assert shown["×2", "DLSR: this run − paper"][:4] == ["+0.6", "−0.8", "0.00 / 0.0000", "−0.04 / +0.0001"]
        assert shown["×2", "DRRN"][1] == "6,796.9"
        assert shown["×2", "IMDN"][:2] == ["694", "–"]
        assert shown["×3", "DLSR (this run)"][2] == "–"

    def test_a_set_that_was_not_tested_is_a_dash(self, demo):
        table = make("dlsr_table2", demo_params(), metrics=demo[0], complexity=demo[1])
        assert [column.name for column in table.columns[2:]] == ["Set5", "Set14", "B100", "Urban100", "EmbeddedTest"]
        shown = cells(table)
        assert shown["×4", "DLSR (this run)"][2:] == ["–", "–", "–", "–", "26.30 / 0.9000"]
        assert shown["×4", "DLSR"][-1] == "–"

    @pytest.mark.parametrize("model", ["dlsr_b", "dlsr_released"])
    def test_files_of_other_models_stay_out(self, tmp_path, benchmark, model):
        more = metrics_file(tmp_path, model, 2, "Set5", 38.2)
        table = make("dlsr_table2", demo_params(), metrics=[*benchmark[0], more], complexity=benchmark[1])
        assert cells(table) == shown_table2(benchmark)


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
    """JSON, CSV, Markdown, LaTeX and HTML of one table."""

    def test_json_gives_the_table_back(self, tmp_path, demo):
        (tmp_path / "t.json").write_text(write_table(tmp_path, demo)[".json"])
        expected = make("dlsr_table2", demo_params(), metrics=demo[0], complexity=demo[1])
        loaded = load(tmp_path / "t.json", Table)
        assert loaded.groups == expected.groups
        assert render.pages(loaded)[".md"] == write_table(tmp_path, demo)[".md"]
        write(tmp_path / "t.json", expected)
        assert load(tmp_path / "t.json", Table) == expected
        assert render.pages(load(tmp_path / "t.json", Table)) == render.pages(expected)

    def test_csv_holds_the_numbers(self, tmp_path, benchmark):
        frame = pd.read_csv(io.StringIO(write_table(tmp_path, benchmark)[".csv"]), keep_default_na=False)
        assert list(frame.columns) == lines.TIDY
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
            f"{demo_params().model('dlsr').retrain.steps.x2:,} steps",
        ]
        needed = [word.replace("_", r"\_") if suffix == ".tex" else word for word in needed]
        needed += ["batch 8", "channels 16", "EmbeddedTest (3 images)", "Conv2d", "released", "0.8431", "158.8 G"]
        assert [word for word in needed if word not in text] == []

    @pytest.mark.parametrize(("preset", "shown"), [("demo", True), ("quarter_budget", True), ("paper", True)])
    def test_only_the_papers_preset_may_claim_to_reproduce(self, tmp_path, demo, preset, shown):
        for suffix, text in write_table(tmp_path, demo, preset).items():
            if suffix not in (".csv", ".json"):
                assert ("demonstration budget, not a reproduction" in text) == shown
                assert preset in text.replace("\\_", "_")

    def test_the_papers_own_parameters_make_no_demonstration(self):
        paper = config.load(PRESETS / "paper.yaml")
        assert preset_note(paper) == "paper."
        # Another seed, fewer sets or methods train every model as before.
        reseeded = paper.replace(raw=paper.raw | {"seed": 7})
        assert preset_note(reseeded) == "paper, edited: seed."
        raw = copy.deepcopy(paper.raw)
        raw["mran"]["retrain"]["steps"]["x2"] = 7
        shorter = config.check(raw)
        assert "This is a demonstration budget" in preset_note(shorter)
        elsewhere = paper.replace(raw=paper.raw | {"device": "cuda"})
        assert preset_note(elsewhere) == "paper."
        more = paper.raw | {"dlsr": paper.raw["dlsr"] | {"search": paper.raw["dlsr"]["search"] | {"seeds": [0, 1]}}}
        assert preset_note(paper.replace(raw=more)) == "paper."

    def test_rows_that_are_one_network_are_named(self):
        raw = config.load(PRESETS / "demo.yaml").raw
        raw["dlsr"]["retrain"]["genotype"] = "published"
        params, spec = config.check(raw), papers.table("dlsr_table6")
        notes = list(same_networks(spec, params))
        assert notes == [
            (
                "Same network",
                "DLSR-L1, DLSR-HFEN and DLSR have the genotype of data/genotypes/dlsr.json and differ in nothing but "
                "their training.",
            )
        ]
        # DLSR-B has a genotype of its own.
        assert list(same_networks(papers.table("dlsr_table5"), params)) == []
        assert list(same_networks(spec, demo_params())) == []

    def test_other_networks_have_rows_of_their_own(self, tmp_path, benchmark):
        files, counts = benchmark
        files += [metrics_file(tmp_path, "near", 2, name, 38.2, 0.9612, peer=True) for name in ("Set5", "Set14")]
        sizes = complexity_file(
            tmp_path, {2: (185_628, 38_790_000_000)}, "near", model="near", method=None, genotype=None
        )
        peers = {"near": Peer.model_validate({"label": "Near & Far", "x2": "near.onnx", "x3": "not measured"})}
        params = demo_params()
        params = params.replace(data=params.data.replace(peers=peers))
        table = make("dlsr_table2", params, metrics=files, complexity=[*counts, sizes])
        rows = [row for group in table.groups for row in group.rows if row.source == "remeasured"]
        assert [row.label for row in rows] == ["Near & Far, re-measured"]
        assert cells(table)["×2", "Near & Far, re-measured"][:4] == [
            "185.6",
            "38.8",
            "38.20 / 0.9612",
            "38.20 / 0.9612",
        ]
        assert rows[0].cells[2][0].mark == "best"
        notes = dict(table.notes)
        assert notes["Re-measured"].startswith("Near & Far: weights that their authors published, measured here")
        assert "whole images" in notes["Re-measured"]
        # A network of a run is in no table of an ablation.
        assert papers.with_variants(papers.table("dlsr_table5"), params.models, peers).peers == {}

    def test_tiles_are_those_of_our_networks(self, tmp_path):
        files = [metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0, tile=96)]
        files += [metrics_file(tmp_path, "near", 2, "Set5", 38.0, peer=True)]
        assert "tiles of 96 LR pixels" in write_table(tmp_path, (files, [complexity_file(tmp_path)]))[".md"]

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
        # Best and second best of the published numbers on Set5 at x4.
        assert r"\textcolor{red}{\textbf{32.33}} / \textcolor{red}{\textbf{0.8963}}" in text
        assert r"\textcolor{blue}{\underline{32.24}} / \textcolor{blue}{\underline{0.8952}}" in text
        # A group's name stands once, and a rule divides the groups.
        assert [row.split(" & ")[0] for row in rows if not row.startswith(" &")] == [
            "Scale", r"$\times$2", r"$\times$3", r"$\times$4",
        ]  # fmt: skip
        assert (text.count(r"\midrule"), text.count(r"\cline"), text.count("\n\n")) == (3, 0, 0)

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

    def test_html_allows_its_own_style_only(self, tmp_path, demo):
        text = write_table(tmp_path, demo)[".html"]
        rules = policy(text)
        assert rules["style-src-elem"] == hashed([re.search(r"<style>(.*?)</style>", text, re.S)[1]])
        assert {rules[name] for name in ("default-src", "script-src", "style-src-attr")} == {"'none'"}

    def test_html_escapes_what_files_say(self, tmp_path):
        file = metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0, degradation="<b>bicubic</b>")
        page = _Page()
        page.feed(write_table(tmp_path, ([file], [complexity_file(tmp_path)]))[".html"])
        assert "b" not in page.tags


def test_metrics(tmp_path, benchmark):
    document = metrics.write_metrics(*benchmark, tmp_path / "metrics.json")
    assert json.loads((tmp_path / "metrics.json").read_text()) == document
    assert document["bicubic"] == {"x2": {"Set5": {"psnr": 33.673, "ssim": 0.9303}}}
    assert document["dlsr"]["x4"] == {
        "params": 338208,
        "mult_adds": 17719000000,
        "Set5": {"psnr": 32.05, "ssim": 0.893},
    }
    assert document["dlsr"]["x3"] == {"params": 329115, "mult_adds": 30527000000}
    assert list(document["dlsr"]["x2"]) == ["params", "mult_adds", "Set5", "Set14"]


@pytest.mark.parametrize("verb", ["table", "plot", "diagram", "metrics"])
def test_verbs_write_what_they_say(tmp_path, benchmark, verb):
    (tmp_path / "g.json").write_text(json.dumps(GENOTYPE))
    files = ["--metrics", *benchmark[0], "--complexity", *benchmark[1]]
    whole = ["--params", params_file(tmp_path, "demo"), "--published", str(PUBLISHED), *files]
    options = {
        "table": ["--name", "dlsr_table2", *whole],
        "plot": ["--kind", "mult_adds", "--recent", str(PRINTED.recent), "--years", str(PRINTED.years), *whole],
        "diagram": ["--genotype", str(tmp_path / "g.json")],
    }
    endings = {"table": [".csv", ".html", ".json", ".md", ".tex"], "plot": PICTURES, "diagram": PICTURES}
    module = importlib.import_module(f"sr.cli.{verb}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    module.run(parser.parse_args([*options.get(verb, files), "--out", str(tmp_path / "out" / "name")]))
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == endings.get(verb, [""])


def test_the_report_needs_neither_torch_nor_snakemake():
    code = (
        "import sys, sr.report.tables.build, sr.report.figures.scatter, sr.report.figures.diagrams\n"
        "import sr.report.figures.panels, sr.report.run.metrics\n"
        "print([name for name in ('torch', 'snakemake', 'matplotlib.pyplot') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
