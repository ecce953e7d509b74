"""Differences between arms of a study in words: what is shown, and how small a difference would have been."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sr.report.claims.inference import LEVEL
from sr.report.scrutiny import arms
from sr.report.scrutiny.arms import Measured
from sr.report.scrutiny.formats import Difference
from sr.report.tables.table import number

DIGITS = 3
ALPHA = 1 - LEVEL
# An arm by name, or two that differ in size alone, which are compared at the size of the other arm.
Side = str | tuple[str, str]


@dataclass(frozen=True)
class Contrast:
    """``first`` minus ``second``; ``size``: their ratio of parameters (or of ``measure``)."""

    first: str
    second: str
    difference: Difference
    size: float | None

    @property
    def shown(self) -> bool:
        """Return whether the difference is not 0 at the family's level."""
        return self.difference.adjusted < ALPHA

    @property
    def gain(self) -> str:
        """Return the difference in dB."""
        return number(self.difference.gain, DIGITS, signed=True)

    @property
    def interval(self) -> str:
        """Return the ends of the interval in dB."""
        return " to ".join(number(end, DIGITS, signed=True) for end in (self.difference.low, self.difference.high))

    @property
    def p(self) -> str:
        """Return the p value after Holm."""
        return "<0.001" if self.difference.adjusted < 0.001 else number(self.difference.adjusted, 3)

    @property
    def seen(self) -> str:
        """Return the smallest difference that the interval would have shown, in dB."""
        return number((self.difference.high - self.difference.low) / 2, DIGITS)

    @property
    def verdict(self) -> str:
        """Return what is shown, in a word or two."""
        return ("higher" if self.difference.gain > 0 else "lower") if self.shown else "no difference shown"

    @property
    def sentence(self) -> str:
        """Return the verdict with its evidence."""
        if self.shown:
            amount = f"{self.verdict} by {number(abs(self.difference.gain), DIGITS)} dB"
        elif not self.difference.low <= 0 <= self.difference.high:  # the interval is of one comparison, p of several
            amount = f"{self.verdict} as one of several comparisons: {self.gain} dB"
        else:
            amount = f"{self.verdict}: {self.gain} dB, where {self.seen} dB would have been seen"
        return f"{amount} (95 % interval {self.interval}; p {self.p if '<' in self.p else f'= {self.p}'})"


def family(known: dict[str, Measured], pairs: Sequence[tuple[str, Side]], measure: str = "params") -> list[Contrast]:
    """Return the contrasts of one question, with p values adjusted by Holm over all of them.

    Pairs with an arm that the run lacks, or whose sizes cannot be made equal, are left out.
    """
    sides = [(first, second, _sides(known, first, second, measure)) for first, second in pairs]
    present = [(first, second, both) for first, second, both in sides if both]
    differences = arms.adjusted([arms.difference(*both) for _, _, both in present])
    return [
        Contrast(first, _name(second), difference, _ratio(*both, measure))
        for (first, second, both), difference in zip(present, differences, strict=True)
    ]


def _sides(known: dict[str, Measured], first: str, second: Side, measure: str) -> tuple[Measured, Measured] | None:
    names = [first, *([second] if isinstance(second, str) else second)]
    if any(name not in known for name in names):
        return None
    one, *others = (known[name] for name in names)
    if len(others) == 1:
        return one, others[0]
    small, large = sorted(others, key=lambda each: getattr(each.arm, measure) or np.inf)
    between = arms.at_size(small, large, getattr(one.arm, measure) or 0, measure)
    return (one, between) if between else None


def _name(second: Side) -> str:
    return second if isinstance(second, str) else f"{' to '.join(second)} at equal size"


def _ratio(one: Measured, other: Measured, measure: str) -> float | None:
    ours, theirs = (getattr(each.arm, measure) for each in (one, other))
    return ours / theirs if ours and theirs else None
