"""A limit on the latency: its table is measured once for each network, and only if a search needs it."""

import json

import pytest

from tests.helpers.workspace import Workspace


@pytest.fixture
def limited(copy: Workspace) -> Workspace:
    """Return a copy of the project whose searches limit the latency."""
    copy.run("cp", "workflow/presets/smoke.yaml", "params.yaml")
    for key in ("cost_target: 1.0e+6", "cost: latency"):  # the section of DLSR comes first
        copy.edit("params.yaml", "  search:\n", f"  search:\n    {key}\n")
    return copy


def test_a_table_is_measured_for_searches_that_need_it(limited: Workspace) -> None:
    planned = limited.plan("all")
    limited.edit("params.yaml", "    cost: latency\n    cost_target: 1.0e+6\n", "")
    without = limited.plan("all")
    # One, also where further seeds repeat the search.
    assert planned.pop("cost") == 1
    assert planned == without


@pytest.mark.pipeline
def test_a_search_reads_it(limited: Workspace) -> None:
    limited.run("snakemake", "--cores", "1", "results/genotype/dlsr.json")
    table = json.loads((limited.path / "results/search/dlsr/cost.json").read_text())
    result = json.loads((limited.path / "results/search/dlsr/probabilities.json").read_text())
    assert result["limit"]["costs"] == table["costs"]
    assert limited.plan("results/genotype/dlsr.json") == {}
    limited.edit("params.yaml", "cost_target: 1.0e+6", "cost_target: 1.0e+5")
    assert limited.plan("results/genotype/dlsr.json") == {"search": 1, "genotype": 1}
