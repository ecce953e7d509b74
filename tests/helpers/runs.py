"""A whole finished run in a folder, small but with every kind of file that the page reads; made without torch."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from PIL import Image

from sr.core import config, formats
from sr.core.files import ROOT, digest, write_json, write_text
from sr.evaluate import embedded
from sr.evaluate.formats import Panel
from sr.evaluate.latency_formats import Latency, Timing
from sr.methods import papers
from sr.methods.spec import TIMINGS
from sr.report.run import paths as inputs
from sr.report.run import results
from sr.report.tables import build
from tests.helpers.reporting import COUNTS, GENOTYPES, complexity_file, metrics_file

SETS = ["EmbeddedTest", "Set5"]
PLAIN = {2: 33.0, 3: 30.5, 4: 28.5}
# One within the tolerance of the printed 38.04 / 0.9606, one far below the printed 34.49 / 0.9279.
QUALITY = {("dlsr", 2, "Set5"): (38.012, 0.9603), ("dlsr", 3, "Set5"): (34.01, 0.9201)}
OPERATIONS = ["conv_1x1", "conv_3x3", "sep_conv_7x7"]
CHOICES = {
    "dlsr": {"alpha_1": OPERATIONS, "beta_3": ["1", "2"]},
    "mran": {"osb_0_1": ["rdb_rb", "skip", "none"], "asb_0_1": ["ca", "esa"]},
    "lads": {"operation_1": OPERATIONS, "collect": ["all", "last"]},
}
CALIBRATED = {
    "dlsr": {("dlsr", scale): counts for scale, counts in COUNTS.items()},
    "mran": {
        ("mran", 2): (476755, 108453889024),
        ("mran", 4): (513747, 35673293824),
        ("mran_rb", 4): (610243, 61 * 10**9),
    },
}
# The smallest files of each kind that a program opens.
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="60"><rect width="120" height="60" fill="#eee"/></svg>'
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
SIDE = 24


def write_run(folder: Path, preset: str = "demo", change: Callable[[dict[str, Any]], Any] | None = None) -> Path:
    """Write a finished run by ``preset`` on the sets ``SETS`` and return its params.yaml.

    ``change`` may edit the parameters before anything is written.
    """
    raw = yaml.safe_load((ROOT / "workflow" / "presets" / f"{preset}.yaml").read_text(encoding="utf-8"))
    if preset != "paper":
        raw["data"]["test"] = list(SETS)
    if change:
        change(raw)
    params = folder / "params.yaml"
    write_text(params, yaml.safe_dump(raw))
    models = config.check(raw).models
    _data(folder, raw)
    for name in [inputs.BICUBIC, *models]:
        measure(folder, raw, name)
    for name, model in models.items():
        genotype = GENOTYPES[model.method]
        counts = {s: (90_000 + 100 * len(name) + s, 20 * 10**9 // s) for s in model.scales}
        (folder / "results/counts").mkdir(parents=True, exist_ok=True)
        complexity_file(folder / "results/counts", counts, name, model=name, method=model.method, genotype=genotype)
    _counts(folder, raw["methods"])
    for index, name in enumerate(sorted(inputs.searched(models))):
        search(folder, name, models[name].method, seed=index)
    for name, model in models.items():
        for scale in model.scales:
            _retraining(folder, name, scale)
    _records(folder, raw, models)
    _panels(folder, raw)
    _figures(folder, raw["methods"])
    _latency(folder, {method: models[method].scales for method in raw["methods"]})
    return params


def write_tables(params: Path) -> Path:
    """Build the tables of the run as the pipeline does; return ``params``."""
    raw, root = yaml.safe_load(params.read_text(encoding="utf-8")), params.parent
    checked = config.check(raw)
    models, peers = checked.models, checked.data.peers
    for name, spec in papers.of_run(raw["methods"], models, peers).items():
        files = inputs.of_table(spec, models, raw["data"]["test"])
        existing = {key: [root / file for file in files[key] if (root / file).is_file()] for key in files}
        given = {key: existing.get(key) for key in results.KINDS}
        build.write_table(name, params, root / spec.published, given, root / "results/tables" / name)
    networks = [(method, scale) for method in raw["methods"] for scale in models[method].scales]
    files = inputs.of_timings(networks, raw["methods"], raw["data"]["test"][0])
    timings = {key: [root / file for file in files.get(key, [])] for key in results.KINDS}
    given = {key: timings[key] if key in files else None for key in results.KINDS}
    build.write_table(TIMINGS.name, params, None, given, root / "results/tables" / TIMINGS.name)
    return params


def measure(folder: Path, raw: dict[str, Any], name: str, scales: list[int] | None = None, **changes: Any) -> None:
    """Write the metrics of one model, or of bicubic, on the run's test sets."""
    models = config.check(raw).models
    border = raw["evaluate"]["crop_border"]
    for scale in scales or (inputs.scales_of(models) if name == inputs.BICUBIC else models[name].scales):
        for test_set in raw["data"]["test"]:
            better = 0.0 if name == inputs.BICUBIC else 0.1 + 0.01 * len(name)
            psnr, ssim = QUALITY.get((name, scale, test_set), (PLAIN[scale] + better, 0.9 + better / 100))
            target = folder / "results/evaluate" / name / f"x{scale}_{test_set}.json"
            target.parent.mkdir(parents=True, exist_ok=True)
            crop = scale if border == "scale" else border
            written = metrics_file(target.parent, name, scale, test_set, psnr, ssim, **{"crop_border": crop, **changes})
            Path(written).rename(target)


def search(folder: Path, name: str, method: str, rows: int = 20, seed: int = 0) -> pd.DataFrame:
    """Write the history of a search and the genotype that it gave; return the history."""
    steps = np.arange(1, rows + 1) * 10
    history = pd.DataFrame({"step": steps, "loss_train": 40.0 / steps, "loss_val": 45.0 / steps, "seconds": steps / 9})
    history.loc[0, "loss_val"] = np.nan
    evidence, probabilities = {}, {}
    for choice, options in CHOICES[method].items():
        # The probabilities leave the uniform distribution, each choice at its own pace.
        towards = np.random.default_rng(seed).normal(size=len(options))
        values = np.exp(np.outer(np.linspace(0, 1, rows), towards))
        values /= values.sum(axis=1, keepdims=True)
        entropy = -(values * np.log(values)).sum(axis=1)
        history[f"entropy.{choice}"] = entropy
        probabilities |= {f"{choice}.{option}": values[:, place] for place, option in enumerate(options)}
        last = dict(zip(options, map(float, values[-1]), strict=True))
        first, second = sorted(last.values(), reverse=True)[:2]
        kept = [option for option, value in last.items() if value == first]
        evidence[choice] = {
            "kept": kept,
            "margin": first - second,
            "entropy": float(entropy[-1]),
            "probabilities": last,
        }
    history = pd.concat([history, pd.DataFrame(probabilities)], axis=1)
    path = folder / f"results/search/{name}/history.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    history.to_csv(path, index=False)
    write_json(folder / f"results/genotype/{name}.json", {**GENOTYPES[method], "evidence": evidence})
    return history


def record(raw: dict[str, Any], command: str, **facts: Any) -> dict[str, Any]:
    """Return how a job's result was made, as the pipeline records it."""
    return {
        "command": f"python -m sr {command}",
        **facts,
        "params": {"preset": raw["preset"], "seed": raw["seed"], "digest": digest(raw)},
        "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "dirty": False},
        "versions": {"python": "3.11.7", "torch": "2.13.0"},
        "machine": {"system": "Linux", "processor": "AMD EPYC", "threads": 1, "gpu": None},
        "finished": "2026-01-02T03:04:05+00:00",
        "seconds": 75.5,
    }


def change_json(path: Path, change: Callable[[Any], Any]) -> None:
    """Let ``change`` edit the document in a JSON file."""
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    write_json(path, document)


def drop(folder: Path, *names: str) -> None:
    """Take folders of a run away."""
    for name in names:
        shutil.rmtree(folder / "results" / name)


def _data(folder: Path, raw: dict[str, Any]) -> None:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name in ("published.csv", "published_other.csv", "published_recent.csv", "published_years.csv"):
        shutil.copy(ROOT / "data" / name, folder / "data" / name)
    for name in sorted({*raw["data"]["test"], *raw["dlsr"]["train"], *raw["mran"]["train"]}):
        facts = {"set": name, "count": 3, "licence": "CC0", "digest": digest_of(name)}
        image = {"bytes": 100, "sha256": 64 * "0", "height": 48, "width": 64}
        images = [{"name": stem, "file": f"{stem}.png"} | image for stem in "abc"]
        write_json(folder / f"data/manifests/{name}.json", facts | {"images": images})


def digest_of(name: str) -> str:
    """Return the made-up content digest of a set."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _counts(folder: Path, methods: list[str]) -> None:
    if "dlsr" in methods:
        found = {name: {"params": 2500, "mult_adds": 576_000_000} for name in OPERATIONS}
        document = {"method": "dlsr", "channels": 50, "operations": found}
        write_json(folder / "results/counts/operations_dlsr.json", document)
    for method in methods:
        rows = [
            {"model": model, "scale": scale, "params": params, "mult_adds": operations, "lr_size": [640, 360]}
            for (model, scale), (params, operations) in CALIBRATED.get(method, {}).items()
        ]
        write_json(folder / inputs.reference_counts(method), {"method": method, "genotype": "g.json", "rows": rows})


def _retraining(folder: Path, name: str, scale: int) -> None:
    steps = np.arange(1, 21) * 50
    path = folder / f"results/retrain/{name}/x{scale}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"step": steps, "loss": 30.0 * scale / steps, "lr": 0.002, "seconds": steps / 20}).to_csv(
        path, index=False
    )


def _records(folder: Path, raw: dict[str, Any], models: dict[str, config.Model]) -> None:
    found = {f"fetch/{name}": record(raw, f"fetch {name}") for name in raw["data"]["test"]}
    trained = {"seed": raw["seed"], "device": "cpu", "steps": 10, "data_digests": ["d"]}
    for name in sorted(inputs.searched(models)):
        found[f"search/{name}"] = record(raw, f"search --model {name}", model=name, seed=raw["seed"], device="cpu")
    for name, model in models.items():
        for scale in model.scales:
            facts = {"model": name, "scale": scale, **trained}
            found[f"retrain/{name}_x{scale}"] = record(raw, f"retrain --model {name} --scale {scale}", **facts)
    # The page leaves its own record and that of a model that is gone out.
    found["page/index"] = record(raw, "page")
    found["retrain/gone_x2"] = record(raw, "retrain --model gone", model="gone", scale=2, **trained)
    for name, document in found.items():
        write_json(folder / f"results/records/{name}.json", document)


def _panels(folder: Path, raw: dict[str, Any]) -> None:
    """Write the panels: a smooth pattern, coarser by bicubic than by a network."""
    rows, columns = np.mgrid[:48, :64]
    hr = np.stack([rows * 5, columns * 4, (rows * columns) % 256], axis=2).astype(np.uint8)
    window = np.s_[4 : 4 + SIDE, 8 : 8 + SIDE]
    for spec in papers.panels(raw["methods"]).values():
        views = []
        for index, label in enumerate(["bicubic", *spec.own]):
            image = (hr // (8 - index) * (8 - index)).astype(np.uint8)
            # Only bicubic and the best network keep the whole image.
            whole = {"image": embedded.webp(image)} if index in (0, len(spec.own)) else {}
            metrics = {"whole": {"psnr": 30.0 + index, "ssim": 0.9}, "window": {"psnr": 25.0 + index, "ssim": 0.8}}
            views.append({"label": label, **metrics, "crop": embedded.png(image[window]), **whole})
        example = {"name": "pattern", "width": 64, "height": 48, "top": 4, "left": 8, "difference": 2.5}
        reference = {"crop": embedded.png(hr[window]), "image": embedded.webp(hr)}
        example |= {"best": views[-1]["label"], "hr": reference, "views": views}
        networks = dict.fromkeys(spec.own, "0" * 64)
        for test_set in raw["data"]["test"]:
            name = f"{spec.name}_{test_set}"
            head = {"panel": name, "test_set": test_set, "data_digest": "d", "scale": spec.scale}
            head |= {"crop_border": spec.scale, "side": SIDE, "networks": networks}
            panel = formats.parse(head | {"examples": [example]}, Panel, name)
            formats.write(folder / f"results/panels/{name}.json", panel)


def _figures(folder: Path, methods: list[str]) -> None:
    target = folder / "results/figures"
    target.mkdir(parents=True, exist_ok=True)
    for method in methods:
        for stem in (f"{method}_psnr_vs_params", f"{method}_psnr_vs_mult_adds", f"{method}_genotype"):
            (target / f"{stem}.svg").write_text(SVG, encoding="utf-8")
            (target / f"{stem}.pdf").write_bytes(PDF)
            Image.new("RGB", (4, 2), "white").save(target / f"{stem}.png")


def _latency(folder: Path, scales: dict[str, list[int]]) -> None:
    """Write timings in which a larger scale takes less time."""
    rows = [
        Timing(model=name, scale=scale, median=400 / scale, low=390 / scale, high=420 / scale, peak_memory=3 * 2**20)
        for name, each in scales.items()
        for scale in each
    ]
    facts = {"hr_size": [1280, 720], "device": "cpu", "processor": "CPU", "threads": 1, "warmup": 2, "rounds": 9}
    formats.write(folder / "results/latency.json", Latency(**facts, rows=rows))
