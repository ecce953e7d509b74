"""Markdown page of a model card: purpose, training, metrics and limits of a network.

It begins with the front matter that model hubs such as Hugging Face's read.
"""

from typing import Any

import yaml

from sr.core.progress import duration
from sr.evaluate import metrics
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.use.formats import Card, TestMetrics

TASK = "image-to-image"  # what model hubs call it


def page(card: Card, with_curve: bool = False) -> str:
    """Return the Markdown page of a card, with the picture curve.png if there is one."""
    training = _training(card) + ("\n\n![Loss against steps](curve.png)" if with_curve else "")
    parts = [_head(card), _use(card), _measured(card), training, _limits(card), _licence(card)]
    return "\n\n".join([front_matter(card), *parts]) + "\n"


def front_matter(card: Card) -> str:
    """Return licence, task and metrics of a card as YAML between lines of dashes; infinite metrics are left out."""
    results = [
        {
            "task": {"type": TASK, "name": f"Super-resolution ×{card.scale}"},
            "dataset": {"type": name.lower(), "name": name},
            "metrics": [
                {"type": key, "value": value, "name": f"{METRICS[key].title} ({METRICS[key].unit or '0..1'}, on Y)"}
                for key, value in measured.network.items()
                if value is not None
            ],
        }
        for name, measured in card.test_sets.items()
    ]
    content: dict[str, Any] = {
        "license": "mit",
        "library_name": "pytorch",
        "pipeline_tag": TASK,
        "tags": ["super-resolution", "neural-architecture-search", card.method, f"x{card.scale}"],
        "metrics": list(METRICS),
        "model-index": [{"name": card.name, "results": results}],
    }
    return f"---\n{yaml.safe_dump(content, sort_keys=False, allow_unicode=True)}---"


def _head(card: Card) -> str:
    width, height = card.hr_size
    return (
        f"# {card.name}\n\nA {card.title} network that enlarges images ×{card.scale}: {card.params:,} parameters, "
        f"{card.mult_adds / 1e9:.2f} G Mult-Adds for an output of {width}×{height}.\n\nMethod: {card.citation}."
    )


def _use(card: Card) -> str:
    name, scale = card.name, card.scale
    return (
        "## How to use it\n\nFor small but clean photographs, and as a reference in experiments.\n\n```sh\n"
        f"python -m sr upscale photo.png photo_x{scale}.png --scale {scale} --model {name}\n"
        f"python -m sr export --model {name} --format onnx --out {name}.onnx\n```"
    )


def _measured(card: Card) -> str:
    titles = " / ".join(METRICS[key].title for key in next(iter(card.test_sets.values())).network)
    rows = [
        f"| test set | images | bicubic, {titles} | this network, {titles} | gain |",
        "|---|---|---|---|---|",
        *(_row(name, measured) for name, measured in card.test_sets.items()),
    ]
    protocol = card.protocol
    rules = (
        f"Protocol: {protocol.colour}; border crop {protocol.crop_border}; {protocol.output}; small images: "
        f"{protocol.degradation}."
    )
    return "## Measured\n\n" + "\n".join(rows) + f"\n\n{rules}" + _time(card)


def _time(card: Card) -> str:
    """Return time and memory in a sentence, or nothing if they were not measured."""
    if card.timing is None:
        return ""
    timing, (width, height) = card.timing, card.hr_size
    where = timing.device if timing.device != "cpu" else f"{timing.threads} thread(s) of {timing.processor}"
    memory = f", {timing.peak_memory / 2**20:.0f} MiB of memory" if timing.peak_memory is not None else ""
    return (
        f"\n\nTime for one output of {width}×{height} on {where}: {timing.median:.0f} ms "
        f"({timing.low:.0f} to {timing.high:.0f}){memory}."
    )


def _row(name: str, measured: TestMetrics) -> str:
    bicubic, network = (metrics.text(values, units=False) for values in (measured.bicubic, measured.network))
    return f"| {name} | {measured.images} | {bicubic} | {network} | {_gain(measured)} |"


def _gain(measured: TestMetrics) -> str:
    """Return the network's primary metric less bicubic's as text; a dash if both are infinite."""
    metric, network, bicubic = METRICS[PRIMARY], measured.network[PRIMARY], measured.bicubic[PRIMARY]
    if network is None or bicubic is None:
        number = "–" if network is bicubic else "+∞" if network is None else "−∞"
    else:
        number = f"{network - bicubic:+.{metric.digits}f}"
    return f"{number} {metric.unit}".rstrip()


def _training(card: Card) -> str:
    budget, device = card.budget, card.device
    start = ", from the weights of ×2 (their own training is not counted here)" if budget.warm_start else ""
    search = "given, not searched for these weights"
    if budget.search_seconds is not None:
        search = f"searched in {duration(budget.search_seconds)} (preset `{budget.search_preset}`)"
    hardware = device.gpu or f"{device.processor}, {device.threads} thread(s)"
    count = f"{device.count} × " if device.count > 1 else ""
    state = ", with local changes" if card.dirty else ""
    lines = [
        f"- Training data: {', '.join(entry.name for entry in card.data.sets) or 'not recorded'}.",
        f"- Architecture: {search}; see `genotype.json`.",
        f"- Budget: {budget.steps:,} steps in {duration(budget.seconds)}, preset `{budget.preset}`{start}.",
        f"- Device: {device.kind} ({count}{hardware}).",
        f"- Seed: {card.seed}. Commit: `{card.commit}`{state}. torch {card.versions['torch']}.",
    ]
    return "## How it was made\n\n" + "\n".join(lines)


def _limits(card: Card) -> str:
    metric = METRICS[PRIMARY]
    worse = [
        name
        for name, measured in card.test_sets.items()
        if metric.rank(measured.network[PRIMARY]) <= metric.rank(measured.bicubic[PRIMARY])
    ]
    lines = [
        "- Trained for bicubic downscaling only: noise, blur and JPEG artefacts are enlarged with the rest.",
        "- Adds no detail: textures that the small image lacks stay smooth.",
        f"- 8-bit RGB only, ×{card.scale} only. Sides below {card.min_size} pixels are mirrored to that size.",
    ]
    if card.budget.preset != "paper":
        lines.append("- Trained with the budget above, not the paper's: rely on the metrics here, not on the paper's.")
    for pair in card.data.lookalikes or []:
        lines.append(
            f"- The test image {pair.test} looks like the training image {pair.train}: it may have been learnt."
        )
    if worse:
        lines.append(f"- **Not better than bicubic on {', '.join(worse)}.**")
    return "## Limits\n\n" + "\n".join(lines)


def _licence(card: Card) -> str:
    lines = [f"- {entry.name}: {entry.licence}." for entry in card.data.sets] or ["- Not recorded."]
    remark = (
        "The project, including these weights, is under the MIT licence. The training images have terms of their own; "
        "whether these extend to the weights is not settled everywhere, so please respect them:"
    )
    return f"## Licence\n\n{remark}\n\n" + "\n".join(lines)
