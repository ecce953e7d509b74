"""Footnotes of a table: protocol, data and budget of the measured numbers, and cautions about the printed ones."""

import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from sr.core.config import PRESETS, Model, Params
from sr.core.genotype_files import genotype_file
from sr.core.yaml_files import read_yaml
from sr.methods.published import completed, elsewhere
from sr.methods.spec import Paper, TableSpec
from sr.report.run import budget
from sr.report.run.results import BICUBIC
from sr.report.tables import intervals
from sr.report.tables.lines import sizes
from sr.report.tables.table import Note

DEMONSTRATION = "This is a demonstration budget, not a reproduction of the paper's training."
MISSING = (
    "– marks a number that the source does not print, that is not available to us, or that this run did not measure."
)
MARKS = (
    "bold (red) is the best number shown for a scale and a set, underlined (blue) the second best. The published "
    "networks were trained by their authors, ours with the budget above."
)
# Keys that do not change the budget.
FREE = re.compile(
    r"device|data\.(folders|releases|peers).*|(\w+\.)+(search|retrain)\.(seeds|seed_scales)|(\w+\.)+retrain\.devices"
)
# Names of MRAN's blocks by the key of their edges.
BLOCKS = {"operations": "OSB", "attentions": "ASB"}
# A table with more searches than this summarises them.
FEW = 6
# Fields in which a variant always differs from its method.
IDENTITY = ("name", "genotype_of", "scales")


def of_comparison(
    spec: TableSpec,
    paper: Paper,
    params: Params,
    metrics: pd.DataFrame,
    complexity: pd.DataFrame,
    published: pd.DataFrame,
) -> list[Note]:
    """Return (label, sentence) pairs in reading order."""
    return [
        ("Preset", preset_note(params)),
        *_budget(spec, paper, params),
        *_variants(spec, paper, params),
        *same_networks(spec, params),
        *_genotypes(spec, complexity),
        *_protocol(metrics),
        *_peers(spec, metrics),
        *(_counting(complexity) if "mult_adds_g" in sizes(spec) else []),
        *intervals.of_comparison(spec, metrics),
        *paper.remarks,
        *spec.remarks,
        ("Marks", MARKS),
        ("Missing", MISSING),
        *_slips(completed(published, paper.name, spec.number), elsewhere(published, paper.name, spec.number)),
    ]


def of_search(spec: TableSpec, paper: Paper, params: Params) -> list[Note]:
    """Return the notes on a search's budget."""
    model = params.model(paper.method)
    return [("Preset", preset_note(params)), ("Trained on", f"{', '.join(model.train)}."), _search(model)]


def preset_note(params: Params) -> str:
    """Return the preset's name, what was edited, and the warning that all but the paper's own numbers need."""
    changed = edited(params)
    edits = f", edited: {', '.join(changed[:6])}{' and more' * (len(changed) > 6)}" if changed else ""
    warning = "" if budget.all_full(params) else f" {DEMONSTRATION}"
    return f"{params.preset}{edits}.{warning}"


def edited(params: Params) -> list[str]:
    """Return the keys that differ from the preset of that name.

    The location of the data, the device and the number of seeds do not count, because a job's budget stays the same.
    """
    preset = PRESETS / f"{params.preset}.yaml"
    shipped = _leaves(read_yaml(preset)) if preset.is_file() else {}
    here = _leaves(params.raw)
    changed = [key for key in {**here, **shipped} if here.get(key) != shipped.get(key)]
    return [key for key in changed if not FREE.fullmatch(key)]


def _budget(spec: TableSpec, paper: Paper, params: Params) -> Iterator[Note]:
    model = params.model(paper.method)
    steps = ", ".join(f"×{scale} {model.retrain.steps.at(scale):,} steps" for scale in spec.scales)
    yield "Trained on", f"{', '.join(model.train)}."
    yield "Network", f"{_flat(model.network.model_dump())}."
    yield _search(model)
    yield "Retraining", f"{steps}, batch {model.retrain.batch}, {model.retrain.genotype} genotype."


def _search(model: Model) -> Note:
    return "Search", f"×2, {model.search.steps:,} steps, batch {model.search.batch}."


def _variants(spec: TableSpec, paper: Paper, params: Params) -> Iterator[Note]:
    """Yield how each variant of this run differs from the method's own model."""
    main = _leaves(params.model(paper.method).model_dump())
    if spec.spread and len(spec.own) > FEW:
        seeds = [str(params.models[name].seed) for name in spec.own.values() if name in params.models]
        yield "Searches", f"{paper.method} with {len(seeds)} seeds, in the order of the rows: {', '.join(seeds)}."
        return
    for label, name in spec.own.items():
        if name in params.models and name != paper.method:
            leaves = _leaves(params.models[name].model_dump())
            changes = {key: value for key, value in leaves.items() if value != main.get(key) and key not in IDENTITY}
            source = params.models[name].genotype_of
            shared = "" if source == name else f"; genotype of {source}"
            yield label, f"{name}: {paper.method} with {_flat(changes) or 'the same parameters'}{shared}."


def same_networks(spec: TableSpec, params: Params) -> Iterator[Note]:
    """Yield which rows are one network, because their models take a given genotype instead of their own searches."""
    groups: dict[tuple[str, str], list[str]] = {}
    for label, name in spec.own.items():
        model = params.models.get(name)
        file = genotype_file(params.models, name) if model is not None else ""
        if model is not None and file.startswith("data/"):
            groups.setdefault((file, _flat(model.network.model_dump())), []).append(label)
    for (file, _), labels in groups.items():
        if len(labels) > 1:
            rows = f"{', '.join(labels[:-1])} and {labels[-1]}"
            yield "Same network", f"{rows} have the genotype of {file} and differ in nothing but their training."


def _leaves(tree: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Return a nested dictionary flat, with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _leaves(value, f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": value}
    return flat


def _flat(tree: dict[str, Any]) -> str:
    return ", ".join(f"{key} {_word(value)}" for key, value in _leaves(tree).items())


def _word(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _genotypes(spec: TableSpec, complexity: pd.DataFrame) -> Iterator[Note]:
    """Yield each model's genotype; models with the same one share a line."""
    rows: dict[str, list[str]] = {}
    for label, model in spec.own.items():
        for genotype in complexity.loc[complexity["model"] == model, "genotype"].head(1):
            rows.setdefault(describe(genotype), []).append(label)
    if spec.spread and len(rows) > FEW:
        repeats = [len(labels) for labels in rows.values()]
        most = f"the most frequent one found {max(repeats)} times" if max(repeats) > 1 else "all found once"
        yield "Genotypes", f"{len(rows)} different ones from {sum(repeats)} searches, {most}."
        return
    for text, labels in rows.items():
        yield f"Genotype of {', '.join(labels)}", f"{text}."


def describe(genotype: dict[str, Any]) -> str:
    """Put a genotype into words: its choices by key, and the connections between DLSR's cells."""
    parts = []
    for key, value in genotype.items():
        if isinstance(value, dict) and key != "evidence":
            parts.append(f"{BLOCKS.get(key, key)} " + ", ".join(f"{edge} {kind}" for edge, kind in value.items()))
        elif key == "inputs":
            parts += [f"cell {cell} reads {' and '.join(map(str, read))}" for cell, read in enumerate(value, 3)]
        elif isinstance(value, list):
            parts.append(", ".join(map(str, value)))
    return "; ".join(parts)


def _protocol(metrics: pd.DataFrame) -> Iterator[Note]:
    if metrics.empty:
        yield "Tested on", "no set in this run."
        return
    # read_metrics rejects mixtures, so all rows share one protocol.
    first = metrics.iloc[0]
    sets = metrics.drop_duplicates("test_set")
    yield "Tested on", ", ".join(f"{row.test_set} ({row.images} images)" for row in sets.itertuples()) + "."
    yield "Colour", f"{first['colour']}."
    yield "Border crop", _crop(metrics)
    yield "Output", f"{first['output']}."
    yield "Degradation", f"{first['degradation']}."
    tile = metrics.loc[~metrics["peer"] & (metrics["model"] != BICUBIC), "tile"].max()
    if tile > 0:
        yield "Tiles", f"the network processes images in tiles of {tile:.0f} LR pixels."


def _peers(spec: TableSpec, metrics: pd.DataFrame) -> Iterator[Note]:
    """Yield how the networks of others were measured."""
    names = [peer.title(name) for name, peer in spec.peers.items() if name in {*metrics["model"]}]
    if names:
        yield (
            "Re-measured",
            f"{', '.join(names)}: weights that their authors published, measured here by the same "
            "protocol on whole images and counted here by the same rule. Printed Mult-Adds may be by another rule.",
        )


def _crop(metrics: pd.DataFrame) -> str:
    """Return the crop as a rule: the same at every scale, or the scale itself."""
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
        f"one for each use of a Conv2d weight in making a {width}×{height} image (LR input: {lr}); bias, "
        "activation, pooling and interpolation are not counted.",
    )


def _slips(published: pd.DataFrame, others: pd.DataFrame) -> Iterator[Note]:
    """Yield the cautions about published rows and the sources of numbers added to them; equal ones share a line."""
    shown = set(zip(others["method"], others["scale"], strict=True))
    cautions: dict[str, list[str]] = {}
    for method, rows in published[published["note"] != ""].groupby("method", sort=False):
        text = " ".join(_slip(row, (method, row.scale) in shown) for row in rows.itertuples())
        cautions.setdefault(text, []).append(str(method))
    yield from ((f"{', '.join(methods)} as printed", text) for text, methods in cautions.items())
    for method, rows in others.groupby("method", sort=False):
        yield f"{method} (elsewhere)", " ".join(_origin(row) for row in rows.itertuples())


def _slip(row: Any, shown: bool) -> str:
    """Repeat one caution; a number from elsewhere only if the table does not show it in a row of its own."""
    completion = f"; elsewhere {row.mult_adds_g:g} G ({row.completed})" if row.completed and not shown else ""
    return f"×{row.scale}: {row.note}{completion}."


def _origin(row: Any) -> str:
    return f"×{row.scale}: {row.source}{f' ({row.note})' if row.note else ''}."
