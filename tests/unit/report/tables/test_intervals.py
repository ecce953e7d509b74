"""What a table says of its differences: within or outside the noise of the test images."""

import copy
import dataclasses
import statistics

import pytest

from sr.core import config
from sr.methods import papers, published
from sr.report.run import results
from sr.report.tables import bootstrap, intervals
from sr.report.tables.bootstrap import Interval
from sr.report.tables.lines import lines as lines_of
from tests.helpers.reporting import BLOCK, GENOTYPE, build, demo_params, joined, make, metrics_file, variant
from tests.helpers.repository import REPO

PUBLISHED = published.read(REPO / "data" / "published.csv")
NO_COUNTS = results.read_complexity([])


def notes(tmp_path, rows: list[tuple], table: str = "dlsr_table5") -> dict[str, str]:
    """Return a table's lines on intervals; rows: model, scale, set, PSNR, and spread of the images."""
    files = [metrics_file(tmp_path, *row[:4], spread=row[4]) for row in rows]
    return dict(intervals.of_comparison(papers.table(table), results.read_metrics(files)))


class TestPairs:
    """One line a pair and scale."""

    def test_orders_of_the_paper(self, tmp_path):
        rows = [
            ("dlsr", 2, "Set5", 38.03, 1.0), ("dlsr_b", 2, "Set5", 38.0, 1.1),
            ("dlsr", 2, "Set14", 33.5, 1.0), ("dlsr_b", 2, "Set14", 33.6, 1.05),
            ("dlsr", 4, "Set5", 32.0, 1.0), ("bicubic", 2, "Set5", 33.0, 1.0),
        ]  # fmt: skip
        lines = notes(tmp_path, rows)
        # Spread by 0.1 and 0.05 over three images: each end is the lowest or the highest.
        assert lines["DLSR − DLSR-B ×2"] == (
            "Set5 +0.03 dB, 95 % interval −0.07 to +0.13 (3 images, 1 seed): within the noise; "
            "Set14 −0.10 dB, 95 % interval −0.15 to −0.05 (3 images, 1 seed): outside the noise."
        )
        # DLSR-B was not measured at x4, and a pair of the paper's stands for bicubic.
        assert list(lines) == ["Intervals", "DLSR − DLSR-B ×2"]
        assert lines["Intervals"].endswith("intervals that are too narrow to rely on: Set5 (3), Set14 (3).")

    def test_else_bicubic(self, tmp_path):
        rows = [("dlsr", 2, "Set5", 38.0, 1.0), ("bicubic", 2, "Set5", 33.0, 0.5), ("dlsr", 3, "Set5", 34.0, 1.0)]
        lines = notes(tmp_path, rows, "dlsr_table2")
        line = "Set5 +5.00 dB, 95 % interval +4.50 to +5.50 (3 images, 1 seed): outside the noise."
        assert lines["DLSR − bicubic ×2"] == line
        assert len(lines) == 2

    def test_nothing_to_compare(self, tmp_path):
        assert notes(tmp_path, [("dlsr", 2, "Set5", 38.0, 1.0)]) == {}
        assert notes(tmp_path, [("dlsr", 2, "Set5", 38.0, 1.0)], "dlsr_table7") == {}

    def test_enough_images_need_no_caution(self, tmp_path):
        many = [
            {"name": str(n), "height": 64, "width": 64, "values": {"psnr": 30.0 + n, "ssim": 0.9}}
            for n in range(bootstrap.RELIABLE)
        ]
        files = [metrics_file(tmp_path, model, 2, "Set14", 34.5, images=many) for model in ("dlsr", "bicubic")]
        lines = dict(intervals.of_comparison(papers.table("dlsr_table2"), results.read_metrics(files)))
        assert "(10 images, 1 seed): within the noise" in lines["DLSR − bicubic ×2"]
        assert "narrow" not in lines["Intervals"]

    @pytest.mark.parametrize(
        ("interval", "text"),
        [
            (Interval(-0.0123, 0.0689), "95 % interval −0.01 to +0.07 (5 images, 1 seed): within the noise"),
            (Interval(0.0, 0.0), "95 % interval 0.00 to 0.00 (5 images, 1 seed): within the noise"),
            # As many digits as show the sign.
            (Interval(0.0031, 0.0689), "95 % interval +0.0031 to +0.0689 (5 images, 1 seed): outside the noise"),
            (None, "(5 images, 1 seed): no interval"),
        ],
    )
    def test_words(self, interval, text):
        assert intervals.described(interval, 5) == text
        assert intervals.described(None, 1, 3) == "(1 image, 3 seeds): no interval"


class TestTable:
    """The intervals in a finished table."""

    def test_csv_has_the_ends_and_cells_do_not(self, tmp_path):
        run = joined(
            variant(tmp_path, "dlsr", 2, 320_000, {"Set5": (38.0, 0.96)}),
            ([metrics_file(tmp_path, "bicubic", 2, "Set5", 33.0)], []),
        )
        table, frame = build("dlsr_table2", demo_params(), **run)
        numbers = frame.set_index(["source", "method", "scale", "test_set", "metric"])["value"].sort_index()
        row = numbers["measured", "DLSR (this run)", 2, "Set5"]
        assert (row["psnr_low"], row["psnr_high"]) == pytest.approx((37.0, 39.0))
        assert (row["ssim_low"], row["ssim_high"]) == pytest.approx((0.95, 0.97))
        ends = frame[frame["metric"].str.contains("_low|_high")]
        assert set(ends["source"]) == {"measured"}
        assert set(ends["method"]) == {"DLSR (this run)", "Bicubic (measured)"}
        assert "DLSR − bicubic ×2" in dict(table.notes)
        texts = {part.text for row in table.groups[0].rows for cell in row.cells for part in cell}
        assert not [text for text in texts if "37.00" in text or "39.00" in text]

    def test_seeds_on_other_images_have_no_interval(self, tmp_path):
        other = [{"name": name, "height": 64, "width": 64, "values": {"psnr": 38.0, "ssim": 0.9}} for name in "xyz"]
        files = [
            metrics_file(tmp_path, "dlsr", 2, "Set5", 38.0),
            metrics_file(tmp_path, "dlsr_seed1", 2, "Set5", 38.0, images=other),
        ]
        assert intervals.seeds_bounds(("dlsr", "dlsr_seed1"), 2, results.read_metrics(files)) == {}


class TestManySeeds:
    """A table of seeds takes any number of them."""

    @pytest.mark.parametrize(("method", "name"), [("dlsr", "dlsr_table7"), ("mran", "mran_seeds")])
    def test_fifty_searches(self, tmp_path, method, name):
        raw = copy.deepcopy(demo_params().raw)
        raw[method]["search"].update(seeds=list(range(50)), seed_scales=[2, 4])
        params = config.check(raw)
        models = [model for model in params.models if model == method or model.startswith(f"{method}_seed")]
        parts = []
        for scale in (2, 4):
            for seed, model in enumerate(models):
                genotype = (
                    {**GENOTYPE, "inputs": [[1, 2], [2, 3], [2, 4], [1, seed % 40]]} if method == "dlsr" else BLOCK
                )
                (tmp_path / f"x{scale}").mkdir(exist_ok=True)
                sets = {"Set5": (38.0 + seed / 100, 0.96)}
                parts.append(variant(tmp_path / f"x{scale}", model, scale, 300_000, sets, genotype=genotype))
        table = make(name, params, **joined(*parts))
        assert [group.name for group in table.groups] == ["×2", "×4"]
        labels = [row.label for row in table.groups[0].rows if row.source == "measured"]
        assert labels == [*(f"search {n} (this run)" for n in range(1, 51)), "mean ± s, n = 50 (this run)"]
        lines = dict(table.notes)
        seeds = ", ".join(map(str, range(50)))
        assert lines["Searches"] == f"{method} with 50 seeds, in the order of the rows: {seeds}."
        assert "(3 images, 50 seeds)" in lines["Mean on Set5 ×4"]
        if method == "dlsr":
            assert lines["Genotypes"] == "40 different ones from 50 searches, the most frequent one found 2 times."
        # Notes do not grow with the searches.
        assert len(table.notes) < 25
        assert all(len(text) < 400 for text in lines.values())


class TestRepeatedRows:
    """A row of several seeds: its mean with spread and n, and differences seed by seed."""

    # Each seed's gain differs; the arms' unpaired seeds, 7 and 8, count in the means alone.
    ROWS = (
        ("dlsr", 38.0), ("dlsr_seed1", 38.2), ("dlsr_seed2", 38.4), ("dlsr_seed7", 39.0),
        ("dlsr_b", 37.9), ("dlsr_b_seed1", 38.0), ("dlsr_b_seed2", 38.1), ("dlsr_b_seed8", 30.0),
    )  # fmt: skip

    def spec(self):
        groups = {
            base: tuple(name for name, _ in self.ROWS if name.partition("_seed")[0] == base)
            for base in ("dlsr", "dlsr_b")
        }
        return dataclasses.replace(papers.table("dlsr_table5"), repeats=groups)

    def metrics(self, tmp_path):
        return results.read_metrics([metrics_file(tmp_path, name, 2, "Set5", psnr) for name, psnr in self.ROWS])

    def test_differences_are_those_of_the_same_seeds(self, tmp_path):
        lines = dict(intervals.of_comparison(self.spec(), self.metrics(tmp_path)))
        # Gains 0.1, 0.2 and 0.3 of three seeds; all images alike, so the ends are those of resampled seeds.
        expected = "Set5 +0.20 dB, 95 % interval +0.10 to +0.30 (3 images, 3 seeds): outside the noise."
        assert lines["DLSR − DLSR-B ×2"] == expected
        assert "seeds are resampled first" in lines["Intervals"]

    def test_a_row_is_the_mean_over_its_seeds(self, tmp_path):
        spec, metrics = self.spec(), self.metrics(tmp_path)
        rows = lines_of(spec, papers.find("dlsr"), PUBLISHED, metrics, NO_COUNTS)
        row = next(line for line in rows if line.key == "DLSR" and line.source == "measured" and line.scale == 2)
        assert row.label == "DLSR ± s, n = 4 (this run)"
        values = [psnr for name, psnr in self.ROWS if not name.startswith("dlsr_b")]
        assert row.numbers["Set5", "psnr"] == pytest.approx(statistics.fmean(values))
        assert row.spreads["Set5", "psnr"] == pytest.approx(statistics.stdev(values))
        # The printed row is compared with the mean.
        difference = next(line for line in rows if line.source == "difference" and line.key == "DLSR")
        assert difference.numbers["Set5", "psnr"] == pytest.approx(statistics.fmean(values) - 38.04)

    def test_a_run_completes_the_groups(self):
        params = demo_params()
        assert papers.with_variants(papers.table("dlsr_table5"), params.models, {}).repeats["dlsr"] == (
            "dlsr", "dlsr_seed1", "dlsr_seed2",
        )  # fmt: skip
        # The main table shows the paper's one network.
        assert "dlsr" not in papers.with_variants(papers.table("dlsr_table2"), params.models, {}).repeats
