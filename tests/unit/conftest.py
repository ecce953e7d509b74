"""Two runs for the tests of the report."""

import pytest

from tests.helpers.reporting import complexity_file, metrics_file


@pytest.fixture
def benchmark(tmp_path):
    """A run tested on the paper's own sets: Set5 at x2 and x4, Set14 at x2."""
    numbers = [(2, "Set5", 38.039, 0.9606), (2, "Set14", 33.631, 0.9184), (4, "Set5", 32.05, 0.893)]
    files = [metrics_file(tmp_path, "dlsr", *row) for row in numbers]
    files.append(metrics_file(tmp_path, "bicubic", 2, "Set5", 33.673, 0.9303))
    return files, [complexity_file(tmp_path)]


@pytest.fixture
def demo(tmp_path):
    """A small run tested on a set that the paper does not have."""
    rows = [(2, 30.81, 30.12), (3, 27.9, 27.5), (4, 26.3, 26.0)]
    files = [metrics_file(tmp_path, "dlsr", scale, "EmbeddedTest", ours) for scale, ours, _ in rows]
    files += [metrics_file(tmp_path, "bicubic", scale, "EmbeddedTest", plain) for scale, _, plain in rows]
    return files, [complexity_file(tmp_path, {2: (42000, 8900000000), 3: (44000, 4100000000), 4: (47000, 2400000000)})]
