"""The scaling of a step: fitted exponents, and one real step of each kind."""

import pytest

from benchmarks import scaling


def test_exponent_of_a_power_law() -> None:
    assert scaling.exponent([1, 2, 4, 8], [3 * x**1.7 for x in (1, 2, 4, 8)]) == pytest.approx(1.7)


def test_each_quantity_varies_alone_and_is_drawn(tmp_path) -> None:
    def timed(kind: str, sizes: dict[str, int]) -> float:
        return 1e-4 * sizes["batch"] * sizes["patch"] ** 2 * sizes["channels"] ** 1.5 * sizes["cells"] ** 0.5

    found = scaling.measure(timed)
    for kind in scaling.KINDS:
        powers = {quantity: rows["exponent"] for quantity, rows in found[kind].items()}
        assert powers == pytest.approx({"batch": 1, "patch": 2, "channels": 1.5, "cells": 0.5})
    paths = scaling.draw(found, tmp_path / "scaling")
    assert {path.suffix for path in paths} == {".png", ".svg", ".pdf"}
    assert all(path.stat().st_size > 1000 for path in paths)


@pytest.mark.parametrize("kind", scaling.KINDS)
def test_a_real_step_takes_time(kind) -> None:
    assert 0 < scaling.seconds(kind, {"batch": 1, "patch": 16, "channels": 4, "cells": 3}, steps=2) < 60
