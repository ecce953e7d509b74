"""YAML is read strictly: the same values as by YAML 1.2, whatever the version, or one line."""

from pathlib import Path

import pytest

from sr.core.errors import UserError
from sr.core.yaml_files import parse_yaml, read_yaml


@pytest.mark.parametrize(
    "text",
    ["010", "+07", "1:30", "1_000", "0x10", "0b1", "0o10", "yes", "No", "ON", "off", "2020-01-01", "1:30.5", "1_0.5"]
    + ["2001-12-14t21:59:43.10-05:00", "!!int 010"],
)
def test_what_two_versions_read_differently_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(f"a: 1\nseed: {text}\n")
    value = text.removeprefix("!!int ")
    with pytest.raises(UserError, match="not valid YAML") as error:
        read_yaml(path)
    assert f"{value} means different things in YAML 1.1 and 1.2" in str(error.value)
    assert "line 2, column 7" in str(error.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("-7", -7), ("10", 10), ("1.5", 1.5), ("1.0e-4", 1e-4), (".5", 0.5), ("true", True), ("FALSE", False)]
    + [("~", None), ("null", None), ("1e-4", "1e-4"), ("'010'", "010"), ('"yes"', "yes"), ("x:y", "x:y"), ("-", [None])]
    + [("[1, a]", [1, "a"]), ("{a: 1}", {"a": 1})],
)
def test_the_rest_is_read_as_ever(text: str, value: object) -> None:
    assert parse_yaml(text) == value
    assert type(parse_yaml(text)) is type(value)


def test_a_key_twice_is_refused_wherever_it_is() -> None:
    for text in ("a: 1\na: 2", "x: {b: 1, 'b': 2}", "1: a\n1: b"):
        with pytest.raises(ValueError, match="occurs twice"):
            parse_yaml(text)
    with pytest.raises(ValueError, match="unhashable key"):
        parse_yaml("[a]: 1")
