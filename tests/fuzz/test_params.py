"""params.yaml, damaged in every way: a parameter set whose numbers mean what they say, or one line."""

import dataclasses
import math
import typing
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sr import config
from sr.config import Params
from sr.methods import base
from sr.schema import read_yaml
from tests.conftest import REPO
from tests.fuzz.fuzzing import damaged, fuzzed, outcome, scrambled

TEXT = (REPO / "workflow" / "presets" / "smoke.yaml").read_bytes()
VALID = yaml.safe_load(TEXT)


def means_what_it_says(params: Params) -> None:
    """Fail if a number is of another type than declared or not finite, or if no method takes the network."""
    for model in params.models.values():
        _typed(model)
        base.find(model.method).configure(model.network)
    _typed(params)


def _typed(value: Any) -> None:
    hints = typing.get_type_hints(type(value))
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if dataclasses.is_dataclass(held):
            _typed(held)
        _plain(held, hints[field.name], field.name)


def _plain(held: Any, hint: Any, name: str) -> None:
    if hint in (int, float, str):
        assert type(held) is hint, f"{name}: {held!r}"
        assert not (hint is float and not math.isfinite(held)), f"{name}: {held!r}"
    elif typing.get_origin(hint) is list:
        for item in held:
            _plain(item, typing.get_args(hint)[0], name)
    elif typing.get_origin(hint) is dict and name != "models" and isinstance(held, dict):
        for item in held.values():
            _plain(item, typing.get_args(hint)[1], name)


def checked(raw: Any) -> None:
    found = outcome(lambda: config.check(raw, "params.yaml"), "params.yaml")
    if isinstance(found, Params):
        means_what_it_says(found)


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
        means_what_it_says(found)


@fuzzed(100)
@given(st.data())
def test_any_text_as_yaml(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data.draw(scrambled(data.draw(st.text(max_size=40)).encode("utf-8", "surrogatepass"))))
    outcome(lambda: read_yaml(path), path)
