"""Style of all figures: colours, fonts, and files with deterministic bytes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sr.core.files import atomic_path

# Okabe and Ito's palette, distinct for every common kind of colour blindness.
INK, SOFT, LINE = "#1b1f24", "#5c6670", "#9aa4ae"
# Networks of others before the papers' year and since; the paper's own as printed; this run's.
BEFORE, SINCE, PAPER, OURS = "#7f8a95", "#009e73", "#56b4e9", "#d55e00"
DPI = 160


@contextmanager
def style() -> Iterator[None]:
    """Apply the style to figures drawn and saved inside the block only."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.size": 9.5,
                # Two dollar signs in a user's name are no formula.
                "text.parse_math": False,
                "axes.titlesize": 10.5,
                "axes.titlepad": 10,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.grid": True,
                "grid.color": "#e6e9ec",
                "axes.axisbelow": True,
                # The ids of SVG elements are random unless salted.
                "svg.hashsalt": "sr.report",
                # TrueType: journals reject the default, Type 3, and editors cannot edit it.
                "pdf.fonttype": 42,
            }
        )
        yield


def canvas(width: float, height: float) -> Figure:
    """Return an empty figure (inches) that needs no display and no global state."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, out: str | os.PathLike, suffixes: tuple[str, ...] = (".png", ".svg", ".pdf")) -> list[Path]:
    """Write ``figure`` to ``out`` with each suffix, the same bytes for the same figure; return the paths."""
    # Leave out the date and the library's version, which would change the bytes.
    metadata = {
        ".png": {"Software": None},
        ".svg": {"Date": None, "Creator": None},
        ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    for suffix in suffixes:
        with atomic_path(f"{out}{suffix}") as temporary:
            figure.savefig(temporary, dpi=DPI, metadata=metadata[suffix])
    return [Path(f"{out}{suffix}") for suffix in suffixes]
