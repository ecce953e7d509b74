"""Places of labels are computed; Matplotlib says where the words really are."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sr.plot import label_placement
from sr.plot.label_placement import DIRECTIONS, GAPS


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_words_are_where_they_were_computed(direction: label_placement.Direction) -> None:
    figure, axes = plt.subplots(figsize=(4, 3))
    point, distance, name = np.array([150.0, 120.0]), 5 + GAPS[2], "RB, gypsum (x2)"
    size = label_placement._size(axes, name)
    text = label_placement._label(axes, point, distance, direction, name, leader=True)
    box = label_placement._box(point, distance * figure.dpi / 72, direction, size)
    assert label_placement.text_box(text).extents == pytest.approx(box, abs=1e-6)
    plt.close(figure)


def test_boxes_contain_their_edges() -> None:
    boxes = np.array([[0.0, 0.0, 2.0, 1.0], [3.0, 0.0, 4.0, 1.0]])
    places = np.array([[2.0, 0.5], [2.5, 0.5], [3.0, 1.0]])
    assert label_placement._contains(boxes, places).tolist() == [[True, False, False], [False, False, True]]
