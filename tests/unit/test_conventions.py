"""Files for services around the repository: they call what exists, and agree with the project."""

import re
import tomllib

import yaml

from sr.methods import papers
from tests.helpers.repository import REPO

MAKEFILE = (REPO / "Makefile").read_text()
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]


def test_continuous_integration_calls_targets_of_the_makefile() -> None:
    workflow = yaml.safe_load((REPO / ".github" / "workflows" / "ci.yml").read_text())
    job = workflow["jobs"]["test"]
    assert job["steps"][-1]["run"] == "make ${{ matrix.target }}"
    targets = job["strategy"]["matrix"]["target"]
    assert targets == ["lint", "test"]
    assert all(re.search(rf"^{target}: ", MAKEFILE, re.MULTILINE) for target in targets)
    python = job["steps"][1]["with"]["python-version"]
    assert PROJECT["requires-python"] == f">={python}"
    # YAML reads the key `on` as true.
    assert set(workflow[True]) == {"push", "pull_request"}
    assert workflow["permissions"] == {"contents": "read"}


def test_pre_commit_runs_tools_of_make_lint() -> None:
    (repository,) = yaml.safe_load((REPO / ".pre-commit-config.yaml").read_text())["repos"]
    lint = MAKEFILE.split("\nlint:")[1].split("\n\n")[0]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        tool, *arguments = hook["entry"].removeprefix(".venv/bin/").removesuffix(" --force-exclude").split()
        assert " ".join([tool, *arguments]) in lint


def test_citation_has_the_version_and_both_papers() -> None:
    citation = yaml.safe_load((REPO / "CITATION.cff").read_text())
    assert citation["version"] == citation["preferred-citation"]["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert citation["preferred-citation"]["year"] == citation["date-released"].year
    assert [entry["scope"] for entry in citation["references"]] == ["Cite this for DLSR.", "Cite this for MRAN."]
    for paper, entry in zip(map(papers.find, ("dlsr", "mran")), citation["references"], strict=True):
        assert entry["title"] in paper.citation
        assert str(entry["year"]) in paper.citation
        assert all(author["family-names"] in paper.citation for author in entry["authors"])
