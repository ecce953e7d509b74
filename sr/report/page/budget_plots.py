"""Interactive plots of random and searched networks by training steps: does the order survive the budget?"""

from collections.abc import Sequence

import plotly.graph_objects as go

from sr.evaluate.metrics import PRIMARY
from sr.plot.style import OURS, SOFT
from sr.report.figures.metric_labels import axis_label
from sr.report.page.plot_style import Figures, finished
from sr.report.scrutiny.formats import KINDS, Arm, Kind, Scrutiny

COLOURS: dict[Kind, str] = {"random": SOFT, "searched": OURS}


def budgets(scrutiny: Scrutiny) -> Figures:
    """Return a figure for each method whose random genotypes were trained at several budgets, by the method's name."""
    figures = {}
    for method in dict.fromkeys(arm.method for arm in scrutiny.arms):
        arms = [arm for arm in scrutiny.arms if arm.method == method]
        random = _by_steps(arms, "random")
        steps = {arm.steps for arm in random}
        if len(steps) > 1:
            # Searched arms that differ in more than their budget are left out: they come first at the common one.
            searched = _by_steps([arm for arm in arms if arm.steps in steps], "searched")
            firsts = list({arm.steps: arm for arm in reversed(searched)}.values())
            figures[method] = _figure(method, random, sorted(firsts, key=lambda arm: arm.steps))
    return figures


def _by_steps(arms: Sequence[Arm], kind: Kind) -> list[Arm]:
    return sorted((arm for arm in arms if arm.kind == kind), key=lambda arm: arm.steps)


def _figure(method: str, random: list[Arm], searched: list[Arm]) -> dict:
    figure = go.Figure()
    groups: dict[Kind, list[Arm]] = {"random": random, "searched": searched}
    for kind, arms in groups.items():
        colour = COLOURS[kind]
        points = [(arm.steps, value, model) for arm in arms for model, value in zip(arm.models, arm.psnr, strict=True)]
        figure.add_scatter(
            x=[steps for steps, _, _ in points],
            y=[value for _, value, _ in points],
            customdata=[model for _, _, model in points],
            mode="markers",
            name=f"each network, {KINDS[kind]}",
            marker={"color": colour, "size": 7, "opacity": 0.45},
            hovertemplate="%{customdata}, %{x:,} steps: %{y:.3f}<extra></extra>",
        )
        figure.add_scatter(
            x=[arm.steps for arm in arms],
            y=[arm.mean for arm in arms],
            mode="lines+markers",
            name=f"mean, {KINDS[kind]}",
            line={"color": colour, "width": 2},
            marker={"color": colour, "size": 10, "symbol": "diamond"},
            hovertemplate="mean at %{x:,} steps: %{y:.3f}<extra></extra>",
        )
    figure.update_layout(title=f"Networks of {method.upper()} by budget", yaxis_title=axis_label(PRIMARY))
    steps = [arm.steps for arm in random]
    figure.update_xaxes(title="training steps", type="log", tickvals=steps, ticktext=[f"{each:,}" for each in steps])
    return finished(figure)
