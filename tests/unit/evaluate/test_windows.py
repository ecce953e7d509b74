"""The window with the largest mean: found by an integral image, checked against brute force."""

import numpy as np
import pytest

from sr.evaluate.windows import strongest


def brute_force(difference: np.ndarray, side: int, border: int) -> tuple[int, int]:
    """Return the window by looking at every one."""
    height, width = difference.shape
    places = [
        (top, left)
        for top in range(border, height - border - side + 1)
        for left in range(border, width - border - side + 1)
    ]
    return max(
        places, key=lambda p: (round(difference[p[0] : p[0] + side, p[1] : p[1] + side].mean(), 6), -p[0], -p[1])
    )


class TestWindow:
    """The integral image against looking at every window."""

    @pytest.mark.parametrize(("shape", "side", "border"), [((30, 41), 7, 0), ((25, 20), 11, 3), ((12, 12), 12, 0)])
    def test_brute_force_agrees(self, shape, side, border):
        for seed in range(5):
            difference = np.random.default_rng(seed).random(shape) * 20
            top, left, mean = strongest(difference, side, border)
            assert (top, left) == brute_force(difference, side, border)
            assert mean == pytest.approx(difference[top : top + side, left : left + side].mean(), abs=1e-6)

    def test_the_border_is_out_of_bounds(self):
        difference = np.zeros((20, 20))
        difference[0, 0], difference[10, 12] = 1000, 1
        top, left, _ = strongest(difference, 5, 2)
        assert top <= 10 < top + 5
        assert left <= 12 < left + 5

    def test_the_first_of_equals_wins(self):
        assert strongest(np.ones((9, 9)), 4, 1) == (1, 1, 1.0)
