"""What the page says of each printed number: match, differs or open, and for which reason."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from sr.report.page import claims
from sr.report.page.findings import DIFFERS, MATCH, OPEN, Claim, Finding
from sr.report.run import reader as run
from sr.report.run.reader import FinishedRun
from tests.helpers.reporting import metrics_file
from tests.helpers.runs import write_run


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A run by the demo preset on EmbeddedTest and Set5."""
    return run.read(write_run(tmp_path_factory.mktemp("demo")))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A run by the papers' own preset."""
    return run.read(write_run(tmp_path_factory.mktemp("paper"), "paper"))


def found(of: FinishedRun, quantity: str, scale: int = 2, paper: str = "DLSR") -> Claim:
    """Return the one claim of that name."""
    (claim,) = [c for c in claims.of_run(of) if (c.paper, c.scale, c.quantity) == (paper, scale, quantity)]
    return claim


def changed(of: FinishedRun, model: str, scale: int, test_set: str, **values: Any) -> FinishedRun:
    """Return the run with other numbers in one row of its metrics."""
    frame = of.metrics.copy()
    rows = (frame["model"] == model) & (frame["scale"] == scale) & (frame["test_set"] == test_set)
    assert rows.sum() == 1
    (place,) = frame.index[rows]
    for key, value in values.items():
        shift = value - frame.at[place, key]
        frame.at[place, key] = value
        frame.at[place, "each"] = [{**image, key: image[key] + shift} for image in frame.at[place, "each"]]
    return dataclasses.replace(of, metrics=frame)


class TestVerdicts:
    """A claim is judged by what was checked without training and by this run; the better counts."""

    def test_all_three_occur(self, small):
        assert {claim.verdict for claim in claims.of_run(small)} == {MATCH, DIFFERS, OPEN}

    def test_quality(self, small):
        near, far = found(small, "Set5 PSNR / SSIM"), found(small, "Set5 PSNR / SSIM", 3)
        assert (near.printed, near.own.text, near.own.difference) == (
            "38.04 / 0.9606", "38.01 / 0.9603", "−0.03 dB / −0.0003",
        )  # fmt: skip
        assert (near.own.state, near.checked.state, near.verdict) == (MATCH, OPEN, MATCH)
        assert (far.own.difference, far.own.state, far.verdict) == ("−0.48 dB / −0.0078", DIFFERS, DIFFERS)
        assert near.own.note == "preset demo: not the paper's budget"
        assert near.protocol == "Y, crop 2 px"

    @pytest.mark.parametrize(
        ("first", "second", "verdict"),
        [(MATCH, DIFFERS, MATCH), (DIFFERS, MATCH, MATCH), (DIFFERS, OPEN, DIFFERS), (OPEN, OPEN, OPEN)],
    )
    def test_the_better_state_counts(self, first, second, verdict):
        one, other = (Finding("1", "", state, "") for state in (first, second))
        assert Claim("DLSR", 2, "Params", "1", one, other, "").verdict == verdict

    @pytest.mark.parametrize(
        ("psnr", "ssim", "state"),
        [
            (38.04 + 0.05, 0.9606, MATCH),
            (38.04 - 0.05, 0.9606, MATCH),
            # Shown as 0.05, so judged as 0.05.
            (38.0949, 0.9606, MATCH),
            (38.0951, 0.9606, DIFFERS),
            (37.9849, 0.9606, DIFFERS),
            (38.04, 0.9616, MATCH),
            (38.04, 0.9596, MATCH),
            (38.04, 0.96166, DIFFERS),
            (38.04, 0.95954, DIFFERS),
        ],
    )
    def test_tolerance_of_quality(self, small, psnr, ssim, state):
        claim = found(changed(small, "dlsr", 2, "Set5", psnr=psnr, ssim=ssim), "Set5 PSNR / SSIM")
        assert claim.own.state == state

    @pytest.mark.parametrize(
        ("quantity", "key", "value", "state"),
        [
            ("Params", "params", 322_000 * 1.0100, MATCH),
            ("Params", "params", 322_000 * 0.9900, MATCH),
            ("Params", "params", 322_000 * 1.0104, MATCH),
            ("Params", "params", 322_000 * 1.0106, DIFFERS),
            ("Params", "params", 322_000 * 0.9894, DIFFERS),
            ("Mult-Adds", "mult_adds", 68.1e9 * 1.02, MATCH),
            ("Mult-Adds", "mult_adds", 68.1e9 * 0.98, MATCH),
            ("Mult-Adds", "mult_adds", 68.1e9 * 1.0206, DIFFERS),
        ],
    )
    def test_tolerance_of_sizes(self, small, quantity, key, value, state):
        rows = small.counts["dlsr"]
        other = {**rows, ("dlsr", 2): rows["dlsr", 2].model_copy(update={key: round(value)})}
        claim = found(dataclasses.replace(small, counts={"dlsr": other}), quantity)
        assert claim.checked.state == state
        assert claim.checked.note == "counted at the paper's size"

    def test_a_verdict_and_the_difference_beside_it_agree(self, small, full):
        for claim in claims.of_run(small) + claims.of_run(full):
            limit = {"Params": 1.0, "Mult-Adds": 2.0}.get(claim.quantity)
            for side in (claim.checked, claim.own):
                if limit and side.difference:
                    shown = abs(float(side.difference.removesuffix(" %").replace("−", "-")))
                    assert side.state == (MATCH if shown <= limit else DIFFERS)

    def test_a_number_that_the_paper_does_not_print_is_open(self, small):
        # MRAN's row at x3 has lost its cells on Set5.
        claim = found(small, "Set5 PSNR / SSIM", 3, "MRAN")
        assert (claim.printed, claim.own.state, claim.verdict) == ("– / –", OPEN, OPEN)
        assert found(small, "Mult-Adds", 3, "MRAN").printed == "–"


class TestSizes:
    """Params and Mult-Adds of this run say something only at the paper's size."""

    def test_a_smaller_network_is_not_judged(self, small):
        claim = found(small, "Params")
        assert claim.own.state == OPEN
        assert claim.own.note == "different size: channels 16 instead of 48"
        assert claim.own.difference == ""
        assert claim.verdict == MATCH

    def test_the_papers_size_is_judged(self, full):
        claim = found(full, "Params")
        assert (claim.own.state, claim.own.note) == (DIFFERS, "the searched network of this run")
        assert claim.own.difference.startswith("−")

    def test_the_range_of_pixels_is_no_size(self, tmp_path):
        other = write_run(tmp_path, "paper", lambda raw: raw["dlsr"]["network"].update(pixel_range=1))
        assert found(run.read(other), "Params").own.note == "the searched network of this run"

    def test_not_counted(self, small):
        claim = found(dataclasses.replace(small, counts={}), "Params")
        assert (claim.checked.text, claim.checked.state, claim.checked.note) == ("–", OPEN, "not counted in this run")
        uncounted = dataclasses.replace(small, complexity=small.complexity.head(0))
        assert found(uncounted, "Params").own.note == "not counted in this run"


class TestMissing:
    """What cannot be judged has the reason."""

    def test_sets(self, small):
        claim = found(small, "Urban100 PSNR / SSIM")
        assert (claim.own.text, claim.own.note) == ("–", "Urban100 is not in data.test")
        assert (claim.protocol, claim.verdict) == ("not measured", OPEN)
        untested = dataclasses.replace(small, metrics=small.metrics[small.metrics["test_set"] != "Set5"])
        assert found(untested, "Set5 PSNR / SSIM").own.note == "Set5 was not measured"

    def test_scales(self, tmp_path):
        def only_x2(raw):
            raw["scales"], raw["methods"], raw["dlsr"]["variants"] = [2], ["dlsr"], {}

        one = run.read(write_run(tmp_path, change=only_x2))
        assert found(one, "Set5 PSNR / SSIM", 4).own.note == "×4 is not in this run"
        assert found(one, "Mult-Adds", 4).own.note == "×4 is not in this run"
        assert found(one, "DLSR above DLSR-B (Table 5)").own.note == "dlsr_b not in this run"

    def test_released_weights(self, small):
        assert found(small, "Set5 PSNR / SSIM").checked.note == "no authors' weights for ×2 in data.releases"
        mran = found(small, "Set5 PSNR / SSIM", paper="MRAN").checked
        assert (mran.note, mran.state) == ("the authors released no weights", OPEN)

    def test_released_weights_that_are_there(self, tmp_path):

        def release(raw):
            raw["data"]["releases"] = ["dlsr_released"]
            raw["evaluate"]["crop_border"] = 4

        params = write_run(tmp_path, change=release)
        folder = tmp_path / "results/evaluate/dlsr_released"
        folder.mkdir()
        written = metrics_file(folder, "dlsr_released", 2, "Set5", 38.0411, 0.9606, crop_border=4)
        Path(written).rename(folder / "x2_Set5.json")
        claim = found(run.read(params), "Set5 PSNR / SSIM")
        assert (claim.checked.state, claim.checked.note) == (MATCH, "authors' released weights")
        assert (claim.checked.text, claim.protocol) == ("38.04 / 0.9606", "Y, crop 4 px")
        assert found(run.read(params), "Set5 PSNR / SSIM", 3).checked.note.startswith("no authors' weights for ×3")

    def test_a_method_without_a_paper(self, small):
        other = dataclasses.replace(small, params=small.params.replace(methods=["plain"]))
        assert claims.of_run(other) == []


class TestOrders:
    """That one network is better than another decides only the paper's budget."""

    def test_the_papers_budget_decides(self, full):
        name = "MRB above All-RB (Table 1)"
        for gain, state, said, ends in (
            (0.5, MATCH, "same order", "+0.50 to +0.50"),
            (-0.5, DIFFERS, "reversed order", "−0.50 to −0.50"),
            (0.004, OPEN, "no difference", "+0.0040 to +0.0040"),
        ):
            judged = full
            for test_set in full.params.data.test:
                judged = changed(judged, "mran_mrb", 4, test_set, psnr=30.0 + gain)
                judged = changed(judged, "mran_all_rb", 4, test_set, psnr=30.0)
            claim = found(judged, name, 4, "MRAN")
            assert (claim.own.state, claim.verdict) == (state, state)
            assert claim.own.note == (
                f"{said} on Set5, Set14, B100, Urban100; 95 % interval {ends} (12 images, 1 seed): outside the noise; "
                "trained with the paper's budget"
            )

    @pytest.mark.parametrize("gain", [0.2, -0.2])
    def test_a_difference_inside_the_noise_decides_nothing(self, full, gain):
        judged = full
        for test_set in full.params.data.test:
            judged = changed(judged, "mran_all_rb", 4, test_set, psnr=30.0)
            judged = changed(judged, "mran_mrb", 4, test_set, psnr=30.0 + gain)
            # One image of three tells the order, the others the opposite.
            for row in judged.metrics.itertuples():
                if (row.model, row.test_set) == ("mran_mrb", test_set):
                    for image, more in zip(row.each, (2.0, -1.0, -1.0), strict=True):
                        image["psnr"] += more
        claim = found(judged, "MRB above All-RB (Table 1)", 4, "MRAN")
        assert (claim.own.state, claim.verdict) == (OPEN, OPEN)
        assert claim.own.text == f"{'+' if gain > 0 else '−'}0.20 dB"
        assert "(12 images, 1 seed): within the noise; trained with the paper" in claim.own.note

    def test_a_single_image_has_no_interval(self, full):
        frame = full.metrics.copy()
        frame["each"] = [images[:1] for images in frame["each"]]
        frame["images"] = 1
        claim = found(dataclasses.replace(full, metrics=frame), "MRB above All-RB (Table 1)", 4, "MRAN")
        assert "(4 images, 1 seed): no interval" in claim.own.note

    def test_a_small_budget_decides_nothing(self, small):
        orders = [claim for claim in claims.of_run(small) if " above " in claim.quantity]
        assert len(orders) == 12
        assert {claim.verdict for claim in orders} == {OPEN}
        claim = found(small, "DLSR above DLSR-B (Table 5)")
        assert claim.own.text.endswith(" dB")
        assert claim.own.note.endswith("preset demo: not the paper's budget")

    def test_an_edited_budget_decides_nothing(self, tmp_path):
        other = run.read(write_run(tmp_path, "paper", lambda raw: raw["mran"]["retrain"].update(batch=7)))
        assert {c.verdict for c in claims.of_run(other) if " above " in c.quantity} == {OPEN}

    def test_the_printed_gain_is_the_mean_over_the_printed_sets(self, small):
        claim = found(small, "MRAB above RB (Table 3)", 4, "MRAN")
        assert (claim.printed, claim.sets) == ("+0.31 dB", "mean of Set5, Set14")
        claim = found(small, "DLSR above DLSR-B (Table 5)")
        assert (claim.printed, claim.sets) == ("+0.03 dB", "mean of Set5, Set14, B100, Urban100")


def test_each_paper_has_all_its_numbers(small):
    lines = claims.of_run(small)
    for paper, orders in (("DLSR", 2), ("MRAN", 10)):
        own = [claim for claim in lines if claim.paper == paper]
        # Of each scale Params, Mult-Adds and four sets.
        assert len(own) == 3 * 6 + orders
    assert len({(claim.paper, claim.scale, claim.quantity) for claim in lines}) == len(lines)
