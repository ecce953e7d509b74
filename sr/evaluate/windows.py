"""Square window with the largest mean of a difference map, found by an integral image."""

import numpy as np


def strongest(difference: np.ndarray, side: int, border: int = 0) -> tuple[int, int, float]:
    """Return (top, left, mean) of the ``side`` x ``side`` window of a float (H, W) map with the largest mean.

    Windows keep ``border`` pixels away from the edges, and must fit. Of equal ones, the first in row order wins.
    """
    inner = difference[border : difference.shape[0] - border, border : difference.shape[1] - border]
    assert min(inner.shape) >= side
    sums = np.pad(inner, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    total = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    # The last digits of a float sum depend on its order and must not decide which window wins.
    means = np.round(total / side**2, 6)
    top, left = np.unravel_index(means.argmax(), means.shape)
    return int(top) + border, int(left) + border, float(means[top, left])
