"""Dockerfile: the environment of the lock, in the Python of the project, under the name that the rules give."""

import re
import shlex
import tomllib
from pathlib import Path

from tests.helpers.repository import REPO

TEXT = (REPO / "Dockerfile").read_text()
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
INSTRUCTIONS = {"FROM", "ARG", "ENV", "RUN", "COPY", "WORKDIR", "CMD"}


def instructions() -> list[tuple[str, str]]:
    """Return the instructions and their arguments, with continued lines joined."""
    lines = [line for line in TEXT.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(None, 1)) for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()]  # type: ignore[misc]


def arguments(name: str) -> list[str]:
    return [text for instruction, text in instructions() if instruction == name]


def test_every_line_is_an_instruction() -> None:
    assert {name for name, _ in instructions()} == INSTRUCTIONS
    assert instructions()[0][0] == "FROM"
    for text in arguments("RUN"):
        shlex.split(text)  # raises for an open quote


def test_it_has_the_projects_python() -> None:
    (image,) = arguments("FROM")
    assert re.fullmatch(r"python:(\d+\.\d+)-slim-\w+", image)
    assert PROJECT["requires-python"] == ">=" + image.removeprefix("python:").split("-")[0]


def test_it_installs_the_lock_and_copies_nothing_else() -> None:
    (copied,) = arguments("COPY")
    *sources, target = copied.split()
    assert sources == ["requirements.lock", "requirements.hashes"]
    installed = re.findall(r"pip install [^&]*--requirement \S+", " && ".join(arguments("RUN")))
    assert [Path(text.split()[-1]) for text in installed] == [Path(target) / name for name in reversed(sources)]
    assert "--require-hashes --no-deps" in installed[0]
    rules = [line for line in (REPO / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules == ["*", *(f"!{name}" for name in sources)]


def test_rules_and_ignore_files_have_the_image_that_it_makes() -> None:
    (image,) = re.findall(r'^container: "(.+)"$', (REPO / "workflow" / "rules" / "common.smk").read_text(), re.M)
    assert f"apptainer build {image} docker-daemon:" in TEXT
    for name in (".gitignore", ".dvcignore"):
        assert f"/{image}" in (REPO / name).read_text().splitlines()
