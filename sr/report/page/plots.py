"""Interactive plots of the page, as plotly's JSON: quality against size, training and search curves, choices.

Each function returns {key: figure}; the page shows the figure whose key the reader selects.
"""

import json
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods.papers import PAPERS
from sr.plot.style import INK, LINE, OURS, PAPER, PEERS, SOFT
from sr.report.figures.metric_labels import axis_label
from sr.report.run import histories, paths
from sr.report.run.histories import history
from sr.report.run.published import SETS, completed
from sr.report.run.reader import FinishedRun

Figures = dict[str, dict[str, Any]]
AXES = {"params_k": ("Params (K)", "Mult-Adds"), "mult_adds_g": ("Mult-Adds (G)", "Params")}
LOOKS = {"published": (PEERS, "circle"), "paper": (PAPER, "square"), "run": (OURS, "diamond"), "bicubic": (SOFT, "x")}
NAMES = {"published": "published", "paper": "this paper's network, published", "run": "this run", "bicubic": "bicubic"}
# Distinct for every common kind of colour blindness (Okabe and Ito), dark enough on white.
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#1b1f24", "#8c6d1f", "#7f7f7f")
POINT = ["label", "kind", "source", "scale", "test_set", "params_k", "mult_adds_g", *METRICS]
# Plotly would label ticks between powers of ten with single digits, too small to read.
LOGARITHMIC = {"type": "log", "tickformat": "~r"}


def clouds(run: FinishedRun) -> Figures:
    """Return the primary metric against Params and Mult-Adds, by "<axis>|<scale>|<test set>"."""
    points = _points(run)
    figures = {}
    for axis in AXES:
        for (scale, test_set), rows in points.groupby(["scale", "test_set"], sort=True):
            if (rows["kind"] != "bicubic").any():
                figures[f"{axis}|{scale}|{test_set}"] = _cloud(rows, axis, f"{test_set}, ×{scale}")
    return figures


def _points(run: FinishedRun) -> pd.DataFrame:
    """Return one row a network, scale and test set, with the columns ``POINT``."""
    frame = pd.DataFrame([*_published(run), *_own(run)], columns=POINT)
    # A method in both papers gets one dot, the first paper's.
    return frame.drop_duplicates(["label", "scale", "test_set"])


def _published(run: FinishedRun) -> list[dict[str, Any]]:
    rows = []
    for paper in (PAPERS[method] for method in run.params.methods if method in PAPERS):
        if paper.figure is None:
            continue
        for row in completed(run.published, paper.name, paper.figure.table).to_dict("records"):
            kind = "paper" if row["method"] == paper.name else "published"
            if pd.isna(row["params_k"]):
                continue
            common = {key: row[key] for key in ("scale", "params_k", "mult_adds_g")}
            # A size that the paper leaves out has a source of its own.
            source = "; size from ".join(filter(None, (row["source"], row["completed"])))
            common |= {"label": row["method"], "kind": kind, "source": source}
            rows += [
                {**common, "test_set": name, **{metric: row.get(f"{key}_{metric}") for metric in METRICS}}
                for key, name in SETS.items()
                if pd.notna(row[f"{key}_{PRIMARY}"])
            ]
    return rows


def _own(run: FinishedRun) -> list[dict[str, Any]]:
    counts = run.complexity.set_index(["model", "scale"])
    rows = []
    for row in run.metrics.to_dict("records"):
        key = row["model"], row["scale"]
        common = {name: row[name] for name in ("scale", "test_set", *METRICS)}
        common |= {"label": f"{row['model']} (this run)", "source": f"this run, preset {run.params.preset}"}
        if key in counts.index:
            size = counts.loc[key]
            sizes = {"params_k": size["params"] / 1e3, "mult_adds_g": size["mult_adds"] / 1e9}
            rows.append({**common, **sizes, "kind": "run"})
        elif row["model"] == paths.BICUBIC:
            rows.append({**common, "label": "bicubic (measured)", "kind": "bicubic"})
    return rows


def _cloud(rows: pd.DataFrame, axis: str, title: str) -> dict[str, Any]:
    other = next(name for name in AXES if name != axis)
    figure = go.Figure()
    largest = rows[other].max()
    for kind, (colour, symbol) in LOOKS.items():
        part = rows[(rows["kind"] == kind) & rows[axis].notna()]
        if kind == "bicubic" or part.empty:
            continue
        # The area grows with the root, as in the static figures: one network needs 380 times another's Mult-Adds.
        sizes = 9 + 30 * (part[other].fillna(0) / largest) ** 0.5 if largest > 0 else 12
        figure.add_scatter(
            x=part[axis],
            y=part[PRIMARY],
            mode="markers+text" if len(part) <= 6 else "markers",
            text=part["label"],
            textposition="top center",
            name=NAMES[kind],
            customdata=[_hover_text(row) for row in part.to_dict("records")],
            hovertemplate="%{customdata}<extra></extra>",
            marker={"size": sizes, "color": colour, "symbol": symbol, "line": {"color": INK, "width": 0.8}},
        )
    for row in rows[rows["kind"] == "bicubic"].to_dict("records"):
        figure.add_hline(
            row[PRIMARY], line={"color": SOFT, "dash": "dash", "width": 1}, annotation_text="bicubic (measured)"
        )
    spread = rows[axis].max() >= 10 * rows[axis].min()
    figure.update_layout(
        title=f"{METRICS[PRIMARY].title} on {title}; dot area: {AXES[axis][1]}", yaxis_title=axis_label(PRIMARY)
    )
    figure.update_xaxes(title=AXES[axis][0], type="log" if spread else "linear", dtick=1 if spread else None)
    return _finished(figure)


def _hover_text(row: dict[str, Any]) -> str:
    lines = [f"<b>{row['label']}</b>"]
    for name, metric in METRICS.items():
        if pd.notna(row[name]):
            lines.append(f"{metric.title} {row[name]:.{metric.digits}f} {metric.unit}".rstrip())
    lines += [f"Params {row['params_k']:,.1f} K"]
    lines += [f"Mult-Adds {row['mult_adds_g']:,.1f} G"] if pd.notna(row["mult_adds_g"]) else ["Mult-Adds not printed"]
    return "<br>".join([*lines, row["source"]])


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
            figures[name] = _finished(figure)
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
            title="entropy of the choices (nats)", rangemode="tozero", tickmode="auto", showgrid=False, secondary_y=True
        )
        figures[name] = _finished(figure)
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
    return _finished(figure)


def _kept(run: FinishedRun, name: str) -> dict[str, list[str]]:
    path = run.path(f"results/genotype/{name}.json")
    return {choice: decision.kept for choice, decision in (histories.decisions(path) if path else {}).items()}


def _histories(run: FinishedRun) -> dict[str, pd.DataFrame]:
    searched = [name for name in run.models if name in paths.searched(run.models)]
    files = {name: run.path(f"results/search/{name}/history.csv") for name in searched}
    return {name: history(path, ["step", "loss_train", "loss_val"]) for name, path in files.items() if path}


def _finished(figure: go.Figure) -> dict[str, Any]:
    """Return the figure in the style of the page, as plain JSON."""
    figure.update_layout(
        template="none",
        font={"family": "system-ui, sans-serif", "size": 13, "color": INK},
        title={"font": {"size": 15}, "x": 0, "xref": "paper", "xanchor": "left"},
        margin={"l": 64, "r": 24, "t": 56, "b": 56},
        legend={"orientation": "h", "y": -0.2, "x": 0},
        height=460,
        hoverlabel={"align": "left"},
        paper_bgcolor="white",
        plot_bgcolor="white",
    )
    figure.update_xaxes(gridcolor="#e6e9ec", linecolor=LINE, zeroline=False)
    figure.update_yaxes(gridcolor="#e6e9ec", linecolor=LINE, zeroline=False)
    return json.loads(figure.to_json(engine="json"))
