"""docs/extending.md, done to the letter in a copy of the project, which then runs from images to the page."""

import json
import re

import pytest

from tests.helpers.repository import REPO
from tests.helpers.workspace import Workspace

pytestmark = pytest.mark.pipeline

PAGE = (REPO / "docs" / "extending.md").read_text()
CONTRACT = ("python", "-m", "pytest", "-q", "tests/unit/methods/test_contract.py", "-k")


def block(header: str) -> str:
    """Return the code under a first line ``# header``."""
    match = re.search(rf"```\w+\n# {re.escape(header)}\n(.*?)```", PAGE, re.S)
    assert match, header
    return match[1]


def append(workspace: Workspace, file: str, gap: str = "") -> None:
    """Append the page's block to a file."""
    path = workspace.path / file
    path.write_text(path.read_text() + gap + block(f"append to {file}"))


def run_smoke_at_x2(workspace: Workspace) -> dict:
    """Run everything on the preset smoke at x2; return metrics.json."""
    workspace.run("cp", "workflow/presets/smoke.yaml", "params.yaml")
    workspace.edit("params.yaml", "  - 2\n  - 3\n  - 4\n", "  - 2\n")
    workspace.run("snakemake", "--cores", "1", "all")
    assert "Nothing to be done" in workspace.run("snakemake", "-n", "all")
    return json.loads((workspace.path / "results" / "metrics.json").read_text())


def add_operation(workspace: Workspace) -> None:
    append(workspace, "sr/ops/conv.py", "\n\n")
    network = "sr/methods/dlsr/network.py"
    workspace.edit(network, "PRIMITIVES = {\n", "PRIMITIVES = {\n" + block(f"line in PRIMITIVES of {network}"))
    workspace.edit(network, "import conv,", "import asymmetric, conv,")


def add_table(workspace: Workspace) -> None:
    append(workspace, "data/published.csv")
    tables = "sr/methods/dlsr/tables.py"
    workspace.edit(tables, "    tables=(", "    tables=(\n" + block(f"line in PAPER.tables of {tables}"))


def add_metric(workspace: Workspace) -> None:
    metrics = "sr/evaluate/metrics.py"
    function, entry = block(f"before METRICS in {metrics}"), block(f"line in METRICS of {metrics}")
    workspace.edit(
        metrics, "@dataclass(frozen=True)\nclass Metric:", f"{function}\n\n@dataclass(frozen=True)\nclass Metric:"
    )
    workspace.edit(metrics, '    "ssim": Metric(', f'{entry}    "ssim": Metric(')


def make_card(workspace: Workspace) -> str:
    """Make the card of the run's DLSR x2; return its text."""
    results = "results/evaluate/{}/x2_EmbeddedTest.json"
    files = ("--weights", "results/weights/dlsr/x2.safetensors", "--counts", "results/counts/dlsr.json")
    files += ("--metrics", results.format("dlsr"), results.format("bicubic"))
    files += ("--train-record", "results/records/retrain/dlsr_x2.json")
    files += ("--search-record", "results/records/search/dlsr.json")
    workspace.run("python", "-m", "sr", "card", "--name", "dlsr_x2", *files, "--out", "dlsr_x2")
    return (workspace.path / "dlsr_x2" / "card.md").read_text()


def add_method(workspace: Workspace) -> None:
    folder = workspace.path / "sr" / "methods" / "plain"
    folder.mkdir()
    for name in ("__init__", "schema", "network"):
        (folder / f"{name}.py").write_text("" if name == "__init__" else block(f"file: sr/methods/plain/{name}.py"))
    section = block("section of params.yaml")
    for path in [workspace.path / "params.yaml", *(workspace.path / "workflow" / "presets").glob("*.yaml")]:
        path.write_text(path.read_text() + "\n" + section)
    workspace.edit("workflow/presets/smoke.yaml", "  - dlsr\n", "  - dlsr\n  - plain\n")


def test_an_operation_a_method_a_table_and_a_metric_reach_every_result(copy: Workspace) -> None:
    for add in (add_operation, add_method, add_table, add_metric):
        add(copy)
    assert re.search(r"[3-9]\d passed", copy.run(*CONTRACT, "dlsr or plain"))
    numbers = run_smoke_at_x2(copy)
    results = copy.path / "results"
    page = (results / "report" / "index.html").read_text()

    counts = json.loads((results / "counts" / "operations_dlsr.json").read_text())
    assert counts["operations"]["asym_conv_3x3"]["params"] == 2 * 3 * 50 * 50
    assert "asym_conv_3x3" in (results / "tables" / "dlsr_table1.csv").read_text()
    assert "asym_conv_3x3" in page

    # No paper: counts, a generic drawing, a table of its own, its rows and choices on the page.
    assert (results / "genotype" / "plain.json").is_file()
    assert set(numbers) == {"bicubic", "dlsr", "plain"}
    assert numbers["plain"]["x2"]["params"] > 0
    assert {path.name for path in (results / "figures").glob("plain*.png")} == {"plain_genotype.png"}
    assert "PLAIN (this run)" in (results / "tables" / "plain_comparison.md").read_text()
    assert "plain_comparison" in page
    assert "layer_0" in page

    assert "CARN-M" in (results / "tables" / "dlsr_table2a.md").read_text()
    assert "dlsr_table2a" in page

    assert 0 < numbers["dlsr"]["x2"]["EmbeddedTest"]["mae"] < 255
    assert "MAE" in (results / "tables" / "dlsr_table2.md").read_text()
    assert "MAE" in page
    assert "MAE" in make_card(copy)
