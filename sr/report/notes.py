"""The lines under a table: by which protocol, data and budget the measured numbers were made."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from sr.config import Params
from sr.report.papers import Paper
from sr.report.results import BICUBIC

PAPER_PRESET = "paper"
DEMONSTRATION = "This is a demonstration budget and not a reproduction of the paper's training."

Note = tuple[str, str]


def notes(
    params: Params, metrics: pd.DataFrame, complexity: pd.DataFrame, published: pd.DataFrame, paper: Paper
) -> list[Note]:
    """Return (label, sentence) pairs in reading order; ``published`` as from ``published.completed``."""
    return [
        ("Preset", preset_note(params)),
        *_budget(params, complexity, paper),
        *_protocol(metrics),
        *_counting(complexity),
        *paper.remarks,
        ("Missing", "– marks a number that the source does not print, or a set that was not tested in this run."),
        *_slips(published),
    ]


def preset_note(params: Params) -> str:
    """Return the preset's name, with the warning that every preset but the paper's own needs."""
    return f"{params.preset}." if params.preset == PAPER_PRESET else f"{params.preset}. {DEMONSTRATION}"


def _budget(params: Params, complexity: pd.DataFrame, paper: Paper) -> Iterator[Note]:
    chosen = params.model(paper.method)
    steps = ", ".join(f"×{scale} {chosen.retrain.steps[f'x{scale}']:,} steps" for scale in sorted(params.scales))
    yield "Trained on", f"{', '.join(chosen.train)}."
    yield "Network", f"{chosen.network['channels']} channels, {chosen.network['cells']} cells."
    for genotype in complexity.loc[complexity["model"] == paper.method, "genotype"].head(1):
        yield "Genotype", f"{chosen.retrain.genotype}: {_describe(genotype)}."
    yield "Search", f"×2, {chosen.search.steps:,} steps, batch {chosen.search.batch}."
    yield "Retraining", f"{steps}, batch {chosen.retrain.batch}."


def _describe(genotype: dict) -> str:
    """Put a genotype into words: the cell's operations, then what each later cell reads."""
    wiring = [f"cell {cell} reads {' and '.join(map(str, read))}" for cell, read in enumerate(genotype["inputs"], 3)]
    return "; ".join([", ".join(genotype["cell"]), *wiring])


def _protocol(metrics: pd.DataFrame) -> Iterator[Note]:
    # read_metrics has refused mixtures, so one row speaks for all.
    first = metrics.iloc[0]
    sets = metrics.drop_duplicates("test_set")
    yield "Tested on", ", ".join(f"{row.test_set} ({row.images} images)" for row in sets.itertuples()) + "."
    yield "Colour", f"{first['colour']}."
    yield "Border crop", _crop(metrics)
    yield "Output", f"{first['output']}."
    yield "Degradation", f"{first['degradation']}."
    tile = metrics.loc[metrics["model"] != BICUBIC, "tile"].max()
    if tile > 0:
        yield "Tiles", f"images go through the network in tiles of {tile:.0f} LR pixels."


def _crop(metrics: pd.DataFrame) -> str:
    """Say the crop as a rule: the same at every scale, or the scale itself."""
    if (metrics["crop_border"] == metrics["scale"]).all():
        return "as many pixels per side as the scale."
    return f"{metrics['crop_border'].iloc[0]} pixels per side at every scale."


def _counting(complexity: pd.DataFrame) -> Iterator[Note]:
    if complexity.empty:
        return
    width, height = complexity["hr_size"].iloc[0]
    sizes = complexity.drop_duplicates("scale").sort_values("scale")
    lr = ", ".join(f"×{row.scale} {row.lr_size[0]}×{row.lr_size[1]}" for row in sizes.itertuples())
    yield (
        "Mult-Adds",
        f"one for each use of a Conv2d weight while making a {width}×{height} image (LR input: {lr}); bias, "
        "activation, pooling and interpolation are not counted.",
    )


def _slips(published: pd.DataFrame) -> Iterator[Note]:
    """Repeat the cautions of the published rows, one line a method, with what completes a missing number."""
    for method, rows in published[published["note"] != ""].groupby("method", sort=False):
        yield f"{method} as printed", " ".join(_slip(row) for row in rows.itertuples())


def _slip(row: Any) -> str:
    found = f"; elsewhere {row.mult_adds_g:g} G ({row.completed})" if row.completed else ""
    return f"×{row.scale}: {row.note}{found}."
