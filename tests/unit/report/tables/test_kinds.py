"""Means, marks, counts and costs: what the kinds of tables work out."""

import itertools
import json
import re
import statistics

import pytest

from sr.core.errors import UserError
from sr.evaluate.metrics import METRICS, Metric
from sr.methods import papers, published
from sr.report.run import metrics, results
from sr.report.tables import render
from tests.helpers.reporting import (
    GENOTYPE,
    OTHER_GENOTYPE,
    build,
    cells,
    compare,
    demo_params,
    joined,
    make,
    metrics_file,
    variant,
)
from tests.helpers.runs import record


class TestSeeds:
    """DLSR's Table 7: three searches, their mean and spread."""

    PSNR = (37.90, 38.00, 38.25)

    def run(self, tmp_path, count: int = 3):
        names = ("dlsr", "dlsr_seed1", "dlsr_seed2")[:count]
        genotypes = (GENOTYPE, OTHER_GENOTYPE, GENOTYPE)
        parts = [
            variant(tmp_path, name, 2, 300_000 + 10_000 * index, {"Set5": (psnr, 0.96)}, genotype=genotype)
            for index, (name, psnr, genotype) in enumerate(zip(names, self.PSNR, genotypes, strict=False))
        ]
        return joined(*parts)

    def test_mean_spread_and_difference(self, tmp_path):
        run = self.run(tmp_path)
        table = compare((run["metrics"], run["complexity"]), "dlsr_table7").set_index(["method", "test_set", "metric"])
        value = table["value"]
        ours = "mean ± s, n = 3 (this run)"
        assert value[ours, "Set5", "psnr"] == pytest.approx(38.05)
        # By hand: squares of -0.15, -0.05, 0.20 sum to 0.065; over n - 1 = 2.
        assert value[ours, "Set5", "psnr_sd"] == pytest.approx(0.0325**0.5)
        assert value[ours, "", "params_k_sd"] == pytest.approx(10.0)
        assert value["mean ± s, n = 3", "", "params_k"] == pytest.approx((309 + 328 + 341) / 3)
        assert value["mean ± s, n = 3", "", "params_k_sd"] == pytest.approx(statistics.stdev([309, 328, 341]))
        assert value["mean: this run − paper", "Set5", "psnr"] == pytest.approx(38.05 - (38.04 + 38.04 + 38.05) / 3)

    def test_rows_and_genotypes(self, tmp_path):
        table = make("dlsr_table7", demo_params(), **self.run(tmp_path))
        labels = [row.label for row in table.groups[0].rows]
        assert labels == [
            "DLSR-a", "DLSR-b", "DLSR-c", "mean ± s, n = 3",
            "search 1 (this run)", "search 2 (this run)", "search 3 (this run)", "mean ± s, n = 3 (this run)",
            "mean: this run − paper",
        ]  # fmt: skip
        assert cells(table)["×2", "mean ± s, n = 3 (this run)"][2] == "38.050 ± 0.180 / 0.96000 ± 0.00000"
        notes = dict(table.notes)
        assert notes["Genotype of search 1, search 3"].startswith(
            "conv_1x1, sep_conv_7x7, sep_conv_5x5; cell 3 reads 1 and 2"
        )
        assert notes["Genotype of search 2"].startswith("dil_conv_3x3, conv_7x7, dil_conv_5x5")
        assert "n − 1" in notes["Spread"]

    def test_interval_over_seeds_and_images(self, tmp_path):
        table, frame = build("dlsr_table7", demo_params(), **self.run(tmp_path))
        notes = dict(table.notes)
        assert notes["Intervals"].startswith("95 % percentile bootstrap over the images of a set, 10,000 resamples; ")
        assert notes["Intervals"].endswith("too narrow to rely on: Set5 (3).")
        match = re.fullmatch(
            r"38\.05 dB, 95 % interval (\S+) to (\S+) \(3 images, 3 seeds\)\.", notes["Mean on Set5 ×2"]
        )
        assert match is not None
        numbers = frame.set_index(["method", "test_set", "metric"])["value"]
        low, high = (numbers["mean ± s, n = 3 (this run)", "Set5", f"psnr_{end}"] for end in ("low", "high"))
        assert (f"{low:.2f}", f"{high:.2f}") == match.groups()
        # Wider than that of one search: images spread by 1 dB, seeds by 0.18 dB more.
        ends = [numbers["search 2 (this run)", "Set5", f"psnr_{end}"] for end in ("low", "high")]
        assert ends == pytest.approx([37.0, 39.0])
        assert 37.0 < low < 37.2
        assert 38.9 < high < 39.1
        # Table 7 compares no two networks.
        assert not [text for text in notes.values() if "noise" in text]

    def test_two_searches_say_two_and_one_has_no_mean(self, tmp_path):
        labels = [row.label for row in make("dlsr_table7", demo_params(), **self.run(tmp_path, 2)).groups[0].rows]
        assert "mean ± s, n = 2 (this run)" in labels
        assert labels[-2:] == ["mean ± s, n = 2 (this run)", "mean: this run − paper"]
        labels = [row.label for row in make("dlsr_table7", demo_params(), **self.run(tmp_path, 1)).groups[0].rows]
        assert not [label for label in labels if "mean" in label and "this run" in label]

    def test_means_are_not_ranked(self, tmp_path):
        table = make("dlsr_table7", demo_params(), **self.run(tmp_path))
        marked = {row.label: cell[0].mark for row in table.groups[0].rows for cell in row.cells[2:3] if cell[0].mark}
        assert marked == {"search 3 (this run)": "best", "DLSR-c": "second"}


class TestRegistry:
    """A metric of METRICS shows in every output without further declaration."""

    @pytest.fixture
    def mae(self, monkeypatch):
        """Add a third metric, of which less is better and which no paper prints."""
        monkeypatch.setitem(METRICS, "mae", Metric("MAE", "levels", 3, False, lambda a, b: 0.0))
        monkeypatch.setattr(
            results, "METRIC_COLUMNS", [*results.METRIC_COLUMNS[:7], "mae", *results.METRIC_COLUMNS[7:]]
        )
        monkeypatch.setattr(published, "QUALITY", [*published.QUALITY, *(f"{name}_mae" for name in published.SETS)])

    def files(self, folder, **models):
        """Write metrics on Set5 at x2; ``models``: name -> MAE."""
        files = []
        for model, mae in models.items():
            values = {"psnr": 38.0, "ssim": 0.96, "mae": mae}
            images = [{"name": name, "height": 64, "width": 64, "values": values} for name in "ab"]
            files.append(metrics_file(folder, model, 2, "Set5", 38.0, images=images, mean=values))
        return files

    def test_new_metric(self, tmp_path, mae):
        files = self.files(tmp_path, bicubic=9.0, dlsr_seed1=1.25, dlsr=1.5, dlsr_seed2=1.5)
        table, frame = build("dlsr_table7", demo_params(), metrics=files, complexity=[])
        assert str(table.columns[2]) == "Set5 (PSNR / SSIM / MAE)"
        assert table.reading == "Test sets: PSNR (dB) / SSIM / MAE (levels)."
        shown = cells(table)
        assert shown["×2", "DLSR-a"][2] == "38.04 / 0.9606 / –"
        assert shown["×2", "search 1 (this run)"][2] == "38.00 / 0.9600 / 1.500"
        marks = {row.label: row.cells[2][2].mark for row in table.groups[0].rows if row.cells and len(row.cells[2]) > 2}
        assert {label: mark for label, mark in marks.items() if mark} == {
            "search 2 (this run)": "best", "search 1 (this run)": "second", "search 3 (this run)": "second",
        }  # fmt: skip
        # Printed rows miss no number: no paper prints the metric.
        assert not [label for _, label in shown if "elsewhere" in label]
        own = frame[frame["metric"].isin(["mae", "mae_low"]) & (frame["method"] == "search 1 (this run)")]
        assert own["value"].tolist() == [1.5, 1.5]
        document = metrics.write_metrics(files, [], tmp_path / "metrics.json")
        assert document["dlsr"]["x2"]["Set5"] == {"psnr": 38.0, "ssim": 0.96, "mae": 1.5}


class TestWithoutPaper:
    """A method that has no paper: only this run's rows."""

    def test_own_rows(self, tmp_path, monkeypatch):
        monkeypatch.delitem(papers.PAPERS, "dlsr")
        run = joined(variant(tmp_path, "dlsr", 2, 320_000, {"EmbeddedTest": (38.0, 0.96)}))
        table = make("dlsr_comparison", demo_params(), **run)
        assert table.title == "DLSR: size and quality of its models in this run"
        assert cells(table)["×2", "DLSR (this run)"] == ["320.0", "68.0", "38.00 / 0.9600"]
        assert {row.source for group in table.groups for row in group.rows} == {"measured"}
        assert [column.name for column in table.columns] == ["Params", "Mult-Adds", "EmbeddedTest"]
        assert all(text for text in render.pages(table).values())


class TestMarks:
    """Best and second best, as the papers colour them."""

    def test_ties_share_a_mark_and_differences_have_none(self, tmp_path):
        run = joined(variant(tmp_path, "mran_mrb", 4, 588_000, {"Set5": (31.894, 0.88)}))
        rows = make("mran_table1", demo_params(mran={}), **run).groups[0].rows
        marks = {row.label: row.cells[1][0].mark for row in rows if row.cells and row.cells[1][0].mark}
        assert marks == {"MRB": "best", "All-RB": "second", "MRB (this run)": "second"}

    def test_sets_and_scales_are_ranked_apart(self, tmp_path):
        run = joined(variant(tmp_path, "dlsr", 2, 320_000, {"EmbeddedTest": (99.0, 0.99)}))
        table = make("dlsr_table2", demo_params(), **run)
        best = {
            (group.name, column.name): row.label
            for group in table.groups
            for row in group.rows
            for column, cell in zip(table.columns, row.cells, strict=False)
            if cell[0].mark == "best"
        }
        # One number on a set is not the best of anything.
        assert set(best) == {
            (s, n) for s, n in itertools.product(("×2", "×3", "×4"), ("Set5", "Set14", "B100", "Urban100"))
        }
        assert best["×2", "Set5"] == "RFDN"
        assert best["×4", "Urban100"] == "DLSR"

    def test_every_format_shows_them(self, tmp_path):
        run = joined(variant(tmp_path, "dlsr", 4, 338_000, {"Set5": (32.40, 0.80)}))
        pages = render.pages(make("dlsr_table2", demo_params(), **run))
        assert "**32.40** / 0.8000" in pages[".md"]
        assert "<ins>32.33</ins> / **0.8963**" in pages[".md"]
        assert r"\textsf{\textcolor{red}{\textbf{32.40}} / 0.8000}" in pages[".tex"]
        best = r'<span class="best">32\.40<span class="shape" .*●</span>.* \(best\)</span></span> / 0\.8000'
        assert re.search(best, pages[".html"])
        assert re.search(r'<span class="second">32\.33<span .*○.*\(second best\)', pages[".html"])


class TestCounts:
    """Operations and networks at the paper's sizes: printed and counted side by side."""

    def operations(self, tmp_path, **changes) -> list[str]:
        counts = {
            "conv_1x1": {"params": 2500, "mult_adds": 576_000_000},
            "sep_conv_7x7": {"params": 10_000, "mult_adds": 2_280_960_000},
        }
        path = tmp_path / "operations.json"
        path.write_text(json.dumps({"method": "dlsr", "channels": 50, "operations": counts | changes}))
        return [str(path)]

    def test_operations(self, tmp_path):
        table = make("dlsr_table1", demo_params(), counts=self.operations(tmp_path))
        shown = cells(table)
        assert shown["Convolution", "1×1"] == ["2.50", "2.50", "0.00", "0.0", "0.576", "0.576", "0.000", "0.0"]
        assert shown["Separable convolution", "7×7"][:4] == ["9.90", "10.00", "+0.10", "+1.0"]
        assert shown["Dilated convolution", "3×3 (not in this run)"] == ["2.95", "–", "–", "–", "0.680", "–", "–", "–"]
        assert len(shown) == 9

    def test_operations_that_the_paper_does_not_print(self, tmp_path):
        more = {"conv_9x9": {"params": 202_500, "mult_adds": 10**9}, "asym_conv_3x3": {"params": 0, "mult_adds": 0}}
        shown = cells(make("dlsr_table1", demo_params(), counts=self.operations(tmp_path, **more)))
        assert shown["Convolution", "9×9"] == ["–", "202.50", "–", "–", "–", "1.000", "–", "–"]
        assert shown["Other operation", "asym_conv_3x3"] == ["–", "0.00", "–", "–", "–", "0.000", "–", "–"]
        assert len(shown) == 9 + 2

    def reference(self, tmp_path, *rows) -> list[str]:
        keys = ("model", "scale", "params", "mult_adds")
        entries = [dict(zip(keys, row, strict=True)) | {"lr_size": [320, 180]} for row in rows]
        path = tmp_path / "reference.json"
        path.write_text(json.dumps({"method": "mran", "genotype": "g.json", "rows": entries}))
        return [str(path)]

    def test_reference(self, tmp_path):
        rows = [
            ("mran_all_rb", 4, 637_310, 50_000_000_000),
            ("mran_rb_csrm", 4, 410_178, 30_000_000_000),
            ("mran", 2, 476_000, 109_484_000_000),
        ]
        table, frame = build("mran_calibration", demo_params(), counts=self.reference(tmp_path, *rows))
        shown = cells(table)
        assert shown["Table 1", "All-RB ×4"] == ["631", "637.3", "+6.3", "+1.0", "–", "50.0", "–", "–"]
        assert shown["Table 3", "RB + CSRM ×4"][:4] == ["411", "410.2", "−0.8", "−0.2"]
        assert shown["Table 4", "MRAN ×2"] == ["476", "476.0", "0.0", "0.0", "108.4", "109.5", "+1.1", "+1.0"]
        assert shown["Table 4", "MRAN ×3 (not in this run)"] == ["522", *["–"] * 7]
        assert len(shown) == 4 + 5 + 4 + 3
        assert (
            dict(table.notes)["Fit"]
            == "Params differ by 0.40 % on average over 3 rows, most by +1.00 % (Table 1, All-RB ×4)."
        )
        numbers = frame.set_index(["group", "label", "metric"])
        assert numbers.loc[("Table 1", "All-RB ×4", "params_k"), "percent"] == pytest.approx(1.0)
        assert numbers.loc[("Table 1", "All-RB ×4", "params_k"), "difference"] == pytest.approx(6.31)

    def test_reference_needs_its_counts(self):
        with pytest.raises(UserError, match="--counts: 0 files"):
            make("mran_calibration", demo_params(), counts=[])


class TestCosts:
    """DLSR's Table 4."""

    def record(self, tmp_path, **changes) -> list[str]:
        machine = {"system": "Linux", "processor": "A CPU", "threads": 4, "gpu": None}
        document = record(demo_params().raw, "search", model="dlsr", seed=0, device="cpu")
        document |= {"seconds": 1800.0, "machine": machine} | changes
        (tmp_path / "dlsr.json").write_text(json.dumps(document))
        return [str(tmp_path / "dlsr.json")]

    def test_cpu_hours_have_no_difference(self, tmp_path):
        table = make("dlsr_table4", demo_params(), records=self.record(tmp_path))
        shown = cells(table)
        assert shown == {
            ("×2", "FALSR"): ["24", "–"], ("×2", "ESRN"): ["8", "–"], ("×2", "DLSR"): ["2", "–"],
            ("×2", "DLSR (this run)"): ["–", "2.0000"],
        }  # fmt: skip
        notes = dict(table.notes)
        assert notes["DLSR (this run)"] == "0.5000 hours on 4 threads of a CPU (A CPU), no GPU: given in CPU hours."
        search = demo_params().model("dlsr").search
        assert notes["Search"] == f"×2, {search.steps:,} steps, batch {search.batch}."
        assert "from the paper's text" in notes["ESRN as printed"]

    def test_gpu_days_do(self, tmp_path):
        machine = {"system": "Linux", "processor": "A CPU", "threads": 4, "gpu": "A GPU"}
        records = self.record(tmp_path, device="cuda:0", seconds=129600.0, machine=machine)
        table = make("dlsr_table4", demo_params(), records=records)
        shown = cells(table)
        assert shown["×2", "DLSR (this run)"] == ["1.5000", "–"]
        assert shown["×2", "DLSR: this run − paper"] == ["−0.5000", "–"]
        assert "one GPU (A GPU)" in dict(table.notes)["DLSR (this run)"]

    def test_no_record(self):
        table = make("dlsr_table4", demo_params(), records=[])
        assert [(row.label, row.reason) for row in table.groups[0].rows][-1] == ("DLSR", "not in this run")
