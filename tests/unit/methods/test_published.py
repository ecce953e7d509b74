"""The printed numbers: data/published.csv and data/published_other.csv."""

import re

import numpy as np
import pandas as pd
import pytest

from sr.core.errors import UserError
from sr.evaluate.metrics import METRICS, Metric
from sr.evaluate.output_size import lr_size
from sr.methods import published
from sr.methods.papers import find
from tests.helpers.reporting import COUNTS, OTHER, PRINTED, PUBLISHED
from tests.helpers.repository import SHARED


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
            ("DLSR", "2", 2): 9, ("DLSR", "2", 3): 8, ("DLSR", "2", 4): 8, ("DLSR", "3", 2): 2, ("DLSR", "3", 4): 2,
            ("DLSR", "5", 2): 2, ("DLSR", "5", 4): 2, ("DLSR", "6", 2): 3, ("DLSR", "7", 2): 3,
            ("MRAN", "1", 4): 4, ("MRAN", "2", 4): 5, ("MRAN", "3", 4): 4,
            ("MRAN", "4", 2): 15, ("MRAN", "4", 3): 12, ("MRAN", "4", 4): 12,
            ("IMDN", "-", 2): 1, ("IMDN", "-", 3): 1, ("IMDN", "-", 4): 1, ("VDSR", "-", 4): 1, ("MemNet", "-", 4): 1,
            ("CARN", "-", 3): 1, ("CARN", "-", 4): 1, ("TPSR", "-", 2): 1, ("TPSR", "-", 4): 1,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("table", "method", "numbers"),
        [
            ("1", "All-RB", [631, 31.89, 28.42, 27.44, 25.64]),
            ("1", "All-LRB", [484, 31.74, 28.33, 27.38, 25.48]),
            ("1", "All-SRB", [520, 31.80, 28.37, 27.41, 25.57]),
            ("1", "MRB", [588, 31.91, 28.44, 27.47, 25.69]),
            ("2", "RB", [610, 31.60, 28.26, 27.34, 25.37]),
            ("2", "RB-SA", [617, 31.74, 28.40, 27.40, 25.53]),
            ("2", "RB-MA", [651, 31.95, 28.48, 27.48, 25.80]),
        ],
    )
    def test_mran_ablation_rows(self, table, method, numbers):
        rows = published.rows_of(published.read(PUBLISHED), "MRAN", table)
        row = rows[(rows["method"] == method) & (rows["scale"] == 4)]
        assert row[["params_k", "set5_psnr", "set14_psnr", "b100_psnr", "urban100_psnr"]].to_numpy().tolist() == [
            numbers
        ]
        assert row[["mult_adds_g", "set5_ssim", "urban100_ssim"]].isna().all(axis=None)

    def test_mran_table_3(self):
        rows = published.rows_of(published.read(PUBLISHED), "MRAN", "3").set_index("method")
        assert rows[["params_k", "set5_psnr", "set14_psnr"]].T.to_dict("list") == {
            "RB": [610, 31.60, 28.27],
            "MRAB": [629, 31.98, 28.52],
            "RB + CSRM": [411, 31.79, 28.35],
            "MRAB + CSRM": [430, 32.04, 28.54],
        }

    @pytest.mark.parametrize(
        ("method", "scale", "numbers"),
        [
            ("FSRCNN", 2, [12, 6.0, 37.05, 0.9560, 32.66, 0.9090, 31.53, 0.8920, 29.88, 0.9020]),
            ("MemNet", 3, [677, 2662.4, 34.09, 0.9248, 30.00, 0.8350, 28.96, 0.8001, 27.56, 0.8376]),
            ("IMDN", 3, [703, 71.5, 34.36, 0.9270, 30.32, 0.8417, 29.09, 0.8046, 28.17, 0.8519]),
            ("ESRN", 2, [1014, 228.4, 38.04, 0.9607, 33.71, 0.9185, 32.23, 0.9005, 32.37, 0.9310]),
            ("IDN", 4, [600, 32.3, 31.99, 0.8928, 28.52, 0.7794, 27.52, 0.7339, 25.92, 0.7801]),
            ("MRAN", 2, [476, 108.4, 38.05, 0.9608, 33.63, 0.9180, 32.19, 0.8997, 32.17, 0.9284]),
            ("MRAN", 4, [513, 35.6, 32.21, 0.8949, 28.60, 0.7812, 27.59, 0.7355, 26.04, 0.7839]),
        ],
    )
    def test_mran_comparison_rows(self, method, scale, numbers):
        rows = published.rows_of(published.read(PUBLISHED), "MRAN", "4")
        row = rows[(rows["method"] == method) & (rows["scale"] == scale)]
        assert row[published.COMPLEXITY + published.QUALITY].to_numpy().tolist() == [numbers]

    def test_rows_that_both_papers_print_agree(self):
        frame = published.read(PUBLISHED)
        first, second = (
            published.rows_of(frame, *key).set_index(["method", "scale"])[published.COMPLEXITY + published.QUALITY]
            for key in (("DLSR", "2"), ("MRAN", "4"))
        )
        both = first.index.intersection(second.index)
        assert len(both) == 13
        apart = (first.loc[both] - second.loc[both]).abs().stack()  # noqa: PD013
        # DLSR's slip on bicubic; everything else is the same to the last digit.
        assert apart[apart > 0].round(4).to_dict() == {("Bicubic", 2, "b100_ssim"): 0.0028}

    def test_lost_cells_are_empty_and_said_to_be(self):
        rows = published.rows_of(published.read(PUBLISHED), "MRAN", "4").query("method != 'Bicubic'")
        gaps = rows[rows[published.COMPLEXITY + published.QUALITY].isna().any(axis=1)]
        assert set(gaps["note"]) == {"some cells are not available to us"}
        assert set(rows.drop(gaps.index)["note"]) == {""}
        own = gaps.query("method == 'MRAN'").iloc[0]
        assert (own["scale"], own["params_k"], own["urban100_psnr"]) == (3, 522, 28.16)
        assert own[published.QUALITY].notna().sum() == 2

    def test_printed_parts_agree_with_the_sources_that_fill_the_gaps(self):
        frame = published.read(PUBLISHED)
        gaps = published.rows_of(frame, "MRAN", "4").set_index(["method", "scale"])
        others = published.elsewhere(frame, "MRAN", "4").set_index(["method", "scale"])
        assert set(others.index) == {
            ("DRRN", 3), ("CARN", 3), ("ESRN-V", 3), ("VDSR", 4), ("MemNet", 4), ("CARN", 4), ("IMDN", 4), ("ESRN-V", 4)
        }  # fmt: skip
        assert set(others["paper"]) == {"DLSR", "CARN", "VDSR", "MemNet", "IMDN"}
        # MRAN prints VDSR with three digits of SSIM and an added zero.
        apart = (gaps.loc[others.index, published.QUALITY] - others[published.QUALITY]).abs().max(axis=None)
        assert apart == pytest.approx(0.0016)

    def test_tpsr_comes_from_elsewhere_and_dlsr_s_from_nowhere(self):
        frame = published.read(PUBLISHED)
        assert published.rows_of(frame, "DLSR", "3")[published.COMPLEXITY + published.QUALITY].isna().all(axis=None)
        others = published.elsewhere(frame, "DLSR", "3")
        assert others[["method", "scale", "set5_psnr"]].to_numpy().tolist() == [
            ["TPSR-NOGAN", 2, 37.38],
            ["TPSR-NOGAN", 4, 31.10],
        ]

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
        with pytest.raises(UserError, match="unknown method 'x'"):
            find("x")

    def test_metric_that_papers_print(self, tmp_path, monkeypatch):
        """Four more columns for a metric of METRICS, and none for one that no paper prints."""
        monkeypatch.setitem(METRICS, "mae", Metric("MAE", "levels", 3, False, lambda a, b: 0.0))
        monkeypatch.setattr(published, "QUALITY", [*published.QUALITY, *(f"{name}_mae" for name in published.SETS)])
        assert published.read(PUBLISHED)["set5_mae"].isna().all()
        frame = pd.read_csv(PUBLISHED, dtype=str, keep_default_na=False)
        for position, name in enumerate(published.SETS):
            frame.insert(8 + 3 * position, f"{name}_mae", "1.25")
        frame.to_csv(tmp_path / "p.csv", index=False)
        assert published.read(tmp_path / "p.csv")["urban100_mae"].eq(1.25).all()
        frame.drop(columns="b100_mae").to_csv(tmp_path / "p.csv", index=False)
        with pytest.raises(UserError, match="wrong columns: b100_mae"):
            published.read(tmp_path / "p.csv")


class TestOther:
    """data/published_other.csv: operations and costs."""

    def test_operations_follow_from_the_definitions(self):
        rows = published.rows_of(published.read_other(OTHER), "DLSR", "1")
        printed = rows.pivot_table(index="label", columns="metric", values="value")
        width = 50
        weights = {f"conv_{k}x{k}": k * k * width**2 for k in (1, 3, 5, 7)}
        weights |= {f"sep_conv_{k}x{k}": 2 * (k * k * width + width**2) for k in (3, 5, 7)}
        weights |= {f"dil_conv_{k}x{k}": k * k * width + width**2 for k in (3, 5)}
        assert set(printed.index) == set(weights)
        for name, count in weights.items():
            assert printed.loc[name, "params_k"] == pytest.approx(count / 1e3)
            assert printed.loc[name, "mult_adds_g"] == round(count * 640 * 360 / 1e9, 3)

    def test_costs(self):
        rows = published.rows_of(published.read_other(OTHER), "DLSR", "4").set_index("label")
        assert rows["value"].to_dict() == {"FALSR": 24, "ESRN": 8, "DLSR": 2}
        assert rows["note"].str.contains("paper's text").to_dict() == {"FALSR": False, "ESRN": True, "DLSR": True}

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("paper,table", "journal,table", "wrong columns: journal, paper"),
            ("params_k,2.5,", "params_k,2.5.1,", "line 2, value: '2.5.1' is not a number"),
            ("params_k,2.5,", "params,2.5,", "line 2: metric must be one of gpu_days, mult_adds_g, params_k"),
            ("mult_adds_g,0.576,", "params_k,0.576,", "line 3: a second row for DLSR, 1, conv_1x1, params_k"),
            ("params_k,2.5,", "params_k,,", "line 2: value is empty"),
        ],
    )
    def test_errors(self, tmp_path, old, new, message):
        text = OTHER.read_text(encoding="utf-8")
        assert old in text
        (tmp_path / "p.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(UserError, match=re.escape(message)):
            published.read_other(tmp_path / "p.csv")


class TestRecent:
    """data/published_recent.csv and data/published_years.csv: light networks since the papers, and years of all."""

    def test_rows(self):
        frame = published.read_recent(PRINTED.recent).set_index(["method", "scale"])
        assert frame.groupby("scale").size().to_dict() == {2: 3, 3: 3, 4: 6}
        row = frame.loc[("SMFANet (DF2K)", 2)]
        numbers = [186, 41, 38.8, 38.08, 0.9607, 33.65, 0.9185, 32.22, 0.9002, 32.20, 0.9282]
        assert row[["params_k", "mult_adds_g", "conv2d_g", *published.QUALITY]].tolist() == numbers
        assert np.isnan(frame.loc[("VapSR", 4), "mult_adds_g"])
        assert (frame["params_k"] <= 350).all()
        assert frame["conv2d_g"].notna().all()

    def test_counts_follow_from_the_authors_code(self):
        """SAFMN: 36 channels, 8 blocks; one channel group in four is pooled to half the size of the one before."""
        frame = published.read_recent(PRINTED.recent).query("method == 'SAFMN'").set_index("scale")
        for scale, row in frame.iterrows():
            width, height = lr_size(scale)
            dense = 3 * 36 * 9 + 8 * (36 * 36 + 36 * 72 * 9 + 72 * 36) + 36 * 3 * scale**2 * 9
            pooled = 8 * 9 * 9 * sum((width // 2**level) * (height // 2**level) for level in range(4))
            assert row["conv2d_g"] == round((dense * width * height + pooled) / 1e9, 1)

    def test_independent_counts_of_a_published_file_agree(self):
        path = SHARED / "peers" / "peers.csv"
        if not path.is_file():
            pytest.skip("needs ../shared/peers/peers.csv, which is not part of the project")
        counted = pd.read_csv(path).query("name == 'SMFANet (DF2K)'").set_index("scale")
        frame = published.read_recent(PRINTED.recent).query("method == 'SMFANet (DF2K)'").set_index("scale")
        expected = counted["mult_adds_g_x3_at_426x240"].fillna(counted["mult_adds_g"])
        assert (frame["conv2d_g"] - expected).abs().max() <= 0.05

    def test_every_network_of_the_plots_has_a_year(self):
        years = published.read_years(PRINTED.years)
        frame = published.read(PUBLISHED)
        tables = [published.rows_of(frame, *key) for key in (("DLSR", "2"), ("MRAN", "4"))]
        names = {name for table in [*tables, published.read_recent(PRINTED.recent)] for name in table["method"]}
        assert names - set(years) == {"Bicubic"}
        assert (years["DLSR"], years["MRAN"], years["DRRN"], years["CFSR"]) == (2021, 2021, 2017, 2024)
        recent = published.read_recent(PRINTED.recent)["method"]
        assert min(years[name] for name in recent) > published.RECENT

    @pytest.mark.parametrize(
        ("reader", "old", "new", "message"),
        [
            ("recent", "method,scale", "name,scale", "wrong columns: method, name"),
            ("recent", "SAFMN,2,228", "SAFMN,2,many", "line 2, params_k: 'many' is not a number"),
            ("recent", "SAFMN,2,228", "SAFMN,5,228", "line 2: scale must be 2, 3 or 4"),
            ("recent", "SAFMN,3,", "SAFMN,2,", "line 5: a second row for SAFMN, 2"),
            ("recent", "41,not stated", "41,", "line 4: counter is empty. Say by what rule Mult-Adds are counted"),
            ("years", "method,year", "method,years", "wrong columns: year, years"),
            ("years", "FSRCNN,2016", "FSRCNN,", "line 2: year is empty"),
            ("years", "VDSR,2016", "VDSR,20166", "line 3: year must be from 1990 to 2100"),
            ("years", "VDSR,2016", "FSRCNN,2016", "line 3: a second row for FSRCNN"),
        ],
    )
    def test_errors(self, tmp_path, reader, old, new, message):
        text = getattr(PRINTED, reader).read_text(encoding="utf-8")
        assert old in text
        (tmp_path / "p.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(UserError, match=re.escape(message)):
            getattr(published, f"read_{reader}")(tmp_path / "p.csv")
