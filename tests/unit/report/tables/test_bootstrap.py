"""Bootstrap intervals: against scipy's, against known coverage, and where there is nothing to tell."""

import numpy as np
import pytest
from scipy import stats

from sr.report.tables import bootstrap
from sr.report.tables.bootstrap import Interval


def images(psnr: list[float], names: str = "abcdefghij") -> list[dict]:
    return [{"name": name, "psnr": value, "ssim": value / 40} for name, value in zip(names, psnr, strict=False)]


@pytest.fixture
def fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take fewer resamples where many intervals are made."""
    monkeypatch.setattr(bootstrap, "RESAMPLES", 1000)


class TestMean:
    """The mean over the images of a set."""

    @pytest.mark.parametrize("count", [5, 14, 100])
    def test_as_scipy_has_it(self, count):
        values = np.random.default_rng(count).gamma(4.0, 2.0, count)
        theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=1).confidence_interval
        ours = bootstrap.mean_interval(values)
        # Two draws of the same distribution: their quantiles differ by a small part of its width.
        assert ours == pytest.approx((theirs.low, theirs.high), abs=0.03 * (theirs.high - theirs.low))

    def test_three_values_span_it(self):
        # Each end alone is drawn once in 27 times, more often than 2.5 %.
        assert bootstrap.mean_interval(np.array([30.0, 34.0, 31.0])) == pytest.approx((30.0, 34.0))

    def test_the_same_values_give_the_same_interval(self):
        values = np.random.default_rng(0).normal(30, 3, 14)
        assert bootstrap.mean_interval(values) == bootstrap.mean_interval(values.copy())

    def test_blocks_of_draws_are_as_good_as_one(self, monkeypatch):
        values = np.random.default_rng(0).normal(30, 3, 14)
        monkeypatch.setattr(bootstrap, "BLOCK", 14 * 999)
        assert list(bootstrap._blocks(14)) == [999] * 10 + [10]
        assert bootstrap.mean_interval(values) == pytest.approx((28.9, 31.6), abs=1.0)

    @pytest.mark.parametrize("value", [0.1, 33.333333333333336])
    def test_equal_values_have_no_width(self, value):
        assert bootstrap.mean_interval(np.full(7, value)) == (value, value)
        assert bootstrap.seeds_interval(np.full((3, 7), value)) == (value, value)

    @pytest.mark.parametrize("count", [0, 1])
    def test_fewer_than_two_values_have_none(self, count):
        assert bootstrap.mean_interval(np.ones(count)) is None
        assert bootstrap.mean_interval(np.ones(5), np.ones(count)) is None
        assert bootstrap.seeds_interval(np.ones((3, count))) is None
        assert bootstrap.seeds_interval(np.ones((1, 5))) is None
        assert bootstrap.mean_interval() is None

    @pytest.mark.parametrize(("count", "least", "most"), [(3, 0.70, 0.80), (10, 0.87, 0.94), (40, 0.91, 0.98)])
    def test_coverage(self, fewer, count, least, most):
        """Normal data; the share of intervals with the true mean, too small for few values as RELIABLE says."""
        random = np.random.default_rng(3)
        inside = [bootstrap.mean_interval(random.normal(size=count)).has_zero for _ in range(600)]
        assert least < np.mean(inside) < most

    def test_sets_are_drawn_apart(self):
        """The mean of two sets' means: variances add, over 4."""
        random = np.random.default_rng(4)
        one, two = random.normal(0, 1, 400), random.normal(0, 2, 100)
        low, high = bootstrap.mean_interval(one, two)
        expected = 2 * 1.96 * np.sqrt(one.var() / 400 + two.var() / 100) / 2
        assert high - low == pytest.approx(expected, rel=0.05)
        assert (low + high) / 2 == pytest.approx((one.mean() + two.mean()) / 2, abs=0.01)


class TestPairs:
    """Two models on the same images."""

    def test_images_meet_by_name(self):
        first, second = images([30.0, 35.0, 32.0]), images([32.5, 34.0, 29.0], "cba")
        assert bootstrap.differences(first, second, "psnr") == pytest.approx([1.0, 1.0, -0.5])
        assert bootstrap.differences(first, second, "ssim") == pytest.approx([1 / 40, 1 / 40, -0.5 / 40])

    def test_other_images_give_none(self):
        assert bootstrap.mean_interval(bootstrap.differences(images([30, 31]), images([30, 31], "xy"), "psnr")) is None
        assert bootstrap.mean_interval(bootstrap.differences(images([30, 31]), images([30, 31, 32]), "psnr")) is None

    def test_a_model_against_itself_is_inside(self):
        same = images([30.0, 35.0, 32.0])
        interval = bootstrap.mean_interval(bootstrap.differences(same, same, "psnr"))
        assert interval == (0.0, 0.0)
        assert interval.has_zero

    def test_hard_images_cancel(self):
        """A small gain on all of very different images is seen in pairs, and lost without."""
        random = np.random.default_rng(5)
        hard = random.normal(30, 4, 10)
        ours, theirs = images(list(hard + 0.05 + random.normal(0, 0.02, 10))), images(list(hard))
        assert not bootstrap.mean_interval(bootstrap.differences(ours, theirs, "psnr")).has_zero
        alone = bootstrap.mean_interval(bootstrap.values(ours, "psnr"))
        assert alone.high - alone.low > 2

    @pytest.mark.parametrize(
        ("ends", "inside"), [((-1, 1), True), ((0, 1), True), ((0.1, 1), False), ((-2, -1), False)]
    )
    def test_what_is_inside(self, ends, inside):
        assert Interval(*ends).has_zero == inside


class TestSeeds:
    """Seeds first, then images."""

    def test_the_spread_of_seeds_counts(self):
        """Without differences between images only the seeds' spread is left, and the other way round."""
        random = np.random.default_rng(6)
        level, shift = random.normal(30, 1, (30, 1)), random.normal(0, 1, (1, 40))
        seeds = bootstrap.seeds_interval(np.broadcast_to(level, (30, 40)))
        assert seeds == pytest.approx(bootstrap.mean_interval(level[:, 0]), abs=0.04)
        both = bootstrap.seeds_interval(level + shift)
        variance = level.var() / 30 + shift.var() / 40
        assert both.high - both.low == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=0.08)

    def test_all_seeds_share_their_images(self):
        """More seeds of one network do not make the images more."""
        shift = np.random.default_rng(7).normal(30, 1, 20)
        one, many = bootstrap.mean_interval(shift), bootstrap.seeds_interval(np.tile(shift, (50, 1)))
        assert many == pytest.approx(one, abs=0.04)

    def test_coverage(self, fewer):
        random = np.random.default_rng(8)

        def drawn():
            return random.normal(size=(20, 1)) + random.normal(size=(1, 30)) + random.normal(size=(20, 30))

        inside = [bootstrap.seeds_interval(drawn()).has_zero for _ in range(300)]
        assert 0.89 < np.mean(inside) < 0.99
