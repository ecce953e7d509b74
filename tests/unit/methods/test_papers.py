"""Every table of both papers, from its literal description to its rows."""

import csv
import json
import re
import subprocess
import sys

import pytest

from sr.core.errors import UserError
from sr.core.files import ROOT
from sr.methods import papers
from sr.report.tables import build as tables
from sr.report.tables import render
from tests.helpers.reporting import (
    OTHER,
    PUBLISHED,
    build,
    cells,
    compare,
    demo_params,
    joined,
    make,
    params_file,
    variant,
)

PAGES = (".md", ".tex", ".html")


class TestRegistry:
    """The rules ask which table needs what."""

    def test_names_kinds_and_needs(self):
        found = papers.tables(["dlsr", "mran"])
        assert list(found) == [
            *(f"dlsr_table{n}" for n in range(1, 8)),
            *(f"mran_table{n}" for n in range(1, 5)),
            "mran_seeds",
            "mran_calibration",
        ]
        assert {name: table.inputs for name, table in found.items() if table.inputs != ("metrics", "complexity")} == {
            "dlsr_table1": ("counts",), "dlsr_table4": ("records",), "mran_calibration": ("counts",)
        }  # fmt: skip
        # Further seeds are the run's own.
        assert found["dlsr_table7"].models == ("dlsr",)
        assert found["dlsr_table5"].scales == (2, 4)
        assert found["mran_table3"].models == ("mran_rb", "mran_mrab", "mran_rb_csrm", "mran_mrab_csrm")
        assert list(papers.tables(["mran"])) == [name for name in found if name.startswith("mran")]

    def test_every_model_of_the_run_is_in_a_table(self):
        models = {model for table in papers.tables(papers.PAPERS).values() for model in table.models}
        assert models == {
            "dlsr", "dlsr_s", "dlsr_b", "dlsr_l1", "dlsr_hfen",
            "mran", "mran_all_rb", "mran_all_lrb", "mran_all_srb", "mran_mrb", "mran_rb", "mran_rb_ca", "mran_rb_sa",
            "mran_rb_pa", "mran_rb_ma", "mran_mrab", "mran_rb_csrm", "mran_mrab_csrm",
        }  # fmt: skip

    def test_labels_are_the_papers_own(self):
        with open(PUBLISHED, newline="", encoding="utf-8") as stream:
            printed = {(row["paper"], row["table"], row["method"]) for row in csv.DictReader(stream)}
        for table in papers.tables(papers.PAPERS).values():
            wanted = {(table.method.upper(), table.number, label) for label in table.own}
            if table.kind == "comparison" and not table.spread:
                assert wanted <= printed, table.name

    def test_published_files_exist(self):
        assert {table.published for table in papers.tables(papers.PAPERS).values()} == {
            str(path.relative_to(ROOT)) for path in (PUBLISHED, OTHER)
        }

    def test_it_needs_nothing_but_the_standard_library(self):
        code = (
            "import sys; before = set(sys.modules)\n"
            "import sr.methods.papers\n"
            "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
            "print(sorted(new - set(sys.stdlib_module_names)))"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "['sr']"

    @pytest.mark.parametrize("method", papers.PAPERS)
    def test_a_paper_says_what_it_is(self, method):
        paper = papers.find(method)
        assert paper.method == method
        assert paper.citation
        assert paper.deviations
        assert {table.method for table in paper.tables} | {panel.method for panel in paper.panels} == {method}
        assert paper.figure.table in {table.number for table in paper.tables}

    def test_a_method_without_a_paper_has_a_table_of_its_own(self, monkeypatch):
        monkeypatch.setattr(papers, "METHODS", (*papers.METHODS, "plain"))
        paper = papers.find("plain")
        assert (paper.name, paper.figure, paper.panels) == ("PLAIN", None, ())
        plain = demo_params().models["dlsr"].replace(method="plain", scales=[4, 2])
        own = {name: plain.replace(name=name) for name in ("plain", "plain_wide", "plain_seed1")}
        (table,) = papers.of_run(["plain"], own, {}).values()
        assert (table.name, table.number, table.published) == ("plain_comparison", "", "data/published.csv")
        assert table.own == {"PLAIN": "plain", "plain_wide": "plain_wide"}
        assert table.scales == (2, 4)

    def test_errors(self, tmp_path):
        with pytest.raises(UserError, match="table 'dlsr_table9': unknown. Choose from: dlsr_table1"):
            papers.table("dlsr_table9")
        write = lambda name, **inputs: tables.write_table(  # noqa: E731 - two lines a case
            name, params_file(tmp_path, "demo"), PUBLISHED, dict.fromkeys(INPUTS) | inputs, tmp_path / "t"
        )
        with pytest.raises(UserError, match="dlsr_table2: --complexity is missing"):
            write("dlsr_table2", metrics=[])
        with pytest.raises(
            UserError, match="dlsr_table2: --records is not used here.*made from --metrics, --complexity"
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
            assert text.count("not in this run") == 3, suffix

    def test_a_run_with_nothing_still_prints_the_paper(self):
        sheet = make("mran_table1", demo_params(mran={}), metrics=[], complexity=[])
        rows = [row for group in sheet.groups for row in group.rows]
        assert [row.source for row in rows] == ["published"] * 4 + ["measured"] * 4
        assert {row.reason for row in rows[4:]} == {"not in this run"}
        assert [column.name for column in sheet.columns] == ["Params", "Set5", "Set14", "B100", "Urban100"]
        assert ("Tested on", "no set in this run.") in sheet.notes

    def test_only_the_papers_columns(self, tmp_path):
        run = joined(variant(tmp_path, "mran_mrb", 4, 590_300, {"Set5": (31.0, 0.88), "Set14": (28.0, 0.77)}))
        table, frame = build("mran_table1", demo_params(mran={}), **run)
        shown = cells(table)
        assert shown["×4", "MRB (this run)"] == ["590.3", "31.00", "28.00", "–", "–"]
        assert shown["×4", "MRB: this run − paper"] == ["+2.3", "−0.91", "−0.44", "–", "–"]
        assert set(frame["metric"]) == {"params_k", "psnr", "psnr_low", "psnr_high"}

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
            dlsr_b={"network": own.network.replace(network_level=False)},
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
        assert said["DLSR-S"] == "dlsr_s: dlsr with the same parameters; genotype of dlsr."


@pytest.mark.parametrize("name", papers.tables(papers.PAPERS))
def test_every_table_has_four_sound_pages(tmp_path, name):
    operations = {"method": "dlsr", "channels": 50, "operations": {}}
    reference = {"method": "mran", "genotype": "g.json", "rows": []}
    counts = reference if papers.table(name).kind == "reference" else operations
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
