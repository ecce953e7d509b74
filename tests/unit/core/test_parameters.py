"""Generated descriptions of the parameters: nothing out of date, every key explained."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.helpers.repository import REPO

PRESETS = sorted((REPO / "workflow" / "presets").glob("*.yaml"))


@pytest.fixture(scope="module")
def parameters() -> ModuleType:
    """Return workflow/parameters.py as a module."""
    spec = importlib.util.spec_from_file_location("parameters", REPO / "workflow" / "parameters.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_up_to_date(parameters: ModuleType) -> None:
    stale = [str(path) for path, text in parameters.generated().items() if path.read_text() != text]
    assert stale == [], "Run: make parameters"


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_every_key_is_explained(parameters: ModuleType, preset: Path) -> None:
    lines = preset.read_text().splitlines()
    explained = set()
    for before, line, path in zip(["", *lines], lines, parameters.paths(lines), strict=False):
        if path and "variants" not in path[:-1]:
            assert before.lstrip().startswith("# "), f"{'.'.join(path)}: no comment above"
            explained.add(path)
        elif len(path) == 3:
            assert re.search(r"  # \S", line), f"{'.'.join(path)}: no remark behind the variant"
    assert len(explained) > 80


def test_a_remark_of_a_preset_stays(parameters: ModuleType) -> None:
    root = {"properties": {"seed": {"description": "seed of every draw"}}}
    text = "# head\n\n# Another comment.\nseed: 0  # not stated\n"
    assert parameters.annotate(text, root) == "# head\n\n# Seed of every draw.\nseed: 0  # not stated\n"
    assert parameters.remarks(text) == {("seed",): "not stated"}
