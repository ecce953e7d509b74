"""Style of the page's plots: colours, what replaces them on a dark screen, and plotly's layout."""

import json
from typing import Any

import plotly.graph_objects as go

from sr.plot.style import BEFORE, INK, LINE, OURS, PAPER, SINCE, SOFT

Figures = dict[str, dict[str, Any]]
GROUND, GRID = "#ffffff", "#e6e9ec"
# Colour and symbol of each kind of point: open for what papers print, filled for what this run measured.
LOOKS = {
    "quoted": (BEFORE, "circle-open"),
    "quoted since": (SINCE, "circle-open"),
    "remeasured": (BEFORE, "circle"),
    "remeasured since": (SINCE, "circle"),
    "paper": (PAPER, "square-open"),
    "run": (OURS, "diamond"),
    "bicubic": (SOFT, "x"),
}
# Distinct for every common kind of colour blindness (Okabe and Ito); visible on white and on the dark ground.
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", INK, "#8c6d1f", "#7f7f7f")
# By the light colour. The ground and the ink are those of page.css.
DARK = {GROUND: "#14181d", INK: "#e4e8ec", SOFT: "#a6b0ba", LINE: "#5b6671", GRID: "#2a323b"}


def finished(figure: go.Figure, top: int = 56) -> dict[str, Any]:
    """Return the figure in the style of the page, with ``top`` pixels for the title, as plain JSON."""
    figure.update_layout(
        template="none",
        font={"family": "system-ui, sans-serif", "size": 13, "color": INK},
        title={"font": {"size": 15}, "x": 0, "xanchor": "left", "y": 1, "yanchor": "top", "pad": {"t": 8}},
        margin={"l": 64, "r": 24, "t": top, "b": 56},
        legend={"orientation": "h", "y": -0.2, "x": 0},
        height=460,
        hoverlabel={"align": "left"},
        paper_bgcolor=GROUND,
        plot_bgcolor=GROUND,
    )
    # Close to the ticks, because the legend comes below.
    figure.update_xaxes(gridcolor=GRID, linecolor=LINE, zeroline=False, title_standoff=4)
    figure.update_yaxes(gridcolor=GRID, linecolor=LINE, zeroline=False)
    return json.loads(figure.to_json(engine="json"))
