"""Checks without training: each by known answers, and with what it needs absent."""

from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest
import torch

from sr.cli.main import main
from sr.core import config
from sr.core.config import PRESETS, Params
from sr.core.errors import UserError
from sr.core.formats import load
from sr.data import benchmarks, releases
from sr.data.content_digest import ContentDigest
from sr.evaluate.complexity import mult_adds_thop, parameters
from sr.evaluate.formats import Metrics
from sr.evaluate.verify_formats import CountCheck, Degradation, Prints, Released
from sr.methods import published
from sr.methods.dlsr import identify
from sr.methods.dlsr import statements as dlsr
from sr.methods.dlsr.network import PRIMITIVES, DLSRNetwork, Network
from sr.methods.mran import statements as mran
from sr.stages.evaluate import evaluate
from sr.stages.verify import degradation, released
from tests.conftest import REPO, photograph, save_image

PAPER = Network(channels=48, cells=6, network_level=True, pixel_range=255)
# Recomputed by hand from data/published.csv.
VERDICTS = {
    "dlsr-drrn-urban100": "partly",
    "dlsr-drrn-set5": "holds",
    "dlsr-drrn-others": "partly",
    "dlsr-drrn-cost": "holds",
    "dlsr-searched-peers": "partly",
    "dlsr-half-size": "partly",
    "dlsr-pan": "holds",
    "dlsr-connections": "partly",
    "dlsr-connections-seeds": "partly",
    "dlsr-stable-quality": "partly",
    "dlsr-stable-network": "fails",
    "dlsr-eq3": "fails",
    "mran-mrb": "holds",
    "mran-attention": "holds",
    "mran-copied-row": "fails",
    "mran-modules": "holds",
    "mran-imdn": "partly",
    "mran-esrn": "partly",
}


@pytest.fixture
def with_sets(smoke: Params, benchmarks: Path) -> Params:
    """Return parameters that name Set5 alone."""
    data = smoke.data.replace(folders={"Set5": str(benchmarks / "Set5" / "HR")})
    return smoke.replace(data=data)


def verify(check: str, folder: Path, *, code: int = 0, params: str = "demo") -> Path:
    out = folder / f"{check}.json"
    assert main(["verify", check, "--params", str(PRESETS / f"{params}.yaml"), "--out", str(out)]) == code
    return out


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(REPO)
        document = load(verify("counts", tmp_path_factory.mktemp("counts")), CountCheck)
    return {(r.row.paper, r.row.table, r.row.method, r.row.scale): r for r in document.rows}


class TestPrints:
    """The papers' numbers against each other."""

    def test_verdicts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(REPO)
        document = load(verify("prints", tmp_path), Prints)
        assert {item.id: item.verdict for item in document.statements} == VERDICTS

    def test_each_exception_is_named(self) -> None:
        frame = published.read(REPO / "data" / "published.csv")
        rows = {item.id: item for item in dlsr.statements(frame) + mran.statements(frame)}
        wrong = {key: {p.what: p.value for p in item.comparisons if not p.holds} for key, item in rows.items()}
        assert wrong["dlsr-drrn-urban100"] == {"DLSR − DRRN: PSNR on Urban100 ×3": 0.73}
        assert list(wrong["dlsr-drrn-others"].values()) == [0.16, 0.18, 0.23]
        assert wrong["dlsr-stable-quality"].values() == pytest.approx([0.0533])
        assert (rows["dlsr-eq3"].comparisons[0].left, rows["dlsr-eq3"].comparisons[0].right) == (87_480, 131_220)
        assert wrong["mran-imdn"] == {"MRAN − IMDN: PSNR on Urban100 ×3": -0.01}

    def test_a_corrected_number_changes_the_verdict(self) -> None:
        frame = published.read(REPO / "data" / "published.csv")
        row = (frame["table"] == "2") & (frame["method"] == "DLSR") & (frame["scale"] == 3)
        frame.loc[row, "urban100_psnr"] = 28.53
        assert next(i for i in dlsr.statements(frame) if i.id == "dlsr-drrn-urban100").verdict == "holds"


class TestCounts:
    """Printed counts, met exactly by thop's rule, and the networks that they identify."""

    def test_dlsrs_counts_are_exact(self, rows: dict) -> None:
        printed = [row for row in rows.values() if row.row.paper == "DLSR" and row.printed_mult_adds_g]
        assert len(printed) == 6
        for row in printed:
            assert round(row.mult_adds_thop / 1e9, 1) == row.printed_mult_adds_g
            assert row.printed_params_k in (row.params // 1000, round(row.params / 1000))

    @pytest.mark.parametrize(
        ("table", "label", "cell"),
        [
            ("7", "DLSR-a", ["sep_conv_3x3", "sep_conv_3x3", "sep_conv_3x3"]),
            ("7", "DLSR-c", ["sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7"]),
            ("5", "DLSR-B", ["sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7"]),
        ],
    )
    def test_counts_leave_one_cell(self, rows: dict, table: str, label: str, cell: list[str]) -> None:
        row = rows["DLSR", table, label, 2]
        assert (row.basis, row.candidates) == ("identified", [cell])

    def test_what_was_fitted_says_so(self, rows: dict) -> None:
        assert {row.basis for key, row in rows.items() if key[0] == "MRAN"} == {"fitted"}
        assert rows["DLSR", "2", "DLSR", 2].basis == "published"
        assert rows["DLSR", "7", "DLSR-b", 2].basis == "released"

    def test_fast_counts_equal_those_of_the_whole_network(self) -> None:
        counted = identify._counts(PAPER.replace(channels=8), 3)
        for cell in list(combinations_with_replacement(sorted(PRIMITIVES), 3))[::41]:
            with torch.device("meta"):
                network = DLSRNetwork(identify.genotype(PAPER, cell), PAPER.replace(channels=8), 3)
            assert counted(cell) == (parameters(network), mult_adds_thop(network, 3))


class TestImages:
    """Degradation and released weights."""

    def test_sets_are_those_that_papers_print(self) -> None:
        assert list(benchmarks.NAMES) == list(published.SETS.values())

    def test_degradation(self, with_sets: Params) -> None:
        document = degradation.check(with_sets)
        assert [(row.test_set, row.scale, row.differing) for row in document.sets] == [
            ("Set5", s, 0) for s in (2, 3, 4)
        ]
        assert [entry.what for entry in document.absent] == [f"HR images of {n}" for n in ("Set14", "B100", "Urban100")]

    def test_a_changed_pixel_is_counted(self, smoke: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from sr.data.degrade import downscale

        monkeypatch.chdir(tmp_path)
        hr = photograph()[:60, :80]
        lr = downscale(hr, 2)
        lr[3, 4, 1] = (int(lr[3, 4, 1]) + 9) % 256
        save_image(tmp_path / "Set5" / "HR" / "cat.png", hr)
        save_image(tmp_path / "Set5" / "LR_bicubic" / "X2" / "catx2.png", lr)
        params = smoke.replace(data=smoke.data.replace(folders={"Set5": str(tmp_path / "Set5" / "HR")}))
        document = degradation.check(params)
        [row] = document.sets
        assert (row.differing, row.values, row.images) == (1, lr.size, 1)
        assert row.largest in (9, 256 - 9)

    def test_released_weights_at_both_crops(
        self, with_sets: Params, checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entry = releases.find("dlsr_s_released")
        monkeypatch.setattr(releases, "known", lambda: {"dlsr_s_released": entry})
        data = with_sets.data.replace(releases=[str(checkpoints["dlsr_s_released"])])
        [checkpoint] = released.check(with_sets.replace(data=data)).checkpoints
        [metrics] = checkpoint.metrics
        assert (checkpoint.row.method, checkpoint.row.table, checkpoint.crop_border) == ("DLSR-S", "3", 4)
        assert {border: round(values["psnr"], 2) for border, values in metrics.crops.items()} == {
            "2": 37.71,
            "4": 37.71,
        }
        assert metrics.mean == metrics.crops["4"]
        assert metrics.data_digest == "d5bd0f6c32b06e47b86f39055e612cf3"

    def test_images_that_change_meanwhile_are_not_measured_under_the_old_digest(
        self, smoke: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "Set5" / "HR"
        save_image(folder / "cat.png", photograph())
        params = smoke.replace(data=smoke.data.replace(folders={"Set5": str(folder)}))
        release = releases.Release("dlsr_s_released", releases.find("dlsr_s_released"), tmp_path / "w.pt")

        def bicubic(params: Params, _: str, *rest: Any) -> Metrics:
            save_image(folder / "cat.png", photograph()[::-1])
            return evaluate(params, None, *rest)

        monkeypatch.setattr(released, "evaluate", bicubic)
        digest = ContentDigest()
        digest.update("cat", photograph())
        with pytest.raises(UserError, match="Set5/HR: the images changed while they were measured"):
            released._measured(release, {"Set5": digest.hexdigest()}, params)

    def test_nothing_at_hand_is_said_and_fails_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fetch(*_: object) -> None:
            raise AssertionError("nothing to measure, but a checkpoint was fetched")

        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(releases, "fetch", fetch)
        document = load(verify("released", tmp_path), Released)
        assert document.checkpoints == []
        assert [entry.what for entry in document.absent] == [
            *(f"HR images of {name}" for name in benchmarks.NAMES),
            *(f"the checkpoint {name}" for name in releases.known()),
        ]
        assert load(verify("degradation", tmp_path), Degradation).sets == []

    def test_a_checkpoint_that_cannot_be_fetched_is_absent(
        self, with_sets: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)

        def unreachable(name: str, root: Path, out: Path) -> None:
            raise UserError(f"{name}: cannot be downloaded")

        monkeypatch.setattr(releases, "fetch", unreachable)
        document = released.check(with_sets)
        assert document.checkpoints == []
        absent = {entry.what: entry.remedy for entry in document.absent}
        for name in releases.known():
            assert f"{name}: cannot be downloaded" in absent[f"the checkpoint {name}"]

    def test_a_wrong_set_is_absent(self, smoke: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(releases, "known", dict)
        save_image(tmp_path / "HR" / "baby.png", photograph())
        params = smoke.replace(data=smoke.data.replace(folders={"Set5": str(tmp_path / "HR")}))
        absent = released.check(params).absent[0]
        assert absent.what == "the published HR images of Set5"
        assert "pixels or file names differ from the published Set5" in absent.remedy


def test_the_key_must_name_the_origin_of_the_genotype() -> None:
    raw = config.load(PRESETS / "demo.yaml").raw
    for method, wrong, right in (("dlsr", "fitted", "published"), ("mran", "published", "fitted")):
        raw[method]["retrain"]["genotype"] = wrong
        message = (
            rf"{method}\.retrain\.genotype: data/genotypes/{method}\.json is {right}, not {wrong}\. Set the key to"
        )
        with pytest.raises(UserError, match=message):
            config.check(raw)
        raw[method]["retrain"]["genotype"] = right
    config.check(raw)


def test_a_given_genotype_for_other_sizes_is_refused_before_any_job() -> None:
    raw = config.load(PRESETS / "demo.yaml").raw
    raw["dlsr"]["retrain"]["genotype"] = "published"
    raw["dlsr"]["variants"]["dlsr_chain"] = {"network": {"network_level": False}}
    message = (
        r"dlsr\.variants\.dlsr_chain\.retrain\.genotype: data/genotypes/dlsr\.json has inputs for 4 cells, but this "
        r"network needs 0\. Add data/genotypes/dlsr_chain\.json"
    )
    with pytest.raises(UserError, match=message):
        config.check(raw)
