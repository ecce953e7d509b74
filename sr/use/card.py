"""Model cards: gather what a run knows about its weights into one entry of the zoo."""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

from sr.core.errors import UserError
from sr.core.files import atomic_path, read_json, sha256_file, write_json, write_text
from sr.data import sources
from sr.methods import weights as checkpoint
from sr.methods.weights import Trained
from sr.use.card_text import page

MOST_BYTES = 2 * 1024**2  # of weights in git
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*_x[234]")


def make_card(
    name: str, weights: Path, metrics: list[str], complexity: str, record: str, search_record: str | None, out: Path
) -> dict[str, Any]:
    """Write the zoo's entry ``name`` to the folder ``out`` and return its card.

    ``metrics``: the network's and bicubic's, of the same sets. ``record``: of the training; ``search_record``: of
    the search behind the genotype, None if it was given. The same files give the same entry. Raise UserError if
    files do not belong together or the weights are too large; then nothing is written.
    """
    trained = checkpoint.load(weights)
    _check_name(name, trained, weights, out)
    digest = sha256_file(weights)
    ours, bicubic, protocol = _measured(metrics, digest, trained.scale)
    model, size = _counts(complexity, trained)
    training, searching = read_json(record), read_json(search_record) if search_record else None
    _check_training(training, model, trained.scale, record)
    card = {
        "format": 1,
        "name": name,
        "method": trained.method.name,
        "title": trained.method.title,
        "citation": trained.method.citation,
        "scale": trained.scale,
        **size,
        "min_size": trained.method.min_size,
        "weights_sha256": digest,
        **_provenance(training, searching, record),
        "protocol": protocol,
        "numbers": ours,
        "bicubic": bicubic,
    }
    text = page(card)
    with atomic_path(out / "weights.safetensors") as temporary:
        shutil.copyfile(weights, temporary)
    write_json(out / "genotype.json", {k: v for k, v in trained.genotype.items() if k != "evidence"})
    write_text(out / "card.md", text)
    write_json(out / "card.json", card)  # last: the zoo knows an entry by it
    return card


def _check_name(name: str, trained: Trained, weights: Path, out: Path) -> None:
    if not _NAME.fullmatch(name) or not name.endswith(f"_x{trained.scale}"):
        raise UserError(f"--name {name}: write it as <words>_x{trained.scale}, e.g. dlsr_lite_x{trained.scale}")
    if out.name != name:
        raise UserError(f"--out {out}: the folder must be called {name}, as the zoo finds it by that name")
    if weights.suffix != ".safetensors":
        raise UserError(f"{weights}: not weights of this project (.safetensors). Train them here")
    size = weights.stat().st_size
    if size > MOST_BYTES:
        raise UserError(f"{weights}: {size:,} bytes, more than {MOST_BYTES:,}. Give the zoo a smaller network")
    trained.network()


def _measured(paths: list[str], digest: str, scale: int) -> tuple[dict, dict, dict]:
    """Return {set: {psnr, ssim, images}} of the network and of bicubic, and their protocol."""
    ours: dict[str, dict] = {}
    plain: dict[str, dict] = {}
    for path in paths:
        document = read_json(path)
        try:
            network = document["model"] != "bicubic"
            if document["scale"] != scale or (network and document["weights_sha256"] != digest):
                raise UserError(f"{path}: measured with other weights, or at another scale. Give those of --weights")
            (ours if network else plain)[document["test_set"]] = document
        except (KeyError, TypeError):
            raise UserError(f"{path}: not a metrics file. Make it by: python -m sr evaluate") from None
    if not ours:
        raise UserError("--metrics: none of the files was measured with --weights. Run: python -m sr evaluate")
    for name, document in ours.items():
        if _conditions(plain.get(name)) != _conditions(document):
            raise UserError(f"--metrics: no bicubic on the same images of {name} by the same protocol. Add its file")
    protocols = [{k: v for k, v in d["protocol"].items() if k != "tile"} for d in ours.values()]
    if any(protocol != protocols[0] for protocol in protocols):
        raise UserError("--metrics: the files have different protocols. Give files of one protocol")
    return {n: _mean(d) for n, d in ours.items()}, {n: _mean(plain[n]) for n in ours}, protocols[0]


def _conditions(document: dict | None) -> tuple | None:
    """Return what must be equal for two measurements to be compared; tiles give the same result."""
    if document is None:
        return None
    protocol = {key: value for key, value in document["protocol"].items() if key != "tile"}
    return document["data_digest"], [image["name"] for image in document["images"]], protocol


def _mean(document: dict) -> dict[str, Any]:
    mean = document["mean"]
    return {"psnr": round(mean["psnr"], 4), "ssim": round(mean["ssim"], 6), "images": len(document["images"])}


def _counts(path: str, trained: Trained) -> tuple[str, dict[str, Any]]:
    """Return the model's name in its run, and its Params, Mult-Adds and the output size that they are for."""
    document = read_json(path)
    core = {key: value for key, value in trained.genotype.items() if key != "evidence"}
    try:
        row = document["scales"][str(trained.scale)]
        found = {"params": row["params"], "mult_adds": row["mult_adds"], "hr_size": document["hr_size"]}
        name, same = document["model"], document["genotype"] == core
    except (KeyError, TypeError):
        raise UserError(f"{path}: no counts for x{trained.scale}. Make it by: python -m sr count") from None
    params = sum(parameter.numel() for parameter in trained.network().parameters())
    if not same or params != found["params"]:
        raise UserError(f"{path}: counts of another network than --weights has. Give the file of the same model")
    return name, found


def _check_training(training: Any, model: str, scale: int, path: str) -> None:
    found = [training.get(key) for key in ("model", "scale")] if isinstance(training, dict) else []
    if found != [model, scale] or "steps" not in training:
        raise UserError(f"{path}: not the record of {model}'s training at x{scale}. Give the one of retrain --record")


def _provenance(training: dict, searching: dict | None, path: str) -> dict[str, Any]:
    """Return data, budget, device, seed and commit, as the records have them."""
    try:
        budget = {
            "preset": training["params"]["preset"],
            "params_digest": training["params"]["digest"],
            "steps": training["steps"],
            "seconds": training["seconds"],
            "warm_start": training["warm_start"] is not None,
            "search_seconds": searching["seconds"] if searching else None,
            "search_preset": searching["params"]["preset"] if searching else None,
        }
        return {
            "data": {"sets": _sets(training["command"]), "digests": training["data_digests"]},
            "budget": budget,
            "device": {"kind": training["device"], "count": training.get("devices", 1), **training["machine"]},
            # A variant may have a seed of its own; older records have the preset's alone.
            "seed": training.get("seed", training["params"]["seed"]),
            "commit": training["git"]["commit"],
            "dirty": training["git"]["dirty"],
            "versions": training["versions"],
        }
    except (KeyError, TypeError):
        raise UserError(f"{path}: not a full record of a training or of its search. Make it by: --record") from None


def _sets(command: str) -> list[dict[str, str]]:
    """Return name and licence of the training sets, which a record has in its command's ``--data`` only."""
    words = shlex.split(command)
    found: list[dict[str, str]] = []
    for word in words[words.index("--data") + 1 :] if "--data" in words else []:
        if word.startswith("--"):
            break
        name = Path(word).name
        licence = sources.find(name).licence if name in sources.names() else "the trainer's own images"
        found.append({"name": name, "licence": licence})
    return found
