"""Error rates and power of the statistics of the claims, on simulated runs whose truth is known.

One search with its training is a seed: its mean over a set varies by ``SEED`` dB, as in the paper's Table 7 (s = 0.006
to 0.017 dB); the difference of two networks varies by ``IMAGE`` dB from image to image.
"""

import numpy as np
import pytest
from scipy import stats

from sr.report.claims import inference
from tests.helpers.repository import REPO

RUNS, PAIRS = 4000, 10_000
SEED, IMAGE, RESIDUAL, IMAGES = 0.012, 0.05, 0.02, 100
MARGIN = 0.015


def orders(seeds: int, shift: float, sets: int = 1, image: float = IMAGE) -> inference.Effect:
    """Return the effects of ``PAIRS`` simulated pairs of arms whose true difference is ``shift`` dB."""
    draw = np.random.default_rng(seeds)
    # A seed's two arms differ by two trainings.
    parts = []
    of_seed = draw.normal(shift, SEED * np.sqrt(2), (PAIRS, seeds, 1))
    for _ in range(sets):
        of_image = draw.normal(0, image, (PAIRS, 1, IMAGES))
        parts.append(of_seed + of_image + draw.normal(0, RESIDUAL, (PAIRS, seeds, IMAGES)))
    return inference.two_level(parts)


def numbers(seeds: int, shift: float, repeats: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return how often the printed number is inside the prediction interval, and shown to be equivalent.

    The printed number is one more training; the seeds' spread is pooled with ``repeats`` printed ones.
    """
    draw = np.random.default_rng(10 + seeds)
    inside, same = [], []
    for _ in range(RUNS):
        printed, values = draw.normal(0, SEED), draw.normal(shift, SEED, seeds)
        spread = inference.spread(values, [draw.normal(0, SEED, repeats)])
        inside.append(inference.predicted(values, printed, spread))
        same.append(inference.equivalent(values, 0.0, spread, MARGIN))
    return np.array(inside), np.array(same)


class TestOrders:
    """Two networks, the same seeds in both arms."""

    @pytest.mark.parametrize("seeds", [3, 5])
    @pytest.mark.parametrize(("sets", "image"), [(1, IMAGE), (4, IMAGE), (1, 0.0), (3, 4 * IMAGE)])
    def test_false_alarms_are_at_most_5_percent(self, seeds, sets, image):
        rate = (orders(seeds, 0.0, sets, image).p < 0.05).mean()
        # Monte Carlo error of 10,000 pairs: 0.0022.
        assert rate <= 0.05 + 2.5 * 0.0022

    @pytest.mark.parametrize(
        ("seeds", "shift", "least", "most"),
        [(3, 0.03, 0.1, 0.6), (3, 0.1, 0.9, 1), (3, 0.3, 0.99, 1), (5, 0.03, 0.5, 0.95), (5, 0.1, 0.99, 1)],
    )
    def test_power(self, seeds, shift, least, most):
        effect = orders(seeds, shift)
        assert least <= ((effect.p < 0.05) & (effect.mean > 0)).mean() <= most

    def test_the_wrong_order_is_practically_never_confirmed(self):
        effect = orders(3, -0.03)
        assert ((effect.p < 0.05) & (effect.mean > 0)).mean() < 0.001

    def test_resampling_images_alone_calls_equal_networks_different(self):
        """The former rule, an interval over the images of one run, is what this replaces."""
        draw = np.random.default_rng(0)
        seed = draw.normal(0, SEED * np.sqrt(2), (RUNS, 1))
        one_run = seed + draw.normal(0, 0.02, (RUNS, IMAGES))
        error = one_run.std(axis=1, ddof=1) / np.sqrt(IMAGES)
        assert (np.abs(one_run.mean(axis=1)) > 1.96 * error).mean() > 0.5

    def test_interval_and_p_value_agree(self):
        effect = orders(3, 0.03)
        assert ((effect.p < 0.05) == ((effect.low > 0) | (effect.high < 0))).all()

    def test_against_the_plain_formula(self):
        table = np.random.default_rng(1).normal(0.04, 0.05, (3, 7))
        of_seeds, of_images = stats.sem(table.mean(axis=1)) ** 2, stats.sem(table.mean(axis=0)) ** 2
        error = np.sqrt(of_seeds + of_images)

        def reach(p: float) -> float:
            return error * np.average(stats.t.isf(p / 2, [2, 6]), weights=[of_seeds, of_images])

        effect = inference.two_level([table])
        assert effect.mean == pytest.approx(table.mean())
        assert (effect.low, effect.high) == pytest.approx((table.mean() - reach(0.05), table.mean() + reach(0.05)))
        assert 0.001 < effect.p < 0.2
        assert reach(effect.p) == pytest.approx(table.mean())

    def test_few_seeds_do_not_widen_what_images_add(self):
        draw = np.random.default_rng(3)
        alike = draw.normal(0.1, 0.2, (1, 100)) + draw.normal(0, 1e-4, (3, 1))
        effect, by_images = inference.two_level([alike]), stats.ttest_1samp(alike[0], 0).confidence_interval()
        assert (effect.low, effect.high) == pytest.approx(tuple(by_images), abs=1e-3)

    def test_equal_networks_have_no_effect(self):
        effect = inference.two_level([np.zeros((3, 5))])
        assert (effect.mean, effect.low, effect.high, effect.p) == (0, 0, 0, 1)

    def test_the_same_difference_everywhere_is_certain(self):
        assert inference.two_level([np.full((3, 5), 0.1)]).p == inference.LEAST_P


class TestNumbers:
    """A printed number beside a mean over seeds."""

    @pytest.mark.parametrize("seeds", [3, 5])
    def test_the_same_method_differs_in_5_percent(self, seeds):
        inside, _ = numbers(seeds, 0.0)
        assert (~inside).mean() == pytest.approx(0.05, abs=0.012)

    @pytest.mark.parametrize(
        ("seeds", "shift", "least"), [(3, 0.03, 0.2), (3, 0.1, 0.98), (3, 0.3, 1.0), (5, 0.03, 0.3), (5, 0.1, 0.99)]
    )
    def test_power_to_differ(self, seeds, shift, least):
        inside, _ = numbers(seeds, shift)
        assert (~inside).mean() >= least

    @pytest.mark.parametrize("seeds", [3, 5])
    def test_a_mean_at_the_margin_passes_for_equivalent_in_at_most_5_percent(self, seeds):
        _, same = numbers(seeds, MARGIN)
        assert same.mean() <= 0.05 + 2.5 * 0.0034

    @pytest.mark.parametrize("shift", [0.03, 0.1, 0.3])
    def test_larger_shifts_are_never_equivalent(self, shift):
        _, same = numbers(5, shift)
        assert same.mean() < 0.01

    def test_more_seeds_show_equivalence_more_often(self):
        rates = [numbers(seeds, 0.0)[1].mean() for seeds in (3, 5, 10)]
        assert rates == sorted(rates)
        assert rates[0] < 0.5 < rates[-1]

    def test_spread_is_pooled_within_groups(self):
        spread = inference.spread(np.array([1.0, 2.0, 3.0]), [np.array([10.0, 12.0])])
        assert (spread.df, spread.sd) == (3, pytest.approx(np.sqrt((2 + 2) / 3)))


def test_the_rates_in_the_documentation_are_these() -> None:
    arms = [(1, IMAGE), (4, IMAGE), (1, 0.0)]
    alarms = [[(orders(seeds, 0.0, *arm).p < 0.05).mean() for arm in arms] for seeds in (3, 5)]
    rows = ["| 0 dB | " + " / ".join(f"{100 * min(each):.1f} to {100 * max(each):.1f} %" for each in alarms)]
    rows[0] += " (either way) | " + " / ".join(f"{100 * (~numbers(seeds, 0.0)[0]).mean():.1f} %" for seeds in (3, 5))
    for shift in (0.03, 0.1, 0.3):
        effects = [orders(seeds, shift) for seeds in (3, 5)]
        power = [((effect.p < 0.05) & (effect.mean > 0)).mean() for effect in effects]
        differ = [(~numbers(seeds, shift)[0]).mean() for seeds in (3, 5)]
        cells = [" / ".join(f"{rate:.0%}".replace("%", " %") for rate in each) for each in (power, differ)]
        rows.append(f"| {shift} dB | {' | '.join(cells)}")
    page = (REPO / "docs" / "pipeline.md").read_text()
    assert [row for row in rows if f"{row} |\n" not in page] == []


def test_holm() -> None:
    """The example of three p values: 0.01, 0.03, 0.04 become 0.03, 0.06, 0.06."""
    assert inference.holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert inference.holm([]) == []


def test_holm_keeps_the_family_wise_error() -> None:
    p = np.random.default_rng(0).uniform(size=(2000, 12))
    rate = np.mean([min(inference.holm(list(row))) < 0.05 for row in p])
    assert rate <= 0.05 + 2.5 * 0.0049


class TestArms:
    """Searched networks against random ones: other genotypes and seeds in each arm, the same images."""

    # A genotype's own quality varies by 0.06 dB, its training by 0.05 dB, as in a pilot at 2000 steps.
    GENOTYPE, TRAINING, INTERPLAY, SIZES = 0.06, 0.05, 0.05, (5, 14, 40)
    ROUNDS = 2000

    def effects(self, first: int, second: int, shift: float) -> inference.Effect:
        draw = np.random.default_rng(first * second)
        spread = np.hypot(self.GENOTYPE, self.TRAINING)
        arms = [draw.normal(mean, spread, (self.ROUNDS, n, 1)) for mean, n in ((shift, first), (0.0, second))]
        parts: list[list[np.ndarray]] = [[], []]
        for images in self.SIZES:
            interplay = draw.normal(0, self.INTERPLAY, (self.ROUNDS, 1, images))
            for part, arm, sign in zip(parts, arms, (0.5, -0.5), strict=True):
                part.append(arm + sign * interplay + draw.normal(0, 0.02, (*arm.shape[:2], images)))
        return inference.two_arms(*parts)

    @pytest.mark.parametrize(("first", "second"), [(5, 20), (3, 20), (5, 5), (3, 3)])
    def test_equal_arms_are_called_different_in_at_most_5_percent(self, first, second):
        # Monte Carlo error of 2,000 rounds: 0.0049.
        assert (self.effects(first, second, 0.0).p < 0.05).mean() <= 0.05 + 2.5 * 0.0049

    def pooled(self, unequal: float) -> tuple[np.ndarray, np.ndarray, inference.Spread]:
        """Return two of 12 arms of 3 networks, and the spread within all.

        The logarithms of the arms' standard deviations vary by ``unequal``.
        """
        draw = np.random.default_rng(7)
        values = (
            draw.normal(size=(self.ROUNDS, 12, 3)) * 0.06 * np.exp(unequal * draw.normal(size=(self.ROUNDS, 12, 1)))
        )
        spread = inference.Spread(np.sqrt(values.var(axis=2, ddof=1).mean(axis=1)), 24)
        return values[:, 0, :, None], values[:, 1, :, None], spread

    @pytest.mark.parametrize(("unequal", "rate"), [(0.0, 0.05), (0.3, 0.056), (0.5, 0.063)])
    def test_pooling_keeps_the_rate_nearly_also_where_arms_vary_unequally(self, unequal, rate):
        first, second, spread = self.pooled(unequal)
        effect = inference.two_arms([first], [second], [spread, spread])
        assert (effect.p < 0.05).mean() <= rate + 2.5 * 0.0049

    def test_pooling_shows_what_three_networks_alone_do_not(self):
        first, second, spread = self.pooled(0.0)
        pooled, alone = (inference.two_arms([first + 0.15], [second], each) for each in ([spread, spread], []))
        assert (pooled.p < 0.05).mean() > 0.75
        assert (alone.p < 0.05).mean() < 0.4

    @pytest.mark.parametrize(("shift", "least"), [(-0.2, 0.9), (-0.3, 0.98)])
    def test_a_search_worse_than_random_is_called_so(self, shift, least):
        effect = self.effects(5, 20, shift)
        assert ((effect.p < 0.05) & (effect.mean < 0)).mean() >= least
        assert ((effect.p < 0.05) & (effect.mean > 0)).mean() < 0.001

    def test_one_set_of_one_image_is_welchs_statistic(self):
        draw = np.random.default_rng(2)
        one, two = draw.normal(0.1, 0.1, (6, 1)), draw.normal(0, 0.2, (9, 1))
        effect, welch = inference.two_arms([one], [two]), stats.ttest_ind(one[:, 0], two[:, 0], equal_var=False)
        weights = [stats.sem(one[:, 0]) ** 2, stats.sem(two[:, 0]) ** 2]
        assert np.average(stats.t.isf(effect.p / 2, [5, 8]), weights=weights) == pytest.approx(abs(welch.statistic))
        assert (effect.low > 0 or effect.high < 0) == (effect.p < 0.05)


def test_share_below_is_a_percentile_with_its_interval():
    share, low, high = inference.share_below(0.5, np.linspace(0, 1, 20))
    assert share == 0.5
    # Wilson's interval of 10 in 20.
    assert (low, high) == pytest.approx((0.299, 0.701), abs=0.001)


def test_rank_correlation_and_its_interval():
    draw = np.random.default_rng(3)
    truth = draw.normal(size=25)
    tau, low, high = inference.rank_correlation(truth, truth + draw.normal(0, 0.3, 25))
    assert 0 < low < tau < high <= 1
    noise, low, high = inference.rank_correlation(truth, draw.normal(size=25))
    assert low < 0 < high
    assert inference.rank_correlation(truth, -truth)[0] == pytest.approx(-1)
    assert inference.rank_correlation(truth, truth, seed=1) == inference.rank_correlation(truth, truth, seed=1)
    assert abs(noise) < 0.4
