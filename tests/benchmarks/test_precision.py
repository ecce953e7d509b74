"""Search in bfloat16 against float32, on a tiny run."""

import json
from pathlib import Path

import pytest

from benchmarks import precision


def test_it_searches_in_both_formats_and_compares(tmp_path: Path, packed_set: Path) -> None:
    out = tmp_path / "precision.json"
    arguments = ["--train", str(packed_set), "--test", str(packed_set), "--preset", "smoke", "--seeds", "2"]
    assert precision.main([*arguments, "--out", str(out)]) == 0
    document = json.loads(out.read_text())
    searches = [(row["seed"], row["precision"]) for row in document["searches"]]
    assert searches == [(0, "float32"), (0, "bfloat16"), (1, "float32"), (1, "bfloat16")]
    assert all(
        set(row["kept"]) == {"alpha_1", "alpha_2", "alpha_3", "beta_3", "beta_4"} for row in document["searches"]
    )
    low, high = document["interval_db"]
    assert low <= document["difference_db"] <= high


def row(seed: int, form: str, psnr: float, kept: str) -> dict:
    return {"seed": seed, "precision": form, "minutes": 2.0 if form == "float32" else 1.0, "psnr": psnr,
            "kept": {"a": [kept], "b": ["x"]}}  # fmt: skip


def test_agreement_and_interval() -> None:
    rows = [
        row(0, "float32", 30.0, "p"), row(0, "bfloat16", 30.1, "p"),
        row(1, "float32", 30.2, "q"), row(1, "bfloat16", 30.5, "p"),
    ]  # fmt: skip
    facts = precision.compared(rows)
    assert facts["agreement_between_formats"] == 0.75
    assert facts["agreement_between_seeds"] == [0.5, 1.0]
    assert facts["difference_db"] == pytest.approx(0.2)
    # Student's t with one degree of freedom: 12.706 standard errors of 0.1.
    assert facts["interval_db"] == pytest.approx([0.2 - 1.271, 0.2 + 1.271], abs=0.001)
    assert facts["speedup"] == 2
