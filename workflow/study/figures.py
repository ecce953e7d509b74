"""Figures of the studies: networks of every arm, sizes, the course of the searches, rankings, budgets, latencies."""

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sr.core import repeats
from sr.methods.cost_table import CostTable
from sr.plot.label_placement import Labels, place_labels
from sr.plot.style import INK, LINE, OURS, PAPER, SOFT, canvas
from sr.report.claims.inference import LEVEL
from sr.report.scrutiny.formats import KINDS, Arm, Course, Kind, Ranking

COLOURS: dict[Kind, str] = {"searched": OURS, "random": SOFT, "given": PAPER, "changed": "#009e73"}
QUALITY = "PSNR (dB), mean over the test sets"
METHODS = {"dlsr": OURS, "mran": PAPER, "lads": "#009e73"}
# What an axis of sizes shows, and what its values are divided by.
MEASURES = {"mult_adds": ("Mult-Adds (G) for 1280×720", 1e9), "latency": ("latency (ms) for 1280×720, one thread", 1.0)}


def reach(arm: Arm) -> float:
    """Return half of the interval of an arm's mean over its networks (dB)."""
    from scipy.special import stdtrit

    return float(stdtrit(arm.df, (1 + LEVEL) / 2) * arm.pooled / np.sqrt(len(arm.psnr)))


def networks(arms: Sequence[Arm], baseline: str) -> Figure:
    """Return every network of every arm as a point, the arms by their means; a line marks the arm ``baseline``."""
    ordered = sorted(arms, key=lambda arm: arm.mean)
    figure = canvas(8.2, 0.9 + 0.27 * len(ordered))
    axes = figure.subplots()
    for row, arm in enumerate(ordered):
        colour = COLOURS[arm.kind]
        axes.scatter(arm.psnr, [row] * len(arm.psnr), s=14, color=colour, alpha=0.45, linewidths=0)
        axes.errorbar(arm.mean, row, xerr=reach(arm), fmt="|", color=colour, ms=11, mew=2, lw=1.4, capsize=0)
        if arm.name == baseline:
            axes.axvline(arm.mean, color=LINE, lw=0.8, ls="--", zorder=0)
    axes.set_yticks(range(len(ordered)), [f"{arm.name} ({len(arm.psnr)})" for arm in ordered], fontsize=8.5)
    axes.set_ylim(-0.7, len(ordered) - 0.3)
    axes.set_xlabel(QUALITY)
    kinds = [kind for kind in KINDS if any(arm.kind == kind for arm in ordered)]
    figure.legend(
        _handles(COLOURS[kind] for kind in kinds),
        [KINDS[kind] for kind in kinds],
        loc="outside upper center",
        ncols=len(kinds),
        frameon=False,
        fontsize=8.5,
    )
    return figure


def sizes(arms: Sequence[Arm], pairs: Sequence[tuple[str, str]], measure: str) -> Figure:
    """Return the arms' means against a ``measure`` of size; lines join ``pairs``, arms that differ in size alone."""
    label, unit = MEASURES[measure]
    size = {arm.name: (getattr(arm, measure) or 0) / unit for arm in arms}
    counted = {arm.name: arm for arm in arms if size[arm.name]}
    figure = canvas(8.2, 3.6 + 0.1 * len(arms))
    axes = figure.subplots()
    xs = [size[name] for name in counted]
    for (name, arm), x in zip(counted.items(), xs, strict=True):
        searched = name == arm.method
        axes.errorbar(x, arm.mean, yerr=reach(arm), color=METHODS[arm.method], lw=1, zorder=2)
        axes.scatter(x, arm.mean, s=46 if searched else 22, color=METHODS[arm.method], zorder=3, linewidths=0)
    for names in pairs:
        both = [counted[name] for name in names if name in counted]
        axes.plot([size[arm.name] for arm in both], [arm.mean for arm in both], color=LINE, lw=1, zorder=1)
    axes.set_xscale("log")
    ticks = _round(min(xs), max(xs))
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set(xlabel=label, ylabel=QUALITY)
    _legend(axes, _colours(arms), "lower right")
    place_labels(Labels(axes, xs, [arm.mean for arm in counted.values()], [*counted], [40] * len(counted)))
    return figure


def courses(rows: Sequence[Course]) -> Figure:
    """Return the searches of both methods from their first to their last step: entropy, and decisions already made."""
    figure = canvas(8.2, 3.1)
    left, right = figure.subplots(1, 2)
    for row in rows:
        colour = METHODS[repeats.base_of(row.model)]
        share = np.array(row.steps) / row.steps[-1]
        left.plot(share, row.entropy, color=colour, lw=1, alpha=0.8)
        right.plot(share, row.decided, color=colour, lw=1, alpha=0.8)
    left.set(xlabel="share of the search's steps", ylabel="entropy (1: undecided)", ylim=(0, 1.03))
    right.set(xlabel="share of the search's steps", ylabel="final choices already made", ylim=(0, 1.03))
    shown = {repeats.base_of(row.model) for row in rows}
    _legend(left, {method.upper(): colour for method, colour in METHODS.items() if method in shown}, "lower left")
    return figure


def rankings(rows: Sequence[Ranking]) -> Figure:
    """Return each network's PSNR by a supernet's weights against that after training of its own."""
    figure = canvas(8.2, 2.1 * -(-len(rows) // 5) + 0.4)
    grid = figure.subplots(-(-len(rows) // 5), min(len(rows), 5), squeeze=False)
    for axes, row in zip(grid.flat, rows, strict=False):
        axes.scatter(row.inherited, row.retrained, s=10, color=METHODS[repeats.base_of(row.model)], alpha=0.7, lw=0)
        axes.set_title(f"{row.model}: τ {row.tau:.2f}".replace("-", "−"), fontsize=8.5, pad=4)
        axes.tick_params(labelsize=7)
    for axes in [*grid.flat][len(rows) :]:
        axes.remove()
    figure.supxlabel("PSNR (dB) with the supernet's weights", fontsize=9)
    figure.supylabel("after retraining", fontsize=9)
    return figure


def budgets(random: Sequence[Arm], searched: Sequence[Arm]) -> Figure:
    """Return random and searched arms of one method by training steps; lines follow a genotype from one to the next."""
    figure = canvas(8.2, 3.4)
    left, right = figure.subplots(1, 2)
    random, searched = (sorted(arms, key=lambda arm: arm.steps) for arms in (random, searched))
    common = min(len(arm.psnr) for arm in random)
    for number in range(common):
        values = [arm.psnr[number] - float(np.mean(arm.psnr[:common])) for arm in random]
        right.plot([arm.steps for arm in random], values, color=INK, lw=0.9, alpha=0.6, marker="o", ms=3)
    for arms, kind in ((random, "random"), (searched, "searched")):
        steps, means = [arm.steps for arm in arms], [arm.mean for arm in arms]
        left.errorbar(steps, means, yerr=[reach(arm) for arm in arms], color=COLOURS[kind], marker="o", ms=4, capsize=2)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xticks([arm.steps for arm in random], [f"{arm.steps:,}" for arm in random])
        axes.minorticks_off()
        axes.set_xlabel("training steps")
    left.set_ylabel(QUALITY)
    right.set_ylabel(f"− mean of the same {common} genotypes (dB)")
    _legend(left, {KINDS[kind]: COLOURS[kind] for kind in ("searched", "random")}, "lower right")
    return figure


def cost_table(table: CostTable) -> Figure:
    """Return the latency of random networks as measured against the sum of the table."""
    figure = canvas(3.6, 3.2)
    axes = figure.subplots()
    expected, measured = [each.expected for each in table.networks], [each.measured for each in table.networks]
    ends = [min(expected + measured), max(expected + measured)]
    axes.plot(ends, ends, color=LINE, lw=1, zorder=0)
    axes.scatter(expected, measured, s=18, color=METHODS["lads"], linewidths=0)
    axes.set(xlabel="sum of the table (ms)", ylabel="measured (ms)")
    return figure


def _round(low: float, high: float) -> list[float]:
    """Return the ticks of a logarithmic axis from ``low`` to ``high``."""
    digits = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
    values = [digit * 10.0**power for power in range(-1, 6) for digit in digits]
    return [value for value in values if 0.9 * low <= value <= 1.1 * high]


def _colours(arms: Iterable[Arm]) -> dict[str, str]:
    shown = {arm.method for arm in arms}
    return {method.upper(): colour for method, colour in METHODS.items() if method in shown}


def _legend(axes: Axes, colours: dict[str, str], where: str = "best") -> None:
    handles = _handles(colours.values())
    axes.legend(handles, [*colours], loc=where, frameon=False, fontsize=8.5, handletextpad=0.2)


def _handles(colours: Iterable[str]) -> list[Line2D]:
    return [Line2D([], [], color=colour, marker="o", ls="", ms=5) for colour in colours]
