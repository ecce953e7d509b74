"""README and docs: their numbers are those of the recorded run and of the model cards, and README is short."""

import json
import re

import pytest
import yaml

from tests.helpers.repository import REPO
from workflow import readme_blocks

DEMO = REPO / "docs" / "demo"


@pytest.mark.parametrize("name", readme_blocks.PARTS)
def test_numbers_are_the_recorded_ones(name: str) -> None:
    """`make record-demo` writes them."""
    assert (REPO / name).read_text() == readme_blocks.filled(REPO)[REPO / name]


def test_the_registry_of_the_zoo_follows_from_the_cards() -> None:
    path = REPO / readme_blocks.REGISTRY
    assert path.read_text() == readme_blocks.filled(REPO)[path]
    artifacts = yaml.safe_load(path.read_text())["artifacts"]
    assert set(artifacts) == {card.parent.name for card in path.parent.glob("*/card.json")}


def test_readme_has_no_other_measured_number() -> None:
    text = (REPO / "README.md").read_text()
    typed = re.sub(r"<!-- (\w+) -->.*?<!-- end of \1 -->", "", text, flags=re.S)
    assert (
        re.findall(r"\d+[.]\d{2,}(?! *-)\b|[+−-]\d[\d.]* dB|\d+ minutes", re.sub("2105.03939|Python ≥ 3.11", "", typed))
        == []
    )
    assert len(text.splitlines()) <= 110


def test_readme_has_the_studys_answer_for_each_method() -> None:
    for method in readme_blocks.METHODS:
        assert f"**{method.upper()}** against random genotypes" in readme_blocks.study(REPO)


def test_the_recorded_run_is_the_presets() -> None:
    run = json.loads((DEMO / "run.json").read_text())
    assert run["preset"] == "demo"
    assert re.fullmatch("[0-9a-f]{40}", run["commit"])
    numbers = json.loads((DEMO / "metrics.json").read_text())
    assert {"bicubic", *readme_blocks.METHODS} <= set(numbers)


def test_every_picture_and_page_exists() -> None:
    for path in [REPO / "README.md", *sorted((REPO / "docs").rglob("*.md"))]:
        prose = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
