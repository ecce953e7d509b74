"""Interactive plots of trainings and searches, as plotly's JSON: curves, and the probabilities of choices.

Each function returns {key: figure}; the page shows the figure whose key the reader selects.
"""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sr.plot.style import INK
from sr.report.page.plot_style import LINES, Figures, finished
from sr.report.run import histories, paths
from sr.report.run.histories import history
from sr.report.run.reader import FinishedRun

# Plotly would label ticks between powers of ten with single digits, too small to read, and more of them than fit.
LOGARITHMIC = {"type": "log", "tickformat": "~r", "nticks": 4}


def training(run: FinishedRun) -> Figures:
    """Return the loss curves of retraining by model, one line a scale."""
    figures = {}
    for name, model in run.models.items():
        curves = {scale: run.path(f"results/retrain/{name}/x{scale}.csv") for scale in model.scales}
        figure = go.Figure()
        for index, (scale, path) in enumerate((scale, path) for scale, path in curves.items() if path):
            rows = history(path, ["step", "loss"])
            hover = f"×{scale}, step %{{x}}: loss %{{y:.3f}}<extra></extra>"
            line = {"color": LINES[index], "dash": ("solid", "dash", "dot")[index % 3]}
            figure.add_scatter(
                x=rows["step"], y=rows["loss"], mode="lines", name=f"×{scale}", line=line, hovertemplate=hover
            )
        if figure.data:
            figure.update_layout(title=f"Retraining of {name}", xaxis_title="step", yaxis_title="loss")
            figure.update_yaxes(**LOGARITHMIC)
            figures[name] = finished(figure)
    return figures


def searches(run: FinishedRun) -> Figures:
    """Return losses and mean entropy of each search by model."""
    figures = {}
    for name, rows in _histories(run).items():
        entropies = rows[[column for column in rows if column.startswith("entropy.")]]
        figure = make_subplots(specs=[[{"secondary_y": True}]])
        series = [
            ("training loss", rows["loss_train"], "solid", False),
            ("validation loss", rows["loss_val"], "dash", False),
            ("mean entropy", entropies.mean(axis=1), "dot", True),
        ]
        for index, (label, values, dash, right) in enumerate(series):
            line = {"color": LINES[index], "dash": dash}
            figure.add_scatter(x=rows["step"], y=values, mode="lines", name=label, line=line, secondary_y=right)
        figure.update_layout(title=f"Search of {name}", xaxis_title="step")
        figure.update_yaxes(title="loss", **LOGARITHMIC, secondary_y=False)
        figure.update_yaxes(
            title="entropy of the choices (nats)",
            rangemode="tozero",
            tickmode="auto",
            showgrid=False,
            automargin=True,
            secondary_y=True,
        )
        figures[name] = finished(figure)
    return figures


def choices(run: FinishedRun) -> Figures:
    """Return each choice's probabilities over time and at the end, by "<model>|<choice>"."""
    figures = {}
    for name, rows in _histories(run).items():
        kept = _kept(run, name)
        for choice in (column.partition(".")[2] for column in rows if column.startswith("entropy.")):
            columns = [column for column in rows if column.startswith(f"{choice}.")]
            parts = {column.partition(".")[2]: rows[column] for column in columns}
            figures[f"{name}|{choice}"] = _choice(rows["step"], parts, kept.get(choice, []), f"{name}: {choice}")
    return figures


def _choice(steps: pd.Series, parts: dict[str, pd.Series], kept: list[str], title: str) -> dict[str, Any]:
    figure = make_subplots(
        1, 2, column_widths=[0.6, 0.4], horizontal_spacing=0.36, subplot_titles=("over time", "at the end")
    )
    for index, (option, values) in enumerate(parts.items()):
        line = {"color": LINES[index % len(LINES)], "width": 3 if option in kept else 1.5}
        line["dash"] = ("solid", "dash", "dot")[index // len(LINES)]
        figure.add_scatter(x=steps, y=values, mode="lines", name=option, line=line, showlegend=False, row=1, col=1)
    options = list(parts)[::-1]
    figure.add_bar(
        x=[float(parts[option].iloc[-1]) for option in options],
        y=[f"✓ {option}" if option in kept else option for option in options],
        orientation="h",
        marker={
            "color": [LINES[list(parts).index(option) % len(LINES)] for option in options],
            "line": {"color": INK, "width": [2 if option in kept else 0 for option in options]},
        },
        showlegend=False,
        hovertemplate="%{y}: %{x:.4f}<extra></extra>",
        row=1,
        col=2,
    )
    figure.update_xaxes(title="step", row=1, col=1)
    figure.update_xaxes(title="probability", rangemode="tozero", row=1, col=2)
    figure.update_yaxes(type="category", automargin=True, row=1, col=2)
    figure.update_yaxes(title="probability", row=1, col=1)
    figure.update_layout(title=title)
    return finished(figure)


def _kept(run: FinishedRun, name: str) -> dict[str, list[str]]:
    path = run.path(f"results/genotype/{name}.json")
    return {choice: decision.kept for choice, decision in (histories.decisions(path) if path else {}).items()}


def _histories(run: FinishedRun) -> dict[str, pd.DataFrame]:
    searched = [name for name in run.models if name in paths.searched(run.models)]
    files = {name: run.path(f"results/search/{name}/history.csv") for name in searched}
    return {name: history(path, ["step", "loss_train", "loss_val"]) for name, path in files.items() if path}
