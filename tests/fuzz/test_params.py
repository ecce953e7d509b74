"""Damaged params.yaml: a parameter set with values of the declared types, or one line of error."""

import math
import typing
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sr.core import config
from sr.core.config import Params
from sr.core.formats import Document
from sr.core.yaml_files import read_yaml
from sr.methods import registry
from tests.fuzz.fuzzing import damaged, fuzzed, outcome, scrambled
from tests.helpers.repository import REPO

TEXT = (REPO / "workflow" / "presets" / "smoke.yaml").read_bytes()
VALID = yaml.safe_load(TEXT)


def assert_typed(params: Params) -> None:
    """Fail if a number is of another type than declared or not finite, or if no method takes the network."""
    for model in params.models.values():
        _typed(model)
        assert isinstance(model.network, registry.find(model.method).config)
    _typed(params)


def _typed(document: Document) -> None:
    for name, field in type(document).model_fields.items():
        _plain(getattr(document, name), field.annotation, name)


def _plain(held: Any, hint: Any, name: str) -> None:
    if isinstance(held, Document):
        _typed(held)
    elif hint in (int, float, str):
        assert type(held) is hint, f"{name}: {held!r}"
        assert not (hint is float and not math.isfinite(held)), f"{name}: {held!r}"
    elif typing.get_origin(hint) is typing.Literal:
        assert [type(held)] == [type(choice) for choice in typing.get_args(hint) if choice == held], f"{name}: {held!r}"
    elif typing.get_origin(hint) is list:
        for item in held:
            _plain(item, typing.get_args(hint)[0], name)
    elif typing.get_origin(hint) is dict and name != "raw":
        for item in held.values():
            _plain(item, typing.get_args(hint)[1], name)


def checked(raw: Any) -> None:
    found = outcome(lambda: config.check(raw, "params.yaml"), "params.yaml")
    if isinstance(found, Params):
        assert_typed(found)


@fuzzed(100)
@given(damaged(VALID))
def test_damaged_values(raw: Any) -> None:
    checked(raw)


@fuzzed(60)
@given(st.data())
def test_damaged_text(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "params.yaml"
    path.write_bytes(data.draw(scrambled(TEXT)))
    found = outcome(lambda: config.load(path), path)
    if isinstance(found, Params):
        assert_typed(found)


@fuzzed(100)
@given(st.data())
def test_any_text_as_yaml(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data.draw(scrambled(data.draw(st.text(max_size=40)).encode("utf-8", "surrogatepass"))))
    outcome(lambda: read_yaml(path), path)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefghij", "bcdefghijk", strict=True)
)
UNREADABLE = {
    "a date that is none": "x: 2001-99-99",
    "a tag that does not fit": "x: !!bool maybe",
    "a number that is none": "x: !!int one",
    "an object of Python": "x: !!python/object/apply:os.system [touch ran]",
    "a number of 5000 digits": "x: " + "9" * 5000,
    "levels without end": "[" * 3000,
    "a list inside itself": "&x [*x]",
    "billions of values in a few lines": BOMB,
    "no text": "\x00",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_texts(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    assert "not valid YAML" in str(outcome(lambda: config.load(path), path))


INVALID = [
    ("dlsr.search.theta.lr", math.nan),
    ("dlsr.search.lambda_val", math.nan),
    ("dlsr.retrain.batch", 4.0),
    ("dlsr.search.steps", 20.0),
    ("seed", True),
    ("scales", [2.0]),
    ("evaluate.tile", 0.0),
    ("dlsr.network.pixel_range", 255.0),
    ("preset", "demo\n"),
    ("data.test", ["EmbeddedTest\n"]),
    ("data.folders", {"Own": "a\nb"}),
    ("data.releases", ["x\n.pt"]),
    ("data.peers", {"a": {"x2": "x\n.onnx"}}),
    ("data.peers", {"a": {"x2": "x", "year": 2024.0}}),
]


@pytest.mark.parametrize(("key", "value"), INVALID)
def test_invalid_values(key: str, value: Any) -> None:
    raw = yaml.safe_load(TEXT)
    *sections, last = key.split(".")
    place = raw
    for section in sections:
        place = place[section]
    place[last] = value
    assert key in str(outcome(lambda: config.check(raw, "params.yaml"), "params.yaml"))
