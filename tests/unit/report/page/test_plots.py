"""The page's plots: their points are the files' numbers, and a hovered point tells its row."""

import base64
import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from sr.plot.style import INK, LINE, SOFT
from sr.report.page import clouds as quality
from sr.report.page import distance
from sr.report.page import plots as interactive
from sr.report.page.plot_style import DARK, GRID, GROUND
from sr.report.run import reader as run
from sr.report.run.reader import FinishedRun
from tests.helpers.reporting import PUBLISHED, metrics_file, peer_file
from tests.helpers.runs import CHOICES, write_run

PRINTED = pd.read_csv(PUBLISHED)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    return run.read(write_run(tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="module")
def clouds(given: FinishedRun) -> dict[str, Any]:
    return quality.clouds(given)


def numbers(values: Any) -> list[float]:
    """Return a trace's numbers; plotly packs arrays as base64."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).tolist()
    return values


def traces(figure: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {trace.get("name", trace["type"]): trace for trace in figure["data"]}


class TestClouds:
    """PSNR against size."""

    def test_every_choice_that_has_a_number(self, clouds):
        expected = [
            f"{scale}|{name}" for scale in (2, 3, 4) for name in ("Set5", "Set14", "B100", "Urban100", "EmbeddedTest")
        ]
        for axis in ("params_k", "mult_adds_g"):
            assert [key.partition("|")[2] for key in clouds if key.startswith(axis)] == expected

    def test_published_points_are_the_files(self, clouds):
        found = traces(clouds["params_k|2|Set5"])["quoted, before 2021"]
        rows = PRINTED[(PRINTED["paper"] == "DLSR") & (PRINTED["table"] == "2") & (PRINTED["scale"] == 2)]
        rows = rows[(rows["method"] != "DLSR") & rows["params_k"].notna()].set_index("method")
        points = dict(zip(found["text"], zip(numbers(found["x"]), numbers(found["y"]), strict=True), strict=True))
        assert len(rows) == 7
        for name, row in rows.iterrows():
            assert points[name] == (row["params_k"], row["set5_psnr"])
        mran = PRINTED[(PRINTED["paper"] == "MRAN") & (PRINTED["table"] == "4") & (PRINTED["scale"] == 2)]
        assert set(points) <= set(rows.index) | set(mran["method"])

    def test_the_papers_networks_and_ours(self, given, clouds):
        found = traces(clouds["mult_adds_g|2|Set5"])
        papers = found["this paper's network, quoted"]
        assert dict(zip(papers["text"], numbers(papers["x"]), strict=True)) == {"DLSR": 68.1, "MRAN": 108.4}
        ours = found["this run"]
        sizes = given.complexity.set_index(["model", "scale"])["mult_adds"]
        quality = given.metrics.set_index(["model", "scale", "test_set"])["psnr"]
        names = [label.removesuffix(" (this run)") for label in ours["text"]]
        assert set(names) == {name for name, model in given.models.items() if 2 in model.scales}
        assert numbers(ours["x"]) == [sizes[name, 2] / 1e9 for name in names]
        assert numbers(ours["y"]) == [quality[name, 2, "Set5"] for name in names]

    def test_a_point_tells_its_row(self, clouds):
        found = traces(clouds["params_k|2|Set5"])
        hover = dict(zip(found["this run"]["text"], found["this run"]["customdata"], strict=True))["dlsr (this run)"]
        assert hover == (
            "<b>dlsr (this run)</b><br>PSNR 38.01 dB<br>SSIM 0.9603<br>Params 90.4 K<br>Mult-Adds 10.0 G"
            "<br>this run, preset demo"
        )
        quoted = found["quoted, before 2021"]
        hover = dict(zip(quoted["text"], quoted["customdata"], strict=True))
        assert hover["DRRN"] == (
            "<b>DRRN</b><br>PSNR 37.74 dB<br>SSIM 0.9591<br>Params 297.0 K<br>Mult-Adds 6,796.9 G"
            "<br>DLSR (arXiv:2105.03939) Table 2"
        )
        # Not all of a row need be from the table.
        assert hover["IMDN"].endswith(
            "Mult-Adds 158.8 G<br>DLSR (arXiv:2105.03939) Table 2; size from Zheng222/IMDN images/psnr_ssim.png"
        )
        whole = traces(clouds["params_k|4|Urban100"])["quoted, before 2021"]
        hover = dict(zip(whole["text"], whole["customdata"], strict=True))
        assert "Mult-Adds not printed" in hover["ESRN"]
        assert found.pop("Pareto front")["hoverinfo"] == "skip"
        assert {trace["hovertemplate"] for trace in found.values()} == {"%{customdata}<extra></extra>"}

    def test_networks_since_the_papers_have_mult_adds_counted_here(self, clouds):
        found = traces(clouds["mult_adds_g|2|Set5"])["quoted, since 2021"]
        points = dict(zip(found["text"], zip(numbers(found["x"]), numbers(found["y"]), strict=True), strict=True))
        assert points == {"SAFMN": (51.5, 38.0), "SeemoRe-T": (45.0, 38.06), "SMFANet (DF2K)": (38.8, 38.08)}
        hover = dict(zip(found["text"], found["customdata"], strict=True))["SeemoRe-T"]
        assert (
            "seemoredetails figures/main_table.png; Mult-Adds counted here (printed: 45 G, counter not stated)" in hover
        )
        assert found["marker"]["symbol"] == "circle-open"

    def test_the_front_is_of_all_shown_networks(self, clouds):
        figure = clouds["params_k|4|Set5"]
        line = traces(figure)["Pareto front"]
        dots = [trace for trace in figure["data"] if trace["name"] != "Pareto front"]
        points = [pair for trace in dots for pair in zip(numbers(trace["x"]), numbers(trace["y"]), strict=True)]
        best = list(zip(numbers(line["x"]), numbers(line["y"]), strict=True))
        assert best[-1] == (max(x for x, _ in points), max(y for _, y in points))
        for x, y in best[:-1]:
            assert (x, y) in points
            assert not [other for other in points if other[0] <= x and other[1] >= y and other != (x, y)]

    def test_other_networks_of_the_run_are_filled(self, given, tmp_path_factory):
        folder = tmp_path_factory.mktemp("compared")
        raw = yaml.safe_load((given.root / "params.yaml").read_text())
        peers = {"near": {"label": "Near", "year": 2018, "x2": "a.onnx"}, "far": {"x2": "b.onnx"}}
        raw["data"]["peers"] = peers
        params = Path(shutil.copytree(given.root, folder / "run") / "params.yaml")
        params.write_text(yaml.safe_dump(raw))
        for name, psnr in (("near", 37.0), ("far", 38.5)):
            (params.parent / "results/evaluate" / name).mkdir()
            written = metrics_file(folder, name, 2, "Set5", psnr, peer=True)
            Path(written).rename(params.parent / f"results/evaluate/{name}/x2_Set5.json")
            peer_file(params.parent / "results/counts", name, {2: (200_000, 40_000_000_000)})
        compared = run.read(params)
        figure = quality.clouds(compared)["params_k|2|Set5"]
        found = traces(figure)
        before, since = (found[f"re-measured, {era} 2021"] for era in ("before", "since"))
        assert (before["text"], before["texttemplate"]) == (["Near, re-measured"], ["Near"])
        assert (since["text"], numbers(since["y"])) == (["far, re-measured"], [38.5])
        assert {trace["marker"]["symbol"] for trace in (before, since)} == {"circle"}
        assert "measured and counted in this run" in since["customdata"][0]
        assert (200.0, 38.5) in zip(
            numbers(found["Pareto front"]["x"]), numbers(found["Pareto front"]["y"]), strict=True
        )
        assert distance.distances(compared)["2|Set5"]["data"][0]["text"][0][-1] == "−0.46"

    def test_one_dot_a_network(self, clouds):
        for key, figure in clouds.items():
            labels = [label for trace in figure["data"] for label in trace["text"]]
            assert len(labels) == len(set(labels)), key

    def test_a_set_that_no_paper_has_shows_this_run_alone(self, clouds):
        figure = clouds["params_k|4|EmbeddedTest"]
        assert list(traces(figure)) == ["this run"]
        assert figure["layout"]["title"]["text"] == "PSNR on EmbeddedTest, ×4"

    def test_the_title_names_this_runs_points(self, given, clouds):
        def subtitle(key):
            return clouds[key]["layout"]["title"]["subtitle"]["text"]

        others = sum(2 in model.scales for model in given.models.values()) - 2
        assert subtitle("params_k|2|Set5") == (
            f"This run: dlsr 38.01 dB, mran 33.14 dB, {others} others<br>Dot area: Mult-Adds"
        )
        assert subtitle("mult_adds_g|3|Set5") == "This run: dlsr 34.01 dB, mran 30.64 dB<br>Dot area: Params"
        assert subtitle("params_k|2|Set14") == "This run: no network on this set<br>Dot area: Mult-Adds"
        own = {key for key, figure in clouds.items() if figure["layout"]["meta"]["own"]}
        assert own == {key for key, figure in clouds.items() if "this run" in traces(figure)}
        assert "params_k|2|Set5" in own
        assert "params_k|2|Set14" not in own

    def test_names_beside_points(self, clouds):
        many = traces(clouds["params_k|2|Set5"])["this run"]
        names = dict(zip(many["text"], many["texttemplate"], strict=True))
        assert names.pop("dlsr (this run)") == "dlsr"
        assert names.pop("mran (this run)") == "mran"
        assert set(names.values()) == {" "}
        few = traces(clouds["params_k|3|Set5"])["this run"]
        assert few["texttemplate"] == ["dlsr", "mran"]
        papers = traces(clouds["params_k|2|Set5"])["this paper's network, quoted"]
        assert papers["texttemplate"] == ["DLSR", "MRAN"]

    def test_bicubic_is_a_line(self, given, clouds):
        (line,) = clouds["params_k|2|Set5"]["layout"]["shapes"]
        plain = given.metrics.set_index(["model", "scale", "test_set"])["psnr"]["bicubic", 2, "Set5"]
        assert (line["y0"], line["y1"]) == (plain, plain)
        assert "shapes" not in clouds["params_k|2|Set14"]["layout"]

    def test_bicubic_alone_is_no_plot(self, given):
        frame = given.metrics
        bare = dataclasses.replace(given, metrics=frame[frame["model"] == "bicubic"], published=given.published.head(0))
        assert quality.clouds(dataclasses.replace(bare, params=given.params.replace(methods=[]))) == {}

    def test_nothing_measured_and_nothing_published(self, given):
        bare = dataclasses.replace(given, metrics=given.metrics.head(0))
        assert quality.clouds(dataclasses.replace(bare, params=given.params.replace(methods=[]))) == {}


class TestDistance:
    """The papers' networks against the best light network of each year."""

    def test_each_year_has_the_best_until_then(self, given):
        figures = distance.distances(given)
        assert list(figures)[:4] == ["2|Set5", "2|Set14", "2|B100", "2|Urban100"]
        (strip,) = figures["2|Set5"]["data"]
        assert strip["y"] == ["DLSR", "MRAN"]
        years = [head.partition("<br>")[0] for head in strip["x"]]
        assert years == [str(year) for year in range(2016, 2025)]
        names = {head[:4]: head[8:] for head in strip["x"] if head[8:] != " "}
        assert names == {
            "2016": "FSRCNN", "2017": "DRRN", "2020": "PAN", "2021": "DLSR", "2024": "SMFANet (DF2K)"
        }  # fmt: skip
        shown = dict(zip(years, zip(*strip["text"], strict=True), strict=True))
        assert shown["2016"] == ("+0.99", "+1.00")
        assert shown["2020"] == ("+0.04", "+0.05")
        assert shown["2021"] == shown["2023"] == ("0.00", "+0.01")
        assert shown["2024"] == ("−0.04", "−0.03")
        assert strip["customdata"][0][-1] == (
            "<b>DLSR in 2024: −0.04 dB</b><br>SMFANet (DF2K), 38.08 dB, 186 K<br>"
            "Zheng-MJ/SMFANet figs/CNN_results.png; Mult-Adds counted here (printed: 41 G, counter not stated)"
        )
        subtitle = figures["2|Set5"]["layout"]["title"]["subtitle"]["text"]
        assert subtitle == "By 2024 the best is SMFANet (DF2K) (38.08 dB, 186 K)<br>DLSR −0.04 dB, MRAN −0.03 dB"

    def test_a_paper_without_a_number_has_no_row(self, given):
        figures = distance.distances(given)
        assert figures["3|Set5"]["data"][0]["y"] == ["DLSR"]
        assert figures["3|Urban100"]["data"][0]["y"] == ["DLSR", "MRAN"]

    def test_no_paper_no_strip(self, given):
        assert distance.distances(dataclasses.replace(given, params=given.params.replace(methods=[]))) == {}


class TestCurves:
    """Histories of trainings and searches."""

    def test_training(self, given):
        figures = interactive.training(given)
        assert list(figures) == list(given.models)
        found = traces(figures["dlsr"])
        assert list(found) == ["×2", "×3", "×4"]
        for scale in (2, 3, 4):
            rows = pd.read_csv(given.root / f"results/retrain/dlsr/x{scale}.csv")
            assert numbers(found[f"×{scale}"]["x"]) == rows["step"].tolist()
            assert numbers(found[f"×{scale}"]["y"]) == rows["loss"].tolist()

    def test_search(self, given):
        figures = interactive.searches(given)
        assert sorted(figures) == sorted(["dlsr", "dlsr_b", "dlsr_hfen", "dlsr_l1", "dlsr_seed1", "dlsr_seed2", "mran"])
        rows = pd.read_csv(given.root / "results/search/dlsr/history.csv")
        found = list(figures["dlsr"]["data"])
        entropies = rows[[name for name in rows if name.startswith("entropy.")]]
        assert numbers(found[0]["y"]) == rows["loss_train"].tolist()
        # The validation loss is not there from the start.
        assert numbers(found[1]["y"])[1:] == rows["loss_val"].tolist()[1:]
        assert numbers(found[2]["y"]) == pytest.approx(entropies.mean(axis=1).tolist())

    def test_choices(self, given):
        figures = interactive.choices(given)
        assert [key for key in figures if key.startswith("mran|")] == [f"mran|{name}" for name in CHOICES["mran"]]
        rows = pd.read_csv(given.root / "results/search/dlsr/history.csv")
        *lines, bar = figures["dlsr|alpha_1"]["data"]
        assert [line["name"] for line in lines] == CHOICES["dlsr"]["alpha_1"]
        for line in lines:
            assert numbers(line["y"]) == rows[f"alpha_1.{line['name']}"].tolist()
        last = rows.iloc[-1]
        shown = {name.removeprefix("✓ "): value for name, value in zip(bar["y"], numbers(bar["x"]), strict=True)}
        assert shown == {name: last[f"alpha_1.{name}"] for name in CHOICES["dlsr"]["alpha_1"]}
        (chosen,) = [name for name in bar["y"] if name.startswith("✓ ")]
        assert chosen.removeprefix("✓ ") == max(shown, key=shown.get)

    def test_missing_histories_are_left_out(self, given):
        elsewhere = dataclasses.replace(given, root=Path("nowhere"))
        assert interactive.training(elsewhere) == {}
        assert interactive.searches(elsewhere) == {}
        assert interactive.choices(elsewhere) == {}


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2 of a colour such as #1b1f24."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


class TestDark:
    """Colours on a dark screen."""

    def test_every_colour_is_seen(self, given, clouds):
        figures = [clouds, interactive.training(given), interactive.searches(given), interactive.choices(given)]
        used = set(re.findall(r'"(#[0-9a-f]{6})"', json.dumps(figures)))
        assert used >= set(DARK)
        shown = {colour: DARK.get(colour, colour) for colour in used}
        ground = shown.pop(GROUND)
        # A grid may be faint.
        limits = dict.fromkeys(shown, 3.0) | {INK: 4.5, SOFT: 4.5, LINE: 2.0, GRID: 1.2}
        assert {colour: seen for colour, seen in shown.items() if contrast(seen, ground) < limits[colour]} == {}

    def test_no_colour_has_a_name(self, given, clouds):
        """The page replaces colours by their hexadecimal form."""
        text = json.dumps([clouds, interactive.training(given), interactive.choices(given)])
        assert re.findall(r'color": "(?!#|rgba\(0,0,0,0\))[^"]*"', text) == []
