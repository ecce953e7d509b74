"""Every table of both papers, from its literal description to its rows."""

import csv
import itertools
import json
import re
import statistics
import subprocess
import sys

import pytest

from sr.errors import UserError
from sr.report import papers, render, tables
from sr.schema import ROOT
from tests.unit.reporting import (
    GENOTYPE,
    OTHER,
    OTHER_GENOTYPE,
    PUBLISHED,
    cells,
    compare,
    complexity_file,
    demo_params,
    make,
    metrics_file,
    params_file,
)

BLOCK = {"format": 1, "method": "mran", "operations": {"0-1": "rdb_rb"}, "attentions": {"0-1": "esa"}}
PAGES = (".csv", ".md", ".tex", ".html")


def variant(folder, model: str, scale: int, params: int, sets: dict[str, tuple[float, float]], **changes):
    """Write one model's metrics and complexity; return both as lists."""
    files = [metrics_file(folder, model, scale, name, *values) for name, values in sets.items()]
    method = model.partition("_")[0]
    genotype = {"genotype": BLOCK if method == "mran" else GENOTYPE, "method": method, "model": model}
    return files, [complexity_file(folder, {scale: (params, 68_000_000_000)}, model, **genotype | changes)]


def joined(*runs) -> dict[str, list[str]]:
    """Return the runs as inputs of a comparison."""
    return {"metrics": sum((run[0] for run in runs), []), "complexity": sum((run[1] for run in runs), [])}


class TestRegistry:
    """The rules ask which table needs what."""

    def test_names_kinds_and_needs(self):
        found = papers.tables(["dlsr", "mran"])
        assert list(found) == [
            *(f"dlsr_table{n}" for n in range(1, 8)),
            *(f"mran_table{n}" for n in range(1, 5)),
            "mran_calibration",
        ]
        assert {name: table.inputs for name, table in found.items() if table.inputs != ("metrics", "complexity")} == {
            "dlsr_table1": ("counts",), "dlsr_table4": ("records",), "mran_calibration": ("counts",)
        }  # fmt: skip
        assert found["dlsr_table7"].models == ("dlsr", "dlsr_seed1", "dlsr_seed2")
        assert found["dlsr_table5"].scales == (2, 4)
        assert found["mran_table3"].models == ("mran_rb", "mran_mrab", "mran_rb_csrm", "mran_mrab_csrm")
        assert list(papers.tables(["mran"])) == [name for name in found if name.startswith("mran")]

    def test_every_model_of_the_run_is_in_a_table(self):
        models = {model for table in papers.tables().values() for model in table.models}
        assert models == {
            "dlsr", "dlsr_s", "dlsr_b", "dlsr_l1", "dlsr_hfen", "dlsr_seed1", "dlsr_seed2",
            "mran", "mran_all_rb", "mran_all_lrb", "mran_all_srb", "mran_mrb", "mran_rb", "mran_rb_ca", "mran_rb_sa",
            "mran_rb_pa", "mran_rb_ma", "mran_mrab", "mran_rb_csrm", "mran_mrab_csrm",
        }  # fmt: skip

    def test_labels_are_the_papers_own(self):
        with open(PUBLISHED, newline="", encoding="utf-8") as stream:
            printed = {(row["paper"], row["table"], row["method"]) for row in csv.DictReader(stream)}
        for table in papers.tables().values():
            wanted = {(table.method.upper(), table.number, label) for label in table.own}
            if table.kind == "comparison" and not table.spread:
                assert wanted <= printed, table.name

    def test_published_files_exist(self):
        assert {table.published for table in papers.tables().values()} == {
            str(path.relative_to(ROOT)) for path in (PUBLISHED, OTHER)
        }

    def test_it_needs_nothing_but_the_standard_library(self):
        code = (
            "import sys; before = set(sys.modules)\n"
            "import sr.report.papers\n"
            "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
            "print(sorted(new - set(sys.stdlib_module_names)))"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "['sr']"

    def test_errors(self, tmp_path):
        with pytest.raises(UserError, match="table 'dlsr_table9': unknown. Choose from: dlsr_table1"):
            papers.table("dlsr_table9")
        write = lambda name, **inputs: tables.write_table(  # noqa: E731 - two lines a case
            name, params_file(tmp_path, "demo"), PUBLISHED, dict.fromkeys(INPUTS) | inputs, tmp_path / "t"
        )
        with pytest.raises(UserError, match="dlsr_table2: --complexity is missing"):
            write("dlsr_table2", metrics=[])
        with pytest.raises(
            UserError, match="dlsr_table2: --records has no use here.*made from --metrics, --complexity"
        ):
            write("dlsr_table2", metrics=[], complexity=[], records=[])
        assert not list(tmp_path.glob("t.*"))


INPUTS = ("metrics", "complexity", "records", "counts")


class TestVariants:
    """Tables with several rows of ours; a preset may lack some."""

    def test_each_row_meets_its_own_row_of_the_paper(self, tmp_path):
        with_it = variant(tmp_path, "dlsr", 2, 320_000, {"Set5": (38.00, 0.9600), "Set14": (33.60, 0.9170)})
        without = variant(tmp_path, "dlsr_b", 2, 300_000, {"Set5": (37.90, 0.9590)})
        table = compare((with_it[0] + without[0], with_it[1] + without[1]), "dlsr_table5")
        found = table.query("source == 'difference'").set_index(["method", "test_set", "metric"])["value"]
        assert found.to_dict() == pytest.approx(
            {
                ("DLSR-B: this run − paper", "Set5", "psnr"): -0.14,
                ("DLSR-B: this run − paper", "Set5", "ssim"): -0.0016,
                ("DLSR: this run − paper", "Set5", "psnr"): -0.04,
                ("DLSR: this run − paper", "Set5", "ssim"): -0.0006,
                ("DLSR: this run − paper", "Set14", "psnr"): -0.07,
                ("DLSR: this run − paper", "Set14", "ssim"): -0.0013,
            }
        )

    def test_a_missing_variant_says_so(self, tmp_path):
        run = joined(variant(tmp_path, "dlsr", 2, 320_000, {"Set5": (38.0, 0.96)}))
        sheet = make("dlsr_table5", demo_params(), **run)
        shown = cells(sheet)
        assert shown["×2", "DLSR-B"][2] == "38.04 / 0.9606"
        assert shown["×2", "DLSR-B (not in this run)"] == []
        absent = [(group.name, row.label) for group in sheet.groups for row in group.rows if row.reason]
        assert absent == [("×2", "DLSR-B"), ("×4", "DLSR-B"), ("×4", "DLSR")]
        for suffix, text in render.pages(sheet).items():
            assert text.count("not in this run") == (0 if suffix == ".csv" else 3)

    def test_a_run_with_nothing_still_prints_the_paper(self):
        sheet = make("mran_table1", demo_params(mran={}), metrics=[], complexity=[])
        rows = [row for group in sheet.groups for row in group.rows]
        assert [row.source for row in rows] == ["published"] * 4 + ["measured"] * 4
        assert {row.reason for row in rows[4:]} == {"not in this run"}
        assert [column.name for column in sheet.columns] == ["Params", "Set5", "Set14", "B100", "Urban100"]
        assert ("Tested on", "nothing in this run.") in sheet.notes

    def test_only_the_papers_columns(self, tmp_path):
        run = joined(variant(tmp_path, "mran_mrb", 4, 590_300, {"Set5": (31.0, 0.88), "Set14": (28.0, 0.77)}))
        sheet = make("mran_table1", demo_params(mran={}), **run)
        shown = cells(sheet)
        assert shown["×4", "MRB (this run)"] == ["590.3", "31.00", "28.00", "–", "–"]
        assert shown["×4", "MRB: this run − paper"] == ["+2.3", "−0.91", "−0.44", "–", "–"]
        assert set(sheet.numbers["metric"]) == {"params_k", "psnr"}

    def test_lost_numbers_leave_the_papers_column_empty(self, tmp_path):
        run = joined(variant(tmp_path, "dlsr_l1", 2, 320_000, {"EmbeddedTest": (30.0, 0.9)}))
        sheet = make("dlsr_table6", demo_params(), **run)
        shown = cells(sheet)
        assert [column.name for column in sheet.columns] == ["Params", "Mult-Adds", "EmbeddedTest"]
        assert shown["×2", "DLSR-L1"] == shown["×2", "DLSR-HFEN"] == ["–", "–", "–"]
        assert shown["×2", "DLSR-HFEN (not in this run)"] == []
        assert shown["×2", "DLSR-L1 (this run)"] == ["320.0", "68.0", "30.00 / 0.9000"]
        assert not [label for _, label in shown if "−" in label]

    def test_other_sources_stand_in_rows_of_their_own(self):
        sheet = make("dlsr_table3", demo_params(), metrics=[], complexity=[])
        shown = cells(sheet)
        assert shown["×4", "TPSR-NOGAN"] == ["–"] * 6
        assert shown["×4", "TPSR-NOGAN (elsewhere)"][:3] == ["61", "3.6", "31.10 / 0.8779"]
        assert shown["×2", "TPSR-NOGAN (elsewhere)"] == ["60", "14.0", "37.38 / –", "–", "–", "–"]
        assert "royson/tpsr" in dict(sheet.notes)["TPSR-NOGAN (elsewhere)"]
        sheet = make("mran_table4", demo_params(mran={}), metrics=[], complexity=[])
        shown = cells(sheet)
        assert shown["×3", "CARN"] == ["1,592", "–", "–", "–", "–", "28.06 / 0.8493"]
        assert shown["×3", "CARN (elsewhere)"][1:3] == ["118.8", "34.29 / 0.9255"]
        assert "CARN-pytorch" in dict(sheet.notes)["CARN (elsewhere)"]

    def test_variants_are_described_by_what_differs(self, tmp_path):
        own = demo_params().models["dlsr"]
        params = demo_params(
            dlsr_b={"network": {**own.network, "network_level": False}},
            dlsr_seed1={"seed": 7},
            dlsr_s={"genotype_of": "dlsr"},
        )
        said = dict(make("dlsr_table5", params, metrics=[], complexity=[]).notes)
        assert said["DLSR-B"] == "dlsr_b: dlsr with network.network_level no."
        assert (
            dict(make("dlsr_table7", params, metrics=[], complexity=[]).notes)["search 2"]
            == "dlsr_seed1: dlsr with seed 7."
        )
        said = dict(make("dlsr_table3", params, metrics=[], complexity=[]).notes)
        assert said["DLSR-S"] == "dlsr_s: dlsr with no other parameter; genotype of dlsr."


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
        sheet = make("dlsr_table7", demo_params(), **self.run(tmp_path))
        labels = [row.label for row in sheet.groups[0].rows]
        assert labels == [
            "DLSR-a", "DLSR-b", "DLSR-c", "mean ± s, n = 3",
            "search 1 (this run)", "search 2 (this run)", "search 3 (this run)", "mean ± s, n = 3 (this run)",
            "mean: this run − paper",
        ]  # fmt: skip
        assert cells(sheet)["×2", "mean ± s, n = 3 (this run)"][2] == "38.050 ± 0.180 / 0.96000 ± 0.00000"
        said = dict(sheet.notes)
        assert said["Genotype of search 1, search 3"].startswith(
            "conv_1x1, sep_conv_7x7, sep_conv_5x5; cell 3 reads 1 and 2"
        )
        assert said["Genotype of search 2"].startswith("dil_conv_3x3, conv_7x7, dil_conv_5x5")
        assert "n − 1" in said["Spread"]

    def test_two_searches_say_two_and_one_has_no_mean(self, tmp_path):
        labels = [row.label for row in make("dlsr_table7", demo_params(), **self.run(tmp_path, 2)).groups[0].rows]
        assert "mean ± s, n = 2 (this run)" in labels
        assert labels[-2:] == ["mean ± s, n = 2 (this run)", "mean: this run − paper"]
        labels = [row.label for row in make("dlsr_table7", demo_params(), **self.run(tmp_path, 1)).groups[0].rows]
        assert not [label for label in labels if "mean" in label and "this run" in label]

    def test_means_are_not_ranked(self, tmp_path):
        sheet = make("dlsr_table7", demo_params(), **self.run(tmp_path))
        marked = {row.label: cell[0].mark for row in sheet.groups[0].rows for cell in row.cells[2:3] if cell[0].mark}
        assert marked == {"search 3 (this run)": "best", "DLSR-c": "second"}


class TestMarks:
    """Best and second best, as the papers colour them."""

    def test_ties_share_a_mark_and_differences_have_none(self, tmp_path):
        run = joined(variant(tmp_path, "mran_mrb", 4, 588_000, {"Set5": (31.894, 0.88)}))
        rows = make("mran_table1", demo_params(mran={}), **run).groups[0].rows
        marks = {row.label: row.cells[1][0].mark for row in rows if row.cells and row.cells[1][0].mark}
        assert marks == {"MRB": "best", "All-RB": "second", "MRB (this run)": "second"}

    def test_sets_and_scales_are_ranked_apart(self, tmp_path):
        run = joined(variant(tmp_path, "dlsr", 2, 320_000, {"EmbeddedTest": (99.0, 0.99)}))
        sheet = make("dlsr_table2", demo_params(), **run)
        best = {
            (group.name, column.name): row.label
            for group in sheet.groups
            for row in group.rows
            for column, cell in zip(sheet.columns, row.cells, strict=False)
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
        assert r"\textsf{\textbf{32.40} / 0.8000}" in pages[".tex"]
        assert '<span class="best">32.40</span> / 0.8000' in pages[".html"]
        assert '<span class="second">32.33</span>' in pages[".html"]


class TestCounts:
    """Operations and calibration: printed and counted side by side."""

    def operations(self, tmp_path, **changes) -> list[str]:
        counts = {
            "conv_1x1": {"params": 2500, "mult_adds": 576_000_000},
            "sep_conv_7x7": {"params": 10_000, "mult_adds": 2_280_960_000},
        }
        path = tmp_path / "operations.json"
        path.write_text(json.dumps({"method": "dlsr", "channels": 50, "operations": counts | changes}))
        return [str(path)]

    def test_operations(self, tmp_path):
        sheet = make("dlsr_table1", demo_params(), counts=self.operations(tmp_path))
        shown = cells(sheet)
        assert shown["Convolution", "1×1"] == ["2.50", "2.50", "0.00", "0.0", "0.576", "0.576", "0.000", "0.0"]
        assert shown["Separable convolution", "7×7"][:4] == ["9.90", "10.00", "+0.10", "+1.0"]
        assert shown["Dilated convolution", "3×3 (not in this run)"] == ["2.95", "–", "–", "–", "0.680", "–", "–", "–"]
        assert len(shown) == 9
        with pytest.raises(UserError, match="'skip' is in no row of the paper's table"):
            make("dlsr_table1", demo_params(), counts=self.operations(tmp_path, skip={"params": 0, "mult_adds": 0}))

    def calibration(self, tmp_path, *rows) -> list[str]:
        keys = ("table", "label", "model", "scale", "params", "mult_adds")
        path = tmp_path / "calibration.json"
        path.write_text(json.dumps({"method": "mran", "rows": [dict(zip(keys, row, strict=True)) for row in rows]}))
        return [str(path)]

    def test_calibration(self, tmp_path):
        rows = [
            ("1", "All-RB", "mran_all_rb", 4, 637_310, 50_000_000_000),
            ("3", "anything", "mran_rb_csrm", 4, 410_178, 30_000_000_000),
            ("4", "MRAN", "mran", 2, 476_000, 109_484_000_000),
        ]
        sheet = make("mran_calibration", demo_params(), counts=self.calibration(tmp_path, *rows))
        shown = cells(sheet)
        assert shown["Table 1", "All-RB ×4"] == ["631", "637.3", "+6.3", "+1.0", "–", "50.0", "–", "–"]
        assert shown["Table 3", "RB + CSRM ×4"][:4] == ["411", "410.2", "−0.8", "−0.2"]
        assert shown["Table 4", "MRAN ×2"] == ["476", "476.0", "0.0", "0.0", "108.4", "109.5", "+1.1", "+1.0"]
        assert shown["Table 4", "MRAN ×3 (not in this run)"] == ["522", *["–"] * 7]
        assert len(shown) == 4 + 5 + 4 + 3
        assert (
            dict(sheet.notes)["Fit"]
            == "Params differ by 0.40 % on average over 3 rows, most by +1.00 % (Table 1, All-RB ×4)."
        )
        numbers = sheet.numbers.set_index(["group", "label", "metric"])
        assert numbers.loc[("Table 1", "All-RB ×4", "params_k"), "percent"] == pytest.approx(1.0)
        assert numbers.loc[("Table 1", "All-RB ×4", "params_k"), "difference"] == pytest.approx(6.31)

    def test_calibration_needs_its_counts(self):
        with pytest.raises(UserError, match="--counts: 0 files"):
            make("mran_calibration", demo_params(), counts=[])


class TestCosts:
    """DLSR's Table 4."""

    def record(self, tmp_path, **changes) -> list[str]:
        machine = {"system": "Linux", "processor": "A CPU", "threads": 4, "gpu": None}
        document = {"model": "dlsr", "device": "cpu", "seconds": 1800.0, "machine": machine} | changes
        (tmp_path / "dlsr.json").write_text(json.dumps(document))
        return [str(tmp_path / "dlsr.json")]

    def test_cpu_hours_have_no_difference(self, tmp_path):
        sheet = make("dlsr_table4", demo_params(), records=self.record(tmp_path))
        shown = cells(sheet)
        assert shown == {
            ("×2", "FALSR"): ["24", "–"], ("×2", "ESRN"): ["8", "–"], ("×2", "DLSR"): ["2", "–"],
            ("×2", "DLSR (this run)"): ["–", "2.0000"],
        }  # fmt: skip
        said = dict(sheet.notes)
        assert said["DLSR (this run)"] == "0.5000 hours on 4 threads of a CPU (A CPU), no GPU: given in CPU hours."
        search = demo_params().model("dlsr").search
        assert said["Search"] == f"×2, {search.steps:,} steps, batch {search.batch}."
        assert "prose" in said["ESRN as printed"]

    def test_gpu_days_do(self, tmp_path):
        machine = {"processor": "A CPU", "threads": 4, "gpu": "A GPU"}
        records = self.record(tmp_path, device="cuda:0", seconds=129600.0, machine=machine)
        sheet = make("dlsr_table4", demo_params(), records=records)
        shown = cells(sheet)
        assert shown["×2", "DLSR (this run)"] == ["1.5000", "–"]
        assert shown["×2", "DLSR: this run − paper"] == ["−0.5000", "–"]
        assert "one GPU (A GPU)" in dict(sheet.notes)["DLSR (this run)"]

    def test_no_record(self):
        sheet = make("dlsr_table4", demo_params(), records=[])
        assert [(row.label, row.reason) for row in sheet.groups[0].rows][-1] == ("DLSR", "not in this run")


@pytest.mark.parametrize("name", papers.tables())
def test_every_table_has_four_sound_pages(tmp_path, name):
    counts = {"method": "dlsr", "channels": 50, "operations": {}, "rows": []}
    (tmp_path / "counts.json").write_text(json.dumps(counts))
    given = {"counts": [str(tmp_path / "counts.json")]}
    inputs = {key: given.get(key, []) for key in papers.table(name).inputs}
    pages = render.pages(make(name, demo_params(mran={}), **inputs))
    assert tuple(pages) == PAGES
    bare = re.sub(r"\\.", "", pages[".tex"])
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert not set("×−–—±Δ_#~^") & set(bare)
    rows = [line for line in pages[".tex"].splitlines() if line.endswith(r"\\")]
    assert len({len(re.findall(r"(?<!\\)&", row)) for row in rows}) == 1
    lines = [line for line in pages[".md"].splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert len(lines) == len(rows) + 1
    assert pages[".html"].count("<tr") == len(rows)
    assert render.pages(make(name, demo_params(mran={}), **inputs)) == pages
