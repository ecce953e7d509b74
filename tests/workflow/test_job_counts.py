"""How many jobs of each rule a preset takes: what was added, lost or split shows here."""

import pytest

from tests.helpers.workspace import Workspace

REPORT = {"table": 13, "latex": 1, "plot": 4, "diagram": 2, "metrics": 1, "latency": 1, "page": 1}
COUNTS = {"count_dlsr": 1, "count_dlsr_variants": 1, "count_mran": 1, "count_operations": 1, "count_reference": 2}
# Searches: 2 methods, 2 further seeds, 3 variants with a search of their own. A training is of one model and scale.
TRAININGS = {"search": 7, "genotype": 7, "retrain": 26}
# Of each data set one fetch and three scales; of each test set 29 evaluations, one more of each release, and 4 panels.
DATA = {"demo": (2, 1, 0), "paper": (7, 4, 3)}
CHECKS = {"verify": 4, "inspect": 1}


@pytest.mark.parametrize("preset", DATA)
def test_a_preset_takes_the_expected_jobs(copy: Workspace, preset: str) -> None:
    copy.run("cp", f"workflow/presets/{preset}.yaml", "params.yaml")
    sets, tests, releases = DATA[preset]
    measured = {"evaluate": (29 + releases) * tests, "panel": 4 * tests, "crops": 4 * tests}
    fetched = {"fetch": sets, "degrade": 3 * sets} | ({"fetch_weights": releases} if releases else {})
    assert copy.plan() == {**fetched, **measured, **TRAININGS, **COUNTS, **CHECKS, **REPORT}
