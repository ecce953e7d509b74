"""Agreement of searches."""

import pytest

from sr.core import config
from sr.methods import registry
from sr.nas.agreement import agreement, by_chance, overall
from sr.nas.random_genotype import draw
from sr.nas.relaxation import Choice


def test_agreement_is_the_share_of_common_options() -> None:
    one, two = {"a": ["x"], "b": ["1", "2"]}, {"a": ["y"], "b": ["2", "3"]}
    assert agreement(one, two) == {"a": 0, "b": 0.5}
    assert agreement(one, one) == {"a": 1, "b": 1}
    assert overall([one, one, two]) == pytest.approx((1 + 0.25 + 0.25) / 3)


def test_random_genotypes_agree_as_by_chance(smoke: config.Params) -> None:
    """The expectation against many draws of DLSR's own space."""
    method = registry.find("dlsr")
    choices = method.choices(smoke.model("dlsr").network)
    kept: list[dict] = []

    def remember(decisions):
        kept.append(decisions)
        return method.derive(decisions)

    for number in range(400):
        draw(remember, choices, str(number), lambda *_: True)
    assert overall(kept) == pytest.approx(by_chance(choices), abs=0.01)
    assert by_chance({"a": Choice(("x", "y")), "b": Choice(("1", "2", "3", "4"), keep=2)}) == 0.5
