"""Histories of searches and trainings."""

import numpy as np
import pytest

from sr.core.errors import UserError
from sr.report.run import histories
from tests.helpers.runs import search


class TestHistory:
    """A history is checked, and thinned to what a screen can show."""

    @pytest.mark.parametrize("rows", [1, 2, 299, 300, 301, 599, 600, 4001])
    def test_the_last_row_stays(self, tmp_path, rows):
        whole = search(tmp_path, "dlsr", "dlsr", rows)
        thin = histories.history(tmp_path / "results/search/dlsr/history.csv", ["step"])
        assert thin["step"].iloc[-1] == whole["step"].iloc[-1]
        assert len(thin) <= histories.POINTS
        assert len(thin) == rows or len(thin) > histories.POINTS / 2
        assert thin["step"].is_monotonic_increasing
        assert len(set(np.diff(thin["step"]))) <= 1

    def test_no_rows(self, tmp_path):
        path = tmp_path / "history.csv"
        path.write_text("step,loss\n")
        with pytest.raises(UserError, match=r"history\.csv: not a readable history \(no rows"):
            histories.history(path, ["step", "loss"])

    @pytest.mark.parametrize("text", ["", 'step,loss\n1,"2\n'])
    def test_a_broken_file_is_named(self, tmp_path, text):
        path = tmp_path / "history.csv"
        path.write_text(text)
        with pytest.raises(UserError, match=r"history\.csv: not a readable history .* Run the job again") as error:
            histories.history(path, ["step", "loss"])
        assert "\n" not in str(error.value)
