"""Every number in one document, and a row a network."""

import json
from pathlib import Path

import pytest

from sr.cli.main import main
from sr.report.run.metrics import short
from tests.helpers.runs import write_run


def test_rows_are_rounded_as_papers_print_them() -> None:
    numbers = {"params": 47196, "mult_adds": 10_440_000_000, "Set5": {"psnr": 35.4049, "ssim": 0.95}}
    assert short(numbers) == {"params_k": 47.2, "mult_adds_g": 10.4, "Set5_psnr": 35.4}
    assert short({"Set5": {"psnr": None, "ssim": 1.0}}) == {"Set5_psnr": None}


def test_the_verb_writes_a_row_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    metrics = [str(path) for path in Path("results/evaluate").rglob("*.json")]
    counts = ["results/counts/dlsr.json", "results/counts/mran.json"]
    out = ["--out", "results/metrics.json", "--rows", "results/metrics"]
    assert main(["metrics", "--metrics", *metrics, "--complexity", *counts, *out]) == 0
    numbers = json.loads(Path("results/metrics.json").read_text())
    rows = {path.stem: json.loads(path.read_text()) for path in Path("results/metrics").iterdir()}
    assert set(rows) == {f"{model}_{scale}" for model, scales in numbers.items() for scale in scales}
    assert rows["dlsr_x2"]["Set5_psnr"] == round(numbers["dlsr"]["x2"]["Set5"]["psnr"], 2)
