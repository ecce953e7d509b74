"""Damaged genotypes and probabilities: a network that can be built and drawn, or one line of error."""

import json
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sr.core import config
from sr.core.errors import UserError
from sr.core.yaml_files import read_yaml
from sr.methods import registry
from sr.nas.genotype import read_genotype
from sr.report.figures.diagrams import write_diagram
from sr.stages.genotype import derive_genotype
from tests.fuzz.fuzzing import as_json, damaged, fuzzed, outcome, scrambled
from tests.helpers.networks import random_genotype
from tests.helpers.repository import REPO

PARAMS = config.check(read_yaml(REPO / "workflow" / "presets" / "paper.yaml") | {"methods": registry.names()})
VALID = {name: random_genotype(registry.find(name), 0).without_evidence() for name in registry.names()}


def any_genotype(data: st.DataObject, valid: Any) -> bytes:
    return data.draw(st.one_of(damaged(valid).map(as_json), scrambled(json.dumps(valid).encode())))


@pytest.mark.parametrize("name", registry.names())
@fuzzed(40)
@given(st.data())
def test_genotype_gives_a_network_or_one_line(tmp_path_factory: Any, name: str, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "genotype.json"
    path.write_bytes(any_genotype(data, VALID[name]))
    method = registry.find(name)
    found = outcome(lambda: read_genotype(path, method.genotype_type), path)
    if not isinstance(found, UserError):
        with torch.device("meta"):
            outcome(lambda: method.network(found, PARAMS.model(name).network, 2))


@pytest.mark.parametrize("name", registry.names())
@fuzzed(4)
@given(st.data())
def test_drawing(tmp_path_factory: Any, name: str, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp()
    path = folder / "drawn.json"
    path.write_bytes(any_genotype(data, VALID[name]))
    outcome(lambda: write_diagram(path, folder / "drawing"), path)


def probabilities(name: str) -> dict[str, Any]:
    method = registry.find(name)
    choices = method.choices(PARAMS.model(name).network)
    return {
        "model": name,
        "scale": 2,
        "steps": 1,
        "probabilities": {key: {o: 1 / len(c.options) for o in c.options} for key, c in choices.items()},
    }


@pytest.mark.parametrize("name", registry.names())
@fuzzed(40)
@given(st.data())
def test_probabilities_give_a_genotype_or_one_line(tmp_path_factory: Any, name: str, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp()
    path, out = folder / "probabilities.json", folder / "derived.json"
    path.write_bytes(any_genotype(data, probabilities(name)))
    found = outcome(lambda: derive_genotype(PARAMS, name, path, out))
    if not isinstance(found, UserError):
        read_genotype(out, registry.find(name).genotype_type)
