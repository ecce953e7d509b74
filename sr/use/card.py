"""Model cards: an entry of the zoo, made from a run's weights, metrics, counts and records."""

import re
import shlex
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sr.core.errors import UserError
from sr.core.files import atomic_path, sha256_file, write_json, write_text
from sr.core.formats import load, write
from sr.core.provenance import SearchRecord, TrainingRecord
from sr.data import sources
from sr.data.formats import Inspection
from sr.evaluate.formats import Conditions, Metrics, ModelCounts, ScaleCounts
from sr.evaluate.latency_formats import Latency
from sr.evaluate.metrics import METRICS, Values
from sr.methods import papers
from sr.methods.releases import load_weights
from sr.methods.weights import Trained
from sr.use.card_text import page
from sr.use.curve import Curve, draw_curve, read_curve
from sr.use.formats import Budget, Card, CardTiming, Device, TestMetrics, TrainingData, TrainingSet
from sr.use.zoo import ZooModel

MOST_BYTES = 2 * 1024**2  # of a weights file in git
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*_x[234]")
_EVALUATE = "Recreate it with: python -m sr evaluate"
_COUNT = "Recreate it with: python -m sr count"


def make_card(
    name: str,
    weights: Path,
    metrics: list[str],
    counts: str,
    record: str,
    search_record: str | None,
    out: Path,
    history: Path | None = None,
    inspection: Path | None = None,
) -> Card:
    """Write the zoo's entry ``name`` to the folder ``out`` and return its card.

    ``metrics``: the network's and bicubic's, of the same sets. ``record``: of the training; ``search_record``: of
    the search behind the genotype, None if it was given. ``history``: the loss curve, for a picture. ``inspection``:
    the run's test images that look like training images. The same files give the same entry. Raise UserError if files
    do not belong together or the weights are too large; then nothing is written.
    """
    trained = load_weights(weights)
    _check_name(name, trained, weights, out)
    digest = sha256_file(weights)
    test_sets, protocol = _test_sets(metrics, digest, trained.scale)
    model_counts, at_scale = _counts(counts, trained)
    training = _training(record, model_counts.model, trained.scale)
    search = load(search_record, SearchRecord, "Recreate it with: search --record") if search_record else None
    card = Card(
        format=2,
        name=name,
        method=trained.method.name,
        title=trained.method.title,
        citation=papers.find(trained.method.name).citation,
        scale=trained.scale,
        params=at_scale.params,
        mult_adds=at_scale.mult_adds,
        hr_size=model_counts.hr_size,
        min_size=trained.method.min_size,
        weights_sha256=digest,
        data=_training_data(training, inspection, set(test_sets)),
        budget=_budget(training, search),
        device=Device(kind=training.device, count=training.devices, **training.machine.model_dump(exclude_none=True)),
        seed=training.seed,
        commit=training.git.commit,
        dirty=training.git.dirty,
        versions=training.versions,
        protocol=protocol,
        test_sets=test_sets,
    )
    _write_entry(out, card, trained, weights, read_curve(history) if history else None)
    return card


def add_timings(latency: Latency, models: Iterable[ZooModel]) -> None:
    """Write time and memory into the cards of the zoo's models; ``latency`` has a row for each by name."""
    conditions = latency.model_dump(include={"device", "processor", "threads"})
    rows = {row.model: row.model_dump(include={"median", "low", "high", "peak_memory"}) for row in latency.rows}
    for model in models:
        assert model.card is not None, "a model of the zoo has a card"
        folder, card = model.weights.parent, model.card.replace(timing=CardTiming(**rows[model.name], **conditions))
        write_text(folder / "card.md", page(card, with_curve=(folder / "curve.png").is_file()))
        write(folder / "card.json", card)


def _write_entry(out: Path, card: Card, trained: Trained, weights: Path, curve: Curve | None) -> None:
    text = page(card, with_curve=curve is not None)  # before anything is written
    if curve:
        draw_curve(curve, out / "curve.png")
    with atomic_path(out / "weights.safetensors") as temporary:
        shutil.copyfile(weights, temporary)
    write_json(out / "genotype.json", _core(trained))
    write_text(out / "card.md", text)
    write(out / "card.json", card)  # last, because the zoo recognises an entry by it


def _check_name(name: str, trained: Trained, weights: Path, out: Path) -> None:
    if not _NAME.fullmatch(name) or not name.endswith(f"_x{trained.scale}"):
        raise UserError(f"--name {name}: must have the form <words>_x{trained.scale}, e.g. dlsr_lite_x{trained.scale}")
    if out.name != name:
        raise UserError(f"--out {out}: the folder must be called {name}, because the zoo finds it by that name")
    if weights.suffix != ".safetensors":
        raise UserError(f"{weights}: not weights of this project (.safetensors). Train them here")
    size = weights.stat().st_size
    if size > MOST_BYTES:
        raise UserError(f"{weights}: {size:,} bytes, more than {MOST_BYTES:,}. Give the zoo a smaller network")
    trained.network()  # raises if the weights do not fit


def _core(trained: Trained) -> dict[str, Any]:
    return trained.genotype.without_evidence()


def _test_sets(paths: Iterable[str], digest: str, scale: int) -> tuple[dict[str, TestMetrics], Conditions]:
    """Return the means of the network and of bicubic for each test set, and the protocol of all of them."""
    network: dict[str, Metrics] = {}
    bicubic: dict[str, Metrics] = {}
    for path in paths:
        metrics = load(path, Metrics, _EVALUATE)
        if metrics.scale != scale or metrics.weights_sha256 not in (None, digest):
            raise UserError(f"{path}: measured with other weights, or at another scale. Give those of --weights")
        (network if metrics.weights_sha256 else bicubic)[metrics.test_set] = metrics
    if not network:
        raise UserError("--metrics: none of the files was measured with --weights. Run: python -m sr evaluate")
    for name, metrics in network.items():
        if name not in bicubic or _basis(bicubic[name]) != _basis(metrics):
            raise UserError(f"--metrics: no bicubic metrics of the same images of {name} by that protocol. Add them")
    protocols = [_conditions(metrics) for metrics in network.values()]
    if any(protocol != protocols[0] for protocol in protocols):
        raise UserError("--metrics: the files have different protocols. Give files of one protocol")
    return {name: _means(metrics, bicubic[name]) for name, metrics in network.items()}, protocols[0]


def _conditions(metrics: Metrics) -> Conditions:
    """Return the protocol without the tile, which does not change the result."""
    return Conditions(**metrics.protocol.model_dump(exclude={"tile"}))


def _basis(metrics: Metrics) -> tuple[str | None, list[str], Conditions]:
    """Return what two measurements must share to be comparable."""
    return metrics.data_digest, [image.name for image in metrics.images], _conditions(metrics)


def _means(network: Metrics, bicubic: Metrics) -> TestMetrics:
    return TestMetrics(images=len(network.images), network=_rounded(network.mean), bicubic=_rounded(bicubic.mean))


def _rounded(values: Values) -> Values:
    """Return the values with two more digits than are printed."""
    return {key: None if value is None else round(value, METRICS[key].digits + 2) for key, value in values.items()}


def _counts(path: str, trained: Trained) -> tuple[ModelCounts, ScaleCounts]:
    """Return the counts of the model, and those at the scale of the weights."""
    counts = load(path, ModelCounts, _COUNT)
    at_scale = counts.scales.get(str(trained.scale))
    if at_scale is None:
        raise UserError(f"{path}: no counts for x{trained.scale}. {_COUNT}")
    params = sum(parameter.numel() for parameter in trained.network().parameters())
    if counts.genotype != _core(trained) or params != at_scale.params:
        raise UserError(f"{path}: does not count the network of --weights. Give the file of the same model")
    return counts, at_scale


def _training(path: str, model: str, scale: int) -> TrainingRecord:
    record = load(path, TrainingRecord, "Give the record of retrain --record")
    if (record.model, record.scale) != (model, scale):
        raise UserError(f"{path}: not the record of {model}'s training at x{scale}. Give the one of retrain --record")
    return record


def _budget(training: TrainingRecord, search: SearchRecord | None) -> Budget:
    return Budget(
        preset=training.params.preset,
        params_digest=training.params.digest,
        steps=training.steps,
        seconds=training.seconds,
        warm_start=training.warm_start is not None,
        search_seconds=search.seconds if search else None,
        search_preset=search.params.preset if search else None,
    )


def _training_data(training: TrainingRecord, inspection: Path | None, tested: set[str]) -> TrainingData:
    """Return the training sets, and the images of the test sets ``tested`` that look like one of theirs."""
    sets = _training_sets(training.command)
    trained = {entry.name for entry in sets}
    pairs = load(inspection, Inspection, "Recreate it with: python -m sr inspect").lookalikes if inspection else None
    near = pairs and [
        pair for pair in pairs if pair.test.partition("/")[0] in tested and pair.train.partition("/")[0] in trained
    ]
    return TrainingData(sets=sets, digests=training.data_digests, lookalikes=near)


def _training_sets(command: str) -> list[TrainingSet]:
    """Return name and licence of the training sets, which a record holds only in its command's ``--data``."""
    words = shlex.split(command)
    sets: list[TrainingSet] = []
    for word in words[words.index("--data") + 1 :] if "--data" in words else []:
        if word.startswith("--"):
            break
        name = Path(word).name
        licence = sources.find(name).licence if name in sources.names() else "the trainer's own images"
        sets.append(TrainingSet(name=name, licence=licence))
    return sets
