"""The Snakemake workflow catalog: its entry workflow/Snakefile is the same workflow, and its files agree with it."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.helpers.repository import REPO
from tests.helpers.workspace import Workspace, fresh, jobs

ENTRY = ("--snakefile", "workflow/Snakefile")


@pytest.mark.parametrize("preset", ["smoke", "demo"])
def test_the_entry_plans_the_same_jobs(copy: Workspace, preset: str) -> None:
    copy.run("cp", f"workflow/presets/{preset}.yaml", "params.yaml")
    assert copy.plan(*ENTRY) == copy.plan() | {"catalog": 1}


@pytest.mark.pipeline
def test_what_the_root_made_is_up_to_date_for_the_entry_and_back(finished: Workspace) -> None:
    assert "Nothing to be done" in finished.run("snakemake", "--cores", "1", *ENTRY)
    table = finished.path / "results" / "tables" / "dlsr_table2.html"
    table.unlink()
    output = finished.run("snakemake", "--cores", "1", *ENTRY)
    assert table.is_file()
    assert jobs(output)["table"] == 1
    assert finished.plan() == {}


@pytest.mark.pipeline
@pytest.mark.thorough
def test_the_entry_runs_smoke(tmp_path: Path) -> None:
    workspace = fresh(tmp_path / "repository")
    output = workspace.run("snakemake", "--cores", "1", *ENTRY)
    assert jobs(output)["retrain"] == 3
    assert (workspace.path / "results" / "report" / "index.html").is_file()


def test_a_workflow_elsewhere_finds_the_code_of_its_checkout(copy: Workspace, tmp_path: Path) -> None:
    """The entry is called by its path while the working directory is another copy's."""
    other = tmp_path / "other"
    for name in ("sr", "data", "workflow", "params.yaml"):
        source, target = copy.path / name, other / name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
    (other / "sr" / "core" / "config.py").write_text("raise SystemExit('the wrong code')\n")
    output = copy.run("snakemake", "-n", "--directory", str(other), "--snakefile", "workflow/Snakefile")
    assert "the wrong code" not in output


def test_the_catalogs_file_and_the_directives_agree() -> None:
    usage = yaml.safe_load((REPO / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    deployment = usage["software-stack-deployment"]
    rules = "\n".join(path.read_text() for path in (REPO / "workflow" / "rules").glob("*.smk"))
    assert deployment["apptainer"] == bool(re.search("^container:", rules, re.M))
    assert deployment["conda"] == bool(re.search("^ +conda:", rules, re.M))
    assert deployment["report"] == ("report(" in rules)


def test_the_catalogs_page_names_every_section_of_the_parameters() -> None:
    text = (REPO / "config" / "README.md").read_text()
    named = set(re.findall(r"`(\w+)`", "\n".join(line.split("|")[1] for line in text.splitlines() if line[:2] == "| ")))
    assert named - {"key"} == set(yaml.safe_load((REPO / "params.yaml").read_text()))
    for file in re.findall(r"\]\(([^)]+)\)", text):
        assert (REPO / "config" / file).is_file(), file
