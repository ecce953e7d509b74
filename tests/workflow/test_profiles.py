"""Snakemake profiles: settings that affect results agree, and every rule has resources on a cluster."""

import re
from typing import Any

import pytest
import yaml

from tests.helpers.repository import REPO

PROFILES = REPO / "workflow" / "profiles"
RULES = "\n".join(path.read_text() for path in (REPO / "workflow" / "rules").glob("*.smk"))
METHODS = ("dlsr", "mran")


def profile(name: str, file: str = "config") -> dict[str, Any]:
    return yaml.safe_load((PROFILES / name / f"{file}.yaml").read_text())


DEFAULT, SLURM = profile("default"), profile("slurm")
TRAININGS = {"search", "retrain"}


# The rules count_<group> are made in a loop.
COUNTED = {f"count_{method}{kind}" for method in METHODS for kind in ("", "_variants")}


def texts() -> dict[str, str]:
    """Return the text of each rule by name."""
    parts = re.split(r"^(?: {4})?rule(?: (?=\w+:\n)|:\n)", RULES, flags=re.M)[1:]
    named = {part.split(":")[0]: part for part in parts if re.match(r"\w+:\n", part)}
    loop = next(part for part in parts if 'f"count_{group}"' in part)
    return named | dict.fromkeys(COUNTED, loop)


def rules(having: str) -> set[str]:
    """Return the names of the rules whose text has a line that begins with ``having``."""
    return {name for name, text in texts().items() if re.search(rf"^ +{having}", text, re.M)}


def groups() -> dict[str, str]:
    """Return the group of each rule that has one."""
    found = {name: re.search(r"^ +group:\s+\"(\w+)\"", text, re.M) for name, text in texts().items()}
    return {name: match[1] for name, match in found.items() if match}


def asked(rule: str, what: str, attempt: int) -> int:
    """Evaluate a resource as Snakemake does."""
    return eval(SLURM["set-resources"][rule][what], {"attempt": attempt})


def test_every_rule_has_resources_on_a_cluster_or_runs_locally() -> None:
    local = rules("localrule: True")
    assert local == {"compose", "fetch", "fetch_weights", "genotype", "verify"}
    assert len(rules("shell:")) > 15
    assert set(SLURM["set-resources"]) == rules("shell:") - local
    assert set(groups()) == rules("shell:") - local - TRAININGS


@pytest.mark.parametrize("rule", SLURM["set-resources"])
def test_each_retry_asks_for_more_and_still_fits_a_partition(rule: str) -> None:
    attempts = range(1, SLURM["retries"] + 2)
    memory = [asked(rule, "mem_mb", attempt) for attempt in attempts]
    minutes = [asked(rule, "runtime", attempt) for attempt in attempts]
    assert memory == sorted(set(memory))
    assert minutes == sorted(set(minutes))
    # A group runs its jobs one after the other. A set has three scales.
    group = groups().get(rule)
    jobs = {"data": 3, **SLURM["group-components"], None: 1}[group]
    assert (group is None) == (rule in TRAININGS)
    for partition in profile("slurm", "partitions")["partitions"].values():
        assert memory[-1] <= partition["max_mem_mb"]
        assert jobs * minutes[-1] <= partition["max_runtime"]


def test_only_trainings_and_what_times_for_a_search_ask_for_a_gpu() -> None:
    assert rules("gpu=") == TRAININGS | {"cost"}
    assert [name for name, limits in profile("slurm", "partitions")["partitions"].items() if "max_gpu" in limits] == [
        "gpu"
    ]


@pytest.mark.parametrize("key", ["max-checksum-file-size", "rerun-incomplete", "show-failed-logs", "set-threads"])
def test_the_cluster_keeps_the_default_profiles_settings_of_results(key: str) -> None:
    assert SLURM[key] == DEFAULT[key]


def test_the_cluster_profile_has_every_key_of_the_default() -> None:
    assert set(DEFAULT) - set(SLURM) == set()


def test_retries_are_set_in_the_profile_alone() -> None:
    """Retries of a rule would be repeated inside the Slurm job, by each Snakemake there."""
    assert SLURM["retries"] > 0
    assert not re.search(r"^ *retries:", RULES, re.M)
