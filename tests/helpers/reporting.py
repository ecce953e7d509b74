"""Input files of the report, as small as the pipeline could write them."""

import base64
import hashlib
import html
import json
import re
from pathlib import Path

import pandas as pd
import yaml

from sr.core import config
from sr.core.config import Params
from sr.core.files import ROOT
from sr.methods import papers, published
from sr.methods.papers import PAPERS
from sr.report.figures.scatter import Printed
from sr.report.run import results
from sr.report.tables import build as tables
from sr.report.tables import lines
from sr.report.tables.build import Built
from sr.report.tables.table import Table

PUBLISHED = ROOT / "data" / "published.csv"
OTHER = ROOT / "data" / "published_other.csv"
PRINTED = Printed(PUBLISHED, ROOT / "data" / "published_recent.csv", ROOT / "data" / "published_years.csv")
DLSR = PAPERS["dlsr"]
GENOTYPE = {
    "format": 1,
    "method": "dlsr",
    "cell": ["conv_1x1", "sep_conv_7x7", "sep_conv_5x5"],
    "inputs": [[1, 2], [2, 3], [2, 4], [4, 5]],
}
OTHER_GENOTYPE = {
    **GENOTYPE,
    "cell": ["dil_conv_3x3", "conv_7x7", "dil_conv_5x5"],
    "inputs": [[1, 2], [1, 2], [1, 3], [1, 2]],
}
BLOCK = {"format": 1, "method": "mran", "operations": {"0-1": "rdb_rb"}, "attentions": {"0-1": "esa"}}
JOINT = {
    "format": 1,
    "method": "lads",
    "operations": ["conv_3x3", "conv_3x3", "none"],
    "gathers": ["residual"] * 3,
    "attentions": ["none"] * 3,
    "reads": [0],
    "collect": "last",
}
GENOTYPES = {"dlsr": GENOTYPE, "mran": BLOCK, "lads": JOINT}
# A name with what is special to formulas, LaTeX and formatting.
HOSTILE_NAME = r"$a_{b$\x^%s~#&"
# facts: parameters and Conv2d Mult-Adds of the published network.
COUNTS = {2: (322620, 67306291200), 3: (329115, 30527000000), 4: (338208, 17719000000)}
LR = {2: [640, 360], 3: [426, 240], 4: [320, 180]}


def metrics_file(folder: Path, model: str, scale: int, test_set: str, psnr: float, ssim: float = 0.9, **changes) -> str:
    """Write one metrics file as the evaluation does; ``changes`` go into the protocol, or replace a key.

    ``spread`` is the difference of the first and last of the three images from the mean.
    """
    spread = changes.pop("spread", 1.0)
    protocol = {"colour": "Y of BT.601", "crop_border": scale, "output": "8 bits", "degradation": "bicubic", "tile": 0}
    protocol |= {key: value for key, value in changes.items() if key in protocol}
    # Images differ as real ones do, by the same for every model: differences of two models have no spread.
    images = [
        {"name": name, "height": 64, "width": 64, "values": {"psnr": psnr + step, "ssim": ssim + step / 100}}
        for name, step in (("a", -spread), ("b", 0.0), ("c", spread))
    ]
    record = {"model": model, "scale": scale, "test_set": test_set, "protocol": protocol}
    record |= {"mean": {"psnr": psnr, "ssim": ssim}, "images": images, "weights_sha256": None, "data_digest": test_set}
    record |= {"peer": None}
    record |= {key: value for key, value in changes.items() if key in record}
    path = folder / f"{model}_x{scale}_{test_set}.json"
    path.write_text(json.dumps(record))
    return str(path)


def complexity_file(folder: Path, counts: dict = COUNTS, name: str = "complexity", **changes) -> str:
    """Write one complexity file as the complexity verb does."""
    scales = {str(s): {"params": p, "mult_adds": m, "lr_size": LR[s]} for s, (p, m) in counts.items()}
    record = {"model": "dlsr", "method": "dlsr", "genotype": GENOTYPE, "hr_size": [1280, 720], "scales": scales}
    path = folder / f"{name}.json"
    path.write_text(json.dumps(record | changes))
    return str(path)


def peer_file(folder: Path, name: str, counts: dict) -> str:
    """Write the counts of another network as the verb count does."""
    return complexity_file(folder, counts, name, model=name, method=None, genotype=None)


def params_file(folder: Path, preset: str) -> str:
    """Write the demo preset under another name."""
    raw = yaml.safe_load((ROOT / "workflow" / "presets" / "demo.yaml").read_text(encoding="utf-8"))
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump({**raw, "preset": preset}))
    return str(path)


def build(name: str, params: Params, **inputs) -> Built:
    """Return the finished table ``name`` and its numbers."""
    spec = papers.with_variants(papers.table(name), params.models, params.data.peers)
    return tables.build(spec, params, ROOT / spec.published, inputs)


def make(name: str, params: Params, **inputs) -> Table:
    """Return the finished table ``name``."""
    return build(name, params, **inputs).table


def compare(run, name: str = "dlsr_table2") -> pd.DataFrame:
    """Return the numbers of a comparison, tidy."""
    table = papers.with_variants(papers.table(name), demo_params().models, {})
    measured, counted = results.read_metrics(run[0]), results.read_complexity(run[1])
    paper = papers.find(table.method)
    return lines.tidy(lines.lines(table, paper, published.read(PUBLISHED), measured, counted))


def policy(text: str) -> dict[str, str]:
    """Return the rules of an HTML page's Content-Security-Policy by name."""
    (content,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
    return dict(rule.split(" ", 1) for rule in html.unescape(content).split("; "))


def hashed(elements: list[str]) -> str:
    """Return elements, by their content, as a policy names them."""
    digests = [base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() for content in elements]
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def cells(table: Table) -> dict[tuple[str, str], list[str]]:
    """Return the texts of a table's rows by (group, label); the reason of a row without numbers joins its label."""
    return {
        (group.name, f"{row.label} ({row.reason})" if row.reason else row.label): [
            " / ".join(part.text for part in cell) for cell in row.cells
        ]
        for group in table.groups
        for row in group.rows
    }


def demo_params(**models) -> Params:
    """Return the demo preset; ``models``: name -> changes of DLSR's model, for variants and for MRAN."""
    params = config.load(ROOT / "workflow" / "presets" / "demo.yaml")
    own = params.models["dlsr"]
    more = {
        name: own.replace(name=name, method=name.partition("_")[0], **{"genotype_of": name, **changes})
        for name, changes in models.items()
    }
    return params.replace(models={**params.models, **more})


def write_table(tmp_path: Path, run, preset: str = "demo") -> dict[str, str]:
    """Write DLSR's Table 2; return the texts by suffix."""
    inputs = {"metrics": run[0], "complexity": run[1], "records": None, "counts": None}
    out = tmp_path / "out" / "table2"
    paths = tables.write_table("dlsr_table2", params_file(tmp_path, preset), PUBLISHED, inputs, out)
    return {path.suffix: path.read_text(encoding="utf-8") for path in paths}


def variant(folder, model: str, scale: int, params: int, sets: dict[str, tuple[float, float]], **changes):
    """Write one model's metrics and complexity; return both as lists."""
    files = [metrics_file(folder, model, scale, name, *values) for name, values in sets.items()]
    method = model.partition("_")[0]
    genotype = {"genotype": GENOTYPES[method], "method": method, "model": model}
    return files, [complexity_file(folder, {scale: (params, 68_000_000_000)}, model, **genotype | changes)]


def joined(*runs) -> dict[str, list[str]]:
    """Return the runs as inputs of a comparison."""
    return {"metrics": sum((run[0] for run in runs), []), "complexity": sum((run[1] for run in runs), [])}
