"""Loss curves of each method's smoke-size search and retraining, compared with those in golden.json.

To rewrite golden.json after an intended change of numerics or data order, or for a new method:

    UPDATE_GOLDEN=1 pytest tests/unit/train/test_golden.py
"""

import json
import math
import os
from pathlib import Path

import pytest

from sr.methods import registry
from tests.helpers.jobs import Job

FILE = Path(__file__).with_name("golden.json")
# Relative. Without AVX (ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41) the losses differ by up to 1.7e-7; with
# beta2 0.99, mu or gamma 5 % lower, a learning rate 1 % higher or weight decay 1e-2, by 4e-5 to 9e-3.
TOLERANCE = 1e-5


def curves(verb: str, method: str, packed: Path, out: Path) -> dict[str, list[float]]:
    """Return each loss of the history as a list; steps of the warm-up have no validation loss."""
    job = Job(verb, method, packed, out, {f"{method}.{verb}.log_every": 1})
    assert job.run() == 0
    rows = job.results()[0]
    names = [name for name in rows[0] if name.startswith("loss")]
    values = {name: [float(row[name]) for row in rows] for name in names}
    return {name: [value for value in column if math.isfinite(value)] for name, column in values.items()}


@pytest.mark.parametrize("method", registry.names())
@pytest.mark.parametrize("verb", ["search", "retrain"])
def test_losses_are_the_golden_ones(verb: str, method: str, packed_set: Path, tmp_path: Path) -> None:
    measured, golden = curves(verb, method, packed_set, tmp_path), json.loads(FILE.read_text())
    if "UPDATE_GOLDEN" in os.environ:
        golden[f"{verb} {method}"] = measured
        FILE.write_text(json.dumps(dict(sorted(golden.items())), indent=1) + "\n")
    expected = golden[f"{verb} {method}"]
    assert measured.keys() == expected.keys()
    for name, losses in measured.items():
        assert losses == pytest.approx(expected[name], rel=TOLERANCE), name
