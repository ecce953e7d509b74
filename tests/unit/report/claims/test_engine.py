"""What the page says of each claim: by which grade it is judged, in which state, and for which reason."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sr.core.formats import write
from sr.evaluate.formats import ImageMetrics, Metrics, Protocol
from sr.evaluate.verify_formats import PaperRow, Released, ReleasedCheckpoint
from sr.methods.papers import PAPERS
from sr.methods.published import SETS, read, rows_of
from sr.report.claims import engine, quality, verdicts
from sr.report.claims.formats import Claim, Claims
from sr.report.run import reader
from sr.report.run.reader import FinishedRun
from tests.helpers.reporting import PUBLISHED
from tests.helpers.runs import change_json, write_run

ROW = PaperRow(paper="DLSR", table="2", method="DLSR", scale=2)
CONDITIONS = {"colour": "Y of BT.601", "output": "8 bits", "degradation": "bicubic", "tile": 0}


@pytest.fixture(scope="module")
def reduced(templates: dict[str, Path]) -> FinishedRun:
    """A run by the demo preset on EmbeddedTest and Set5."""
    return reader.read(templates["demo"] / "params.yaml")


@pytest.fixture(scope="module")
def judged(reduced: FinishedRun) -> Claims:
    return engine.judge(reduced)


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folders of a demo run and of one by the papers' preset with three seeds of DLSR."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("demo", "paper")}
    write_run(folders["demo"])
    write_run(folders["paper"], "paper", three_seeds)
    return folders


@pytest.fixture
def demo(templates: dict[str, Path], tmp_path: Path) -> Path:
    """Return params.yaml of the demo run in a copy that a test may edit."""
    return Path(shutil.copytree(templates["demo"], tmp_path / "demo")) / "params.yaml"


@pytest.fixture
def full(templates: dict[str, Path], tmp_path: Path) -> Path:
    """Return params.yaml of the papers' run in a copy that a test may edit."""
    return Path(shutil.copytree(templates["paper"], tmp_path / "paper")) / "params.yaml"


def three_seeds(raw: dict[str, Any]) -> None:
    raw["dlsr"]["search"]["seeds"] = [0, 1, 2]
    raw["dlsr"]["search"]["seed_scales"] = [2]


def claim(claims: Claims, name: str) -> Claim:
    """Return the claim of that id."""
    (chosen,) = [each for each in claims.claims if each.id == name]
    return chosen


def measured(params: Path, model: str, psnr: float) -> None:
    """Let a model at x2 have this PSNR on Set5 at a crop of 4 pixels, and the printed SSIM."""

    def change(document: dict[str, Any]) -> None:
        assert document["protocol"]["crop_border"] == 4
        document["mean"] = {"psnr": psnr, "ssim": 0.9606}

    change_json(params.parent / f"results/evaluate/{model}/x2_Set5.json", change)


def release(params: Path, crop: int, psnr: float, ssim: float, other: dict[str, float] | None = None) -> None:
    """Write what `make verify` measured of the authors' weights on Set5."""
    mean = {"psnr": psnr, "ssim": ssim}
    image = ImageMetrics(name="a", height=64, width=64, values=mean)
    protocol = Protocol(crop_border=crop, **CONDITIONS)
    metrics = Metrics(
        model="dlsr_released",
        scale=2,
        test_set="Set5",
        protocol=protocol,
        mean=mean,
        images=[image],
        crops={"4": other} if other else {},
    )
    checkpoint = ReleasedCheckpoint(name="dlsr_released", sha256="0" * 64, row=ROW, crop_border=4, metrics=[metrics])
    write(params.parent / "results/verify/released.json", Released(checkpoints=[checkpoint], absent=[]))


class TestReduced:
    """A demo run judges nothing that it trained or that was fitted."""

    def test_no_number_of_a_reduced_run_is_judged(self, judged):
        states = Counter(each.grades["D"].state for each in judged.claims if "D" in each.grades)
        assert set(states) <= {"measured", "same", "opposite", "tie", "open"}
        assert states["measured"] > 5
        assert not any("C" in each.grades for each in judged.claims)

    def test_a_measured_number_is_shown_with_the_reason(self, judged):
        finding = claim(judged, "mran-table4-mran-x2-set5").grades["D"]
        assert finding.state == "measured"
        assert finding.measured.startswith("33.1")
        assert "budget too small to judge: retrain.steps.x2 800 instead of " in finding.note
        assert "different size: channels 16 instead of 64" in finding.note

    def test_nothing_that_was_fitted_holds(self, judged):
        sizes = [each for each in judged.claims if each.paper == "MRAN" and each.kind == "size"]
        states = Counter(each.grades["B"].state for each in sizes)
        assert states["fitted"] >= 4
        assert states.keys() <= {"fitted", "open"}

    def test_orders_give_a_direction_only(self, judged):
        orders = [each for each in judged.claims if each.kind == "order" and "D" in each.grades]
        assert len(orders) >= 19
        assert {each.grades["D"].state for each in orders} <= {"same", "opposite", "tie", "open"}
        verdict = next(row for row in judged.verdicts if (row.paper, row.grade) == ("MRAN", "D"))
        same, opposite, tie = (verdict.tally.get(state, 0) for state in ("same", "opposite", "tie"))
        assert f"{same} point the paper's way, {opposite} the other way and {tie} neither" in verdict.sentence

    def test_ids_are_unique_and_each_state_is_tallied(self, judged):
        assert len({each.id for each in judged.claims}) == len(judged.claims)
        total = sum(verdicts.tallied(judged.verdicts)["D"].values())
        assert total == sum("D" in each.grades for each in judged.claims)

    def test_claims_that_had_no_line(self, judged):
        names = {each.id for each in judged.claims}
        assert {
            "dlsr-table4-search-cost",
            "dlsr-table6-dlsr-dlsr-l1-x2",
            "dlsr-table3-dlsr-s-tpsr-nogan-x2-psnr",
            "dlsr-table7-stability-x2",
            "mran-table2-rb-ca-rb-x4",
            "mran-table3-mrab+csrm-rb+csrm-x4",
        } <= names


class TestArtefacts:
    """Grade B holds at the printed digit, at the paper's crop, or differs."""

    @pytest.mark.parametrize(
        ("psnr", "ssim", "state"),
        [
            (38.0411, 0.96061, "holds"),
            (38.0449, 0.96064, "holds"),
            (38.0451, 0.9606, "differs"),
            (38.0349, 0.9606, "differs"),
            (38.04, 0.96066, "differs"),
        ],
    )
    def test_last_digit(self, demo, psnr, ssim, state):
        release(demo, 4, psnr, ssim)
        finding = claim(engine.judge(reader.read(demo)), "dlsr-table2-dlsr-x2-set5").grades["B"]
        assert finding.state == state
        assert finding.files == ["results/verify/released.json"]

    def test_a_crop_of_2_does_not_pass_for_4(self, demo):
        release(demo, 2, 38.04, 0.9606)
        finding = claim(engine.judge(reader.read(demo)), "dlsr-table2-dlsr-x2-set5").grades["B"]
        assert (finding.state, finding.note) == ("open", "the paper's crop of 4 px was not measured")
        assert finding.measured == "crop 2: 38.04 / 0.9606"

    def test_both_crops_are_shown_and_the_papers_is_judged(self, demo):
        release(demo, 2, 38.04, 0.9606, {"psnr": 37.90, "ssim": 0.9606})
        finding = claim(engine.judge(reader.read(demo)), "dlsr-table2-dlsr-x2-set5").grades["B"]
        assert (finding.state, finding.difference) == ("differs", "−0.14 dB / 0.0000")
        assert finding.note.endswith("crop 2: 38.04 / 0.9606; crop 4: 37.90 / 0.9606")

    def test_other_papers_rows_do_not_hold(self):
        frame = read(PUBLISHED)
        for paper, table, others in (("MRAN", "4", ["IMDN"]), ("DLSR", "2", ["IMDN", "RFDN"])):
            rows = rows_of(frame, paper, table).set_index(["method", "scale"])
            for other in others:
                assert not any(_same_row(rows.loc[(other, 2)], rows.loc[(paper, 2)], key) for key in SETS)


def _same_row(first: pd.Series, second: pd.Series, key: str) -> bool:
    columns = {metric: f"{key}_{metric}" for metric in ("psnr", "ssim")}
    values = {metric: float(first[column]) for metric, column in columns.items()}
    return quality.same_digits(values, {metric: second[column] for metric, column in columns.items()})


class TestRetrained:
    """Grade C needs the paper's budget, decided for each model by its own sections, and three seeds."""

    def test_three_seeds_at_the_printed_number_hold(self, full):
        for model, psnr in (("dlsr", 38.036), ("dlsr_seed1", 38.04), ("dlsr_seed2", 38.044)):
            measured(full, model, psnr)
        finding = claim(engine.judge(reader.read(full)), "dlsr-table2-dlsr-x2-set5").grades["C"]
        assert finding.state == "holds", finding
        assert "equivalent within 0.015 dB" in finding.note
        assert len(finding.files) == 3

    def test_three_seeds_elsewhere_differ(self, full):
        for model, psnr in (("dlsr", 37.94), ("dlsr_seed1", 37.95), ("dlsr_seed2", 37.93)):
            measured(full, model, psnr)
        finding = claim(engine.judge(reader.read(full)), "dlsr-table2-dlsr-x2-set5").grades["C"]
        assert (finding.state, finding.difference) == ("differs", "−0.10 dB / 0.0000")

    def test_few_seeds_cannot_be_judged(self, full):
        claims = engine.judge(reader.read(full))
        finding = claim(claims, "mran-table4-mran-x4-set5").grades["C"]
        assert (finding.state, finding.note) == ("open", "1 of at least 3 seeds")
        finding = claim(claims, "mran-table4-mran-x2-set5").grades["C"]
        assert (finding.state, finding.note) == (
            "open", "the paper's budget; the paper's crop of 2 px was not measured",
        )  # fmt: skip
        order = claim(claims, "mran-table1-mrb-all-rb-x4").grades["C"]
        assert order.state == "open"
        assert "1 shared seed of at least 3 in both arms" in order.note

    def test_imdns_row_does_not_pass_for_mrans(self):
        """By three seeds around IMDN's printed row, as a whole: with its Set5 at the latest."""
        rows = rows_of(read(PUBLISHED), "MRAN", "4").set_index(["method", "scale"])
        draw = np.random.default_rng(0)
        passed = 0
        for _ in range(300):
            states = []
            for key in SETS:
                theirs = {metric: float(rows.loc[("MRAN", 2)][f"{key}_{metric}"]) for metric in ("psnr", "ssim")}
                spread = {"psnr": 0.012, "ssim": 0.0001}
                columns = {
                    metric: float(rows.loc[("IMDN", 2)][f"{key}_{metric}"]) + draw.normal(0, spread[metric], 3)
                    for metric in theirs
                }
                states.append(quality.judged(columns, theirs, {}, 0.015)[0])
            passed += all(state == "holds" for state in states)
        assert passed / 300 <= 0.01


def at_x2_with_seeds(raw: dict[str, Any]) -> None:
    """Let the run have two ablations of MRAN at x2 alone, a searched and a hand-made one, with three seeds each."""
    seeds = [0, 1, 2]
    raw["mran"]["search"]["seeds"] = seeds
    raw["mran"]["variants"] = {
        "mran_mrb": {"genotype_of": "mran", "scales": [2], "network": {"block": "mrb"}, "search": {"seeds": seeds}},
        "mran_all_rb": {
            "scales": [2],
            "network": {"block": "all_rb"},
            "retrain": {"genotype": "fitted", "seeds": seeds},
        },
    }


def test_an_order_at_another_scale_is_a_direction_with_its_interval(tmp_path: Path) -> None:
    write_run(tmp_path, "demo", at_x2_with_seeds)
    claims = engine.judge(reader.read(tmp_path / "params.yaml"))
    order = claim(claims, "mran-table1-mrb-all-rb-x4")
    assert set(order.grades) == {"D"}
    assert order.grades["D"].state in ("same", "opposite", "tie")
    note = order.grades["D"].note
    assert "3 shared seeds; 95 % interval over seeds and images " in note
    assert "; at ×2 instead of ×4; " in note
    assert any("mran_mrb_seed2/x2_" in file for file in order.grades["D"].files)
    assert any("mran_all_rb_retrain2/x2_" in file for file in order.grades["D"].files)
    assert (
        claim(claims, "mran-table1-mrb-all-srb-x4").grades["D"].note == "mran_mrb and mran_all_srb ×4: not in this run"
    )


def test_each_paper_has_its_border_crop_and_counter() -> None:
    assert (PAPERS["dlsr"].crop_border, PAPERS["mran"].crop_border) == (4, "scale")
    assert (PAPERS["dlsr"].counter, PAPERS["dlsr"].fitted, PAPERS["mran"].fitted) == ("thop", False, True)
