"""docs/dag.svg shows the rules that the Snakefile has."""

import re

import pytest

from tests.helpers.repository import REPO
from workflow import dag_picture


@pytest.mark.pipeline
def test_the_picture_is_up_to_date() -> None:
    """`make record-demo` draws it."""
    assert (REPO / "docs" / "dag.svg").read_bytes() == dag_picture.svg(dag_picture.rulegraph(REPO))


def test_edges_that_follow_from_others_are_left_out() -> None:
    edges = {"a": set(), "b": {"a"}, "c": {"a", "b"}}
    assert dag_picture.direct(edges) == {"a": set(), "b": {"a"}, "c": {"b"}}
    assert dag_picture.columns(edges) == [["a"], ["b"], ["c"]]


def test_every_rule_has_a_box() -> None:
    rules = {
        name
        for path in (REPO / "workflow" / "rules").glob("*.smk")
        for name in re.findall(r"^rule (\w+):", path.read_text(), re.M)
    }
    shown = set(dag_picture.rulegraph(REPO))
    # Only a run that names weights in data.releases fetches them, only one with random or changed genotypes composes
    # and ranks, only one with a limit on the latency measures options, and no other target needs the target verified.
    hidden = {"all", "main", "fetch_weights", "verified", "compose", "rank", "cost"}
    assert {"count" if name.startswith("count_") else name for name in rules} - {"count"} <= shown | hidden
