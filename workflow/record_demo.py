"""Numbers and pictures of README and docs/demo, written from a finished run of the preset demo: `make record-demo`.

- docs/demo/metrics.json: every number of the run; docs/demo/run.json: its commit, hardware and time
- docs/demo/claims.json, docs/reproducibility.md: the claims of the papers as this run judges them
- docs/demo/*.md, *.png: tables, plots and pictures of the run, and the page's first screen
- docs/dag.svg, and the parts of README and docs that have numbers (readme_blocks.py)

With WEIGHTS (the authors' x2 checkpoint) and SETS (a folder with Set5/HR and Set14/HR) it also measures again what can
be checked without training: docs/demo/checked.json.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sr.core.files import write_json  # noqa: E402
from sr.core.formats import load  # noqa: E402
from sr.core.provenance import Record  # noqa: E402
from sr.evaluate.metrics import METRICS  # noqa: E402
from workflow import dag_picture, readme_blocks  # noqa: E402
from workflow.run_facts import common_facts  # noqa: E402

DEMO, RESULTS = ROOT / "docs" / "demo", ROOT / "results"
FILES = {
    "tables": ("dlsr_table2.md", "dlsr_table7.md", "mran_table4.md", "mran_calibration.md"),
    "figures": ("dlsr_genotype.png", "mran_genotype.png", "dlsr_psnr_vs_params.png", "dlsr_visual_x4_EmbeddedTest.png"),
}
# Test sets and border crops of the released weights: the paper's crop of 4, and the field's.
MEASURED = (("Set5", 4), ("Set14", 4), ("Set14", 2))
PAPERS_CROP = 4


def main() -> int:
    """Record the run in results/, and rewrite README and docs."""
    DEMO.mkdir(exist_ok=True)
    for folder, names in FILES.items():
        for name in names:
            shutil.copyfile(RESULTS / folder / name, DEMO / name)
    shutil.copyfile(RESULTS / "metrics.json", DEMO / "metrics.json")
    shutil.copyfile(RESULTS / "claims.json", DEMO / "claims.json")
    shutil.copyfile(RESULTS / "report" / "reproducibility.md", ROOT / "docs" / "reproducibility.md")
    write_json(DEMO / "run.json", facts())
    if os.environ.get("WEIGHTS"):
        write_json(DEMO / "checked.json", checked(Path(os.environ["WEIGHTS"]), Path(os.environ["SETS"])))
    screenshot(RESULTS / "report" / "index.html", DEMO / "page.png")
    dag_picture.main()
    for path, text in readme_blocks.filled(ROOT).items():
        path.write_text(text)
    return 0


def facts() -> dict[str, Any]:
    """Return commit, hardware and time of the run, from the records of its jobs."""
    records = [load(path, Record) for path in sorted((RESULTS / "records").rglob("*.json"))]
    ends = [datetime.fromisoformat(record.finished) for record in records]
    starts = [end - timedelta(seconds=record.seconds) for end, record in zip(ends, records, strict=True)]
    test = json.loads((RESULTS / "evaluate" / "bicubic" / "x2_EmbeddedTest.json").read_text())
    return {
        **common_facts(records),
        "seconds": round((max(ends) - min(starts)).total_seconds()),
        "finished": max(ends).isoformat(),
        "test_images": len(test["images"]),
    }


def checked(weights: Path, sets: Path) -> dict[str, Any]:
    """Measure the authors' released weights, and count the networks of the published genotypes at the papers' sizes."""
    released = []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        row = readme_blocks.printed(ROOT, "dlsr")[2]
        for name, crop in MEASURED:
            keys = (f"{name.lower()}_{metric}" for metric in METRICS)
            printed = [row[key].removeprefix("0") for key in keys] if crop == PAPERS_CROP else []
            options = ["--hr", str(sets / name / "HR"), "--scale", "2", "--crop-border", str(crop), "--json", str(out)]
            _sr("evaluate", "--weights", str(weights), *options)
            measured = json.loads(out.read_text())["mean"]
            released.append({"set": name, "crop": crop, "printed": printed, **measured})
        counts = {method: _counts(method, Path(folder)) for method in readme_blocks.METHODS}
    return {"released": released, "counts": counts}


def _counts(method: str, folder: Path) -> dict[str, dict[str, int]]:
    genotype, params = f"data/genotypes/{method}.json", "workflow/presets/paper.yaml"
    _sr("count", "--networks", f"{method}={genotype}", "--params", params, "--out", str(folder))
    document = json.loads((folder / f"{method}.json").read_text())
    return {
        f"x{scale}": {key: entry[key] for key in ("params", "mult_adds")} for scale, entry in document["scales"].items()
    }


def _sr(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "sr", *arguments], cwd=ROOT, check=True)


def screenshot(page: Path, out: Path) -> None:
    """Take a picture of the page's first screen."""
    from playwright.sync_api import sync_playwright

    names = os.environ.get("CHROMIUM", "chromium chromium-browser google-chrome").split()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=next(filter(None, map(shutil.which, names))))
        window = browser.new_page(viewport={"width": 1400, "height": 900})
        window.goto(page.resolve().as_uri())
        window.screenshot(path=out)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
