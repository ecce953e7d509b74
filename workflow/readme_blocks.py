"""Parts of README and docs that have numbers, written from recorded files: from <!-- NAME --> to <!-- end of NAME -->.

proven, checked: docs/demo/checked.json; demo: docs/demo/metrics.json and run.json; zoo: results/zoo/*/card.json.
`make record-demo` writes them; a test finds a difference.
"""

import csv
import json
import re
from pathlib import Path
from typing import Any

from sr.core.progress import duration
from sr.evaluate.metrics import METRICS, PRIMARY
from sr.methods.papers import find

TEST_SET = "EmbeddedTest"
METHODS = ("dlsr", "mran")
SCALES = (2, 3, 4)


def filled(root: Path) -> dict[Path, str]:
    """Return the text of every file with parts, each part as the recorded files say."""
    texts = {}
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


def zoo(root: Path) -> str:
    """Return the table of the networks that come with the project."""
    cards = [json.loads(path.read_text()) for path in sorted((root / "results" / "zoo").glob("*/card.json"))]
    sets = list(cards[0]["test_sets"])
    rows = [f"| model | Params, Mult-Adds (720p) | {' | '.join(sets)} | training |"]
    rows += ["|---" * (3 + len(sets)) + "|"]
    for card in cards:
        cells = [f"`{card['name']}`", _size(card["params"], card["mult_adds"])]
        for name in sets:
            entry = card["test_sets"][name]
            cells.append(f"{_quality(entry['network'])} ({entry['bicubic'][PRIMARY]:.2f})")
        budget = card["budget"]
        cells.append(f"{budget['steps']:,} steps, {duration(budget['seconds'])}")
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _json(root: Path, name: str) -> Any:
    return json.loads((root / "docs" / "demo" / name).read_text())


def _quality(entry: dict[str, float]) -> str:
    """Return PSNR / SSIM as papers print them, SSIM without the leading zero."""
    texts = (f"{entry[name]:.{metric.digits}f}" for name, metric in METRICS.items())
    return " / ".join(re.sub("^0(?=[.])", "", text) for text in texts)


def _size(params: float, mult_adds: float) -> str:
    return f"{params / 1e3:.1f} K, {mult_adds / 1e9:.1f} G"


PARTS = {
    "README.md": {"proven": proven, "demo": demo},
    "docs/demo/README.md": {"checked": checked},
    "docs/use.md": {"zoo": zoo},
}
