"""Parts of README and docs that have numbers, written from recorded files: from <!-- NAME --> to <!-- end of NAME -->.

proven, checked: docs/demo/checked.json; demo: docs/demo/metrics.json and run.json; zoo: results/zoo/*/card.json;
benchmarks, quality, precision: results/benchmarks; study: docs/study.md and own_search.md. results/zoo/dvc.yaml is
written whole, from the cards. `make record-demo`, `make record-study` and `make bench` write them; a test finds a
difference.
"""

import csv
import json
import re
from pathlib import Path
from typing import Any

import yaml

from sr.core.progress import duration
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods.papers import find

TEST_SET = "EmbeddedTest"
METHODS = ("dlsr", "mran")
SCALES = (2, 3, 4)
REGISTRY = "results/zoo/dvc.yaml"


def filled(root: Path) -> dict[Path, str]:
    """Return the text of every file with parts, each part as the recorded files say, and of the zoo's registry."""
    texts = {root / REGISTRY: registry(root)}
    for name, parts in PARTS.items():
        text = (root / name).read_text()
        for key, part in parts.items():
            begin, end = f"<!-- {key} -->\n", f"<!-- end of {key} -->"
            head, rest = text.split(begin, 1)
            text = f"{head}{begin}{part(root)}\n{end}{rest.split(end, 1)[1]}"
        texts[root / name] = text
    return texts


def printed(root: Path, method: str) -> dict[int, dict[str, str]]:
    """Return the rows of the paper's main table for its own network by scale, as data/published.csv has them."""
    paper = find(method)
    table = next(spec.number for spec in paper.tables if spec.main)
    with open(root / "data" / "published.csv", newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if (row["paper"], row["table"]) == (paper.name, table)]
    return {int(row["scale"]): row for row in rows if row["method"] == paper.name}


def proven(root: Path) -> str:
    """Return in a sentence what holds without training."""
    document = _json(root, "checked.json")
    released = [f"{_quality(entry)} on {entry['set']}" for entry in document["released"] if entry["printed"]]
    sizes = [f"{document['counts'][m]['x2']['params']:,} (paper: {printed(root, m)[2]['params_k']} K)" for m in METHODS]
    return (
        f"Checked without training: the authors' released DLSR ×2 weights give the printed {' and '.join(released)}; "
        f"the networks at the papers' sizes have {sizes[0]} and {sizes[1]} parameters at ×2. All claims: "
        "[docs/demo](docs/demo/README.md)."
    )


def demo(root: Path) -> str:
    """Return what the recorded run took, and its table of networks against bicubic."""
    numbers, run = _json(root, "metrics.json"), _json(root, "run.json")
    head = (
        f"Recorded from `make reproduce` at commit {run['commit'][:10]} on one thread of {run['processor']}: "
        f"{run['jobs']} jobs in {duration(run['seconds'])}. PSNR / SSIM on the {run['test_images']} test images of "
        f"`{TEST_SET}`, Y channel, border crop = scale:"
    )
    rows = [f"| scale | bicubic | {' | '.join(f'{m.upper()} | Params, Mult-Adds (720p)' for m in METHODS)} |"]
    rows += ["|---" * (2 + 2 * len(METHODS)) + "|"]
    for scale in SCALES:
        bicubic = numbers["bicubic"][f"x{scale}"][TEST_SET]
        cells = [f"×{scale}", _quality(bicubic)]
        for method in METHODS:
            entry = numbers[method][f"x{scale}"]
            gain = entry[TEST_SET][PRIMARY] - bicubic[PRIMARY]
            cells += [f"{_quality(entry[TEST_SET])} (**{gain:+.2f} dB**)", _size(entry["params"], entry["mult_adds"])]
        rows.append(f"| {' | '.join(cells)} |")
    return f"{head}\n\n" + "\n".join(rows)


def study(root: Path) -> str:
    """Return the study's answers to whether the searches beat chance, and the comparison's on the third method."""
    searches = [f"**{m}** {text}" for m, text in _answers(root, "study", r"Is (\w+)'s search better than chance\?")]
    papers = [text for _, text in _answers(root, "own_search", r"Is LADS (better) .* at equal latency\?")]
    chance = [text for _, text in _answers(root, "own_search", r"Is its search better than (chance) .*\?")]
    return (
        f"Do the searches find anything? [A study with seeds and chance](docs/study.md): {'; '.join(searches)}. "
        f"Does a search for latency? [LADS against DLSR and MRAN](docs/own_search.md) at equal latency: "
        f"{'; '.join([*papers, *(f'against chance, {text}' for text in chance)])}."
    )


def _answers(root: Path, name: str, question: str) -> list[tuple[str, str]]:
    """Return a word of the question and the answer of each row of answers that matches, to go on a sentence with."""
    text = (root / "docs" / f"{name}.md").read_text()
    rows = re.findall(rf"^\| {question} \| (.*)\.? \|$", text, flags=re.M)
    return [(word, f"{answer[0].lower()}{answer[1:].rstrip('.')}") for word, answer in rows]


def checked(root: Path) -> str:
    """Return the claims that can be checked without training, beside what was counted or measured."""
    document = _json(root, "checked.json")
    rows = ["| claim | paper | here |", "|---|---|---|"]
    for entry in document["released"]:
        theirs = " / ".join(entry["printed"]) or "–"
        claim = f"DLSR ×2, authors' released weights, {entry['set']}, crop {entry['crop']}"
        rows.append(f"| {claim} | {theirs} | {_quality(entry)} |")
    for method in METHODS:
        counted, sizes = document["counts"][method], printed(root, method)
        names = " / ".join(f"×{scale}" for scale in SCALES)
        theirs = " / ".join(sizes[scale]["params_k"] for scale in SCALES)
        here = " / ".join(f"{counted[f'x{scale}']['params']:,}" for scale in SCALES)
        rows.append(f"| {method.upper()} {names}, Params | {theirs} K | {here} |")
        theirs = " / ".join(sizes[scale]["mult_adds_g"] or "–" for scale in SCALES)
        here = " / ".join(f"{counted[f'x{scale}']['mult_adds'] / 1e9:.1f}" for scale in SCALES)
        rows.append(f"| {method.upper()} {names}, Mult-Adds at 1280×720 | {theirs} G | {here} G |")
    return "\n".join(rows)


def cards(root: Path) -> list[dict[str, Any]]:
    """Return the cards of the networks that come with the project."""
    return [json.loads(path.read_text()) for path in sorted((root / "results" / "zoo").glob("*/card.json"))]


def registry(root: Path) -> str:
    """Return the file in which DVC finds the networks that come with the project, by name."""
    artifacts = {
        card["name"]: {
            "path": f"{card['name']}/weights.safetensors",
            "type": "model",
            "desc": f"{card['title']} ×{card['scale']}, {card['params']:,} parameters; see {card['name']}/card.md",
            "labels": ["super-resolution", card["method"], f"x{card['scale']}"],
        }
        for card in cards(root)
    }
    head = "# Model registry: `dvc artifacts get` (docs/use.md). Made by `python -m workflow.readme_blocks`.\n"
    return head + yaml.safe_dump({"artifacts": artifacts}, sort_keys=False, allow_unicode=True, width=120)


def zoo(root: Path) -> str:
    """Return the table of the networks that come with the project."""
    entries = cards(root)
    sets = list(entries[0]["test_sets"])
    # Measured apart from the training: python -m sr latency --zoo.
    timed = all("timing" in card for card in entries)
    columns = ["model", "Params, Mult-Adds (720p)", *(["time (720p)"] if timed else []), *sets, "training"]
    rows = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for card in entries:
        cells = [f"`{card['name']}`", _size(card["params"], card["mult_adds"])]
        cells += [f"{card['timing']['median']:.0f} ms"] if timed else []
        for name in sets:
            entry = card["test_sets"][name]
            cells.append(f"{_quality(entry['network'])} ({entry['bicubic'][PRIMARY]:.2f})")
        budget = card["budget"]
        cells.append(f"{budget['steps']:,} steps, {duration(budget['seconds'])}")
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def benchmarks(root: Path) -> str:
    """Return every row of the measured benchmarks, machine by machine, against its reference and its goal."""
    files = sorted((root / "results" / "benchmarks").glob("*-cores.json"))
    return "\n\n".join(_machine(json.loads(path.read_text())) for path in files)


def _machine(document: dict[str, Any]) -> str:
    # Groups of rows may be of different runs.
    commits = ", ".join(dict.fromkeys(str(row["commit"])[:10] for row in document["rows"]))
    rows = [
        f"One thread of {document['machine']}, torch {document['torch']}, commit {commits}:\n",
        "| what | reference | ours | ratio | goal | met |",
        "|---|---:|---:|---:|---|---|",
    ]
    for row in document["rows"]:
        unit, note = row["unit"], f": {row['note']}" if row["note"] else ""
        theirs = _amount(row["reference"], unit) if row["reference"] else "–"
        ratio = f"{row['ratio']:,.3g}" if row["ratio"] else "–"
        what, relation, bound = row["target"].split() if row["target"] else ("", "", "")
        goal = f"{what} {relation} {float(bound):.3g}".replace(">=", "≥").replace("<=", "≤") if bound else "–"
        met = {True: "yes", False: "**no**", None: "–"}[row["met"]]
        rows.append(f"| {row['name']}{note} | {theirs} | {_amount(row['ours'], unit)} | {ratio} | {goal} | {met} |")
    return "\n".join(rows)


def _amount(stats: dict[str, float], unit: str) -> str:
    return f"{stats['median']:.3g} {unit}" if stats["median"] < 1000 else f"{stats['median']:,.0f} {unit}"


def quality(root: Path) -> str:
    """Return how long trainings from both starts took to reach a PSNR."""
    document = json.loads((root / "results" / "benchmarks" / "quality.json").read_text())
    rows = [
        f"DLSR's published genotype, {document['channels']} channels, preset lite, to {document['target']} dB on "
        f"{document['test']} ×2 (commit {document['git']['commit'][:10]}):\n",
        "| start | steps | processor minutes | PSNR (dB) |",
        "|---|---:|---:|---:|",
    ]
    for row in document["trainings"]:
        rows.append(f"| {row['init']} | {row['steps']:,} | {row['minutes']:.1f} | {row['psnr']:.2f} |")
    return "\n".join(rows)


def precision(root: Path) -> str:
    """Return whether searches in bfloat16 find other genotypes than those in float32."""
    document = json.loads((root / "results" / "benchmarks" / "precision.json").read_text())
    seeds = len({row["seed"] for row in document["searches"]})
    low, high = document["interval_db"]
    one, other = document["agreement_between_seeds"]
    return (
        f"Over {seeds} seeds of preset {document['preset']}, on one thread (commit "
        f"{document['git']['commit'][:10]}): the search is {document['speedup']:.2f} × as fast in bfloat16. "
        f"Genotypes of one seed agree between the formats in {document['agreement_between_formats']:.2f} of the kept "
        f"options; those of two seeds in {one:.2f} (float32) and {other:.2f} (bfloat16). The retrained networks "
        f"differ by {document['difference_db']:+.3f} dB on {document['test']}, 95 % interval {low:+.3f} to {high:+.3f}."
    ).replace("-0.", "−0.")


def _json(root: Path, name: str) -> Any:
    return json.loads((root / "docs" / "demo" / name).read_text())


def _quality(entry: dict[str, float]) -> str:
    """Return PSNR / SSIM as papers print them, SSIM without the leading zero."""
    texts = (f"{entry[name]:.{metric.digits}f}" for name, metric in METRICS.items())
    return " / ".join(re.sub("^0(?=[.])", "", text) for text in texts)


def _size(params: float, mult_adds: float) -> str:
    return f"{params / 1e3:.1f} K, {mult_adds / 1e9:.1f} G"


PARTS = {
    "README.md": {"proven": proven, "demo": demo, "study": study},
    "docs/demo/README.md": {"checked": checked},
    "docs/use.md": {"zoo": zoo},
    "docs/speed.md": {"benchmarks": benchmarks, "quality": quality, "precision": precision},
}


if __name__ == "__main__":
    for path, text in filled(Path.cwd()).items():
        path.write_text(text)
