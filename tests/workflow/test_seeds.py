"""Several search seeds: dry runs in which each has a search, a training and an evaluation of its own."""

import re

import pytest
import yaml

from tests.helpers.repository import REPO
from tests.helpers.workspace import Workspace

RULES = ("search", "genotype", "compose", "rank", "retrain")


@pytest.mark.parametrize(
    ("method", "table"), [("dlsr", "dlsr_table7"), pytest.param("mran", "mran_seeds", marks=pytest.mark.thorough)]
)
def test_fifty_seeds_are_fifty_searches(copy: Workspace, method: str, table: str) -> None:
    raw = yaml.safe_load((REPO / "workflow" / "presets" / "smoke.yaml").read_text())
    raw["methods"] = [method]
    (copy.path / "params.yaml").write_text(yaml.safe_dump(raw))
    one = copy.plan()
    raw[method]["search"].update(seeds=list(range(50)))
    (copy.path / "params.yaml").write_text(yaml.safe_dump(raw))
    many = copy.plan()
    assert (one["search"], many["search"]) == (1, 50)
    for rule in ("genotype", "retrain", "evaluate", "table"):
        # Further seeds have one scale and one test set; they share one table.
        assert many[rule] - one[rule] == (1 if rule == "table" else 49), rule
    assert f"results/tables/{table}.html" in copy.run("snakemake", "-n", f"results/tables/{table}.html")


def test_seeds_without_the_runs_own_are_refused(copy: Workspace) -> None:
    copy.edit("params.yaml", "seeds: [0, 1, 2]", "seeds: [1, 2]")
    message = "params.yaml: dlsr.search.seeds: [1, 2] lacks the run's own seed, 0. Add it or give []"
    assert message in copy.run("snakemake", "-n", "all", code=1)


def test_dvc_stages_depend_on_seeds_where_they_depend_on_variants() -> None:
    """Both keys decide which models exist."""
    stages = yaml.safe_load((REPO / "dvc.yaml").read_text())["stages"]
    for name, stage in stages.items():
        params = {key for key in stage.get("do", stage)["params"] if isinstance(key, str)}
        for key in params:
            if found := re.fullmatch(r"(.+)\.variants", key):
                wanted = {f"{found[1]}.search.seeds", f"{found[1]}.search.seed_scales"}
                assert "scrutiny" in params, name
                assert wanted <= params or f"{found[1]}.search" in params, name


def test_seeds_and_draws_of_variants_are_jobs_of_their_own(copy: Workspace) -> None:
    raw = yaml.safe_load((REPO / "workflow" / "presets" / "smoke.yaml").read_text())
    raw["methods"] = ["dlsr"]
    raw["dlsr"]["variants"] = {}
    (copy.path / "params.yaml").write_text(yaml.safe_dump(raw))
    before = copy.plan()
    raw["dlsr"]["search"].update(seeds=[0, 1, 2])
    raw["dlsr"]["variants"] = {
        "narrow": {"genotype_of": "dlsr", "scales": [2], "network": {"channels": 4}, "search": {"seeds": [0, 1, 2]}},
        "changed": {"genotype_of": "dlsr", "scales": [2], "genotype": {"cell": ["conv_1x1"] * 3}},
        "chance": {"scales": [2], "random": {"draws": 4, "like": "dlsr"}, "retrain": {"genotype": "random"}},
    }
    (copy.path / "params.yaml").write_text(yaml.safe_dump(raw))
    after = copy.plan()
    gained = {rule: after.get(rule, 0) - before.get(rule, 0) for rule in RULES}
    assert gained == {"search": 2, "genotype": 2, "compose": 5, "rank": 1, "retrain": 2 + 3 + 1 + 4}
