"""Damaged weights files: a network or one line of error; no code runs, and no huge network is built."""

import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from sr.core.errors import UserError
from sr.core.formats import parse
from sr.methods.dlsr.network import METHOD
from sr.methods.releases import load_weights
from sr.methods.weights import Trained
from tests.fuzz.fuzzing import damaged, fuzzed, outcome, scrambled
from tests.helpers.repository import REPO

GENOTYPE = json.loads((REPO / "data" / "genotypes" / "dlsr.json").read_text())
SECTION = {"channels": 4, "cells": 6, "network_level": True, "pixel_range": 255}
HEADER = {"method": "dlsr", "genotype": GENOTYPE, "network": SECTION, "scale": 2}
STATE = METHOD.network(parse(GENOTYPE, METHOD.genotype_type, "dlsr.json"), METHOD.configure(SECTION), 2).state_dict()
WHOLE = save(STATE, {"sr": json.dumps(HEADER)})
DTYPES = [torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.complex64, torch.float8_e4m3fn]


def ends_well(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    # With a wiring, or an unknown checkpoint is refused before its content matters.
    wiring = None if path.suffix == ".safetensors" else REPO / "data" / "genotypes" / "dlsr.json"
    trained = outcome(lambda: load_weights(path, wiring), path)
    if isinstance(trained, Trained):
        network = outcome(trained.network, path)
        if not isinstance(network, UserError):
            assert all(value.isfinite().all() for value in network.state_dict().values())


@fuzzed(60)
@given(scrambled(WHOLE))
def test_damaged_bytes(tmp_path_factory: Any, content: bytes) -> None:
    ends_well(tmp_path_factory.getbasetemp() / "weights.safetensors", content)


@fuzzed(60)
@given(damaged(HEADER))
def test_damaged_header(tmp_path_factory: Any, header: Any) -> None:
    content = save(STATE, {"sr": json.dumps(header, default=str)})
    ends_well(tmp_path_factory.getbasetemp() / "weights.safetensors", content)


@st.composite
def other_tensors(draw: st.DrawFn, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Draw ``state`` with some tensors of another type, shape or value, or without them."""
    state = dict(state)
    for key in draw(st.lists(st.sampled_from(sorted(state)), min_size=1, max_size=3, unique=True)):
        value = state.pop(key)
        kind = draw(st.sampled_from(["dtype", "shape", "nan", "none", "name"]))
        if kind == "dtype":
            state[key] = value.to(draw(st.sampled_from(DTYPES)))
        elif kind == "shape":
            state[key] = torch.zeros(draw(st.lists(st.integers(0, 5), max_size=5)))
        elif kind == "nan":
            state[key] = torch.full_like(value, draw(st.sampled_from([float("nan"), float("inf"), 1e38])))
        elif kind == "name":
            state[draw(st.text(max_size=8).filter(lambda t: t.isascii())) + key] = value
    return state


@fuzzed(40)
@given(other_tensors(STATE))
def test_other_tensors(tmp_path_factory: Any, state: dict[str, torch.Tensor]) -> None:
    ends_well(tmp_path_factory.getbasetemp() / "weights.safetensors", save(state, {"sr": json.dumps(HEADER)}))


def release_state() -> dict[str, torch.Tensor]:
    """Return tensors with the names of the authors' release, small."""
    shapes = {"fea_conv": (4, 3, 3, 3), "LR_conv": (4, 4, 3, 3), "upsampler.0": (12, 4, 3, 3), "cout.0": (4, 24, 1, 1)}
    shapes |= {f"c{i}.0": (4, 8, 1, 1) for i in range(3, 7)}
    for cell in range(1, 7):
        shapes |= {f"B{cell}.c{i}_d": (2, 4, 1, 1) for i in (1, 2, 3)}
        shapes |= {f"B{cell}.c{i}_r.op.0": (4, 4, 3, 3) for i in (1, 2, 3)}
        shapes |= {f"B{cell}.c4": (2, 4, 3, 3), f"B{cell}.c5": (4, 8, 1, 1), f"B{cell}.esa.conv1": (1, 4, 1, 1)}
    return {f"{name}.weight": torch.zeros(shape) for name, shape in shapes.items()}


def saved(value: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream)
    return stream.getvalue()


RELEASE = saved(release_state())


@fuzzed(40)
@given(scrambled(RELEASE))
def test_damaged_release(tmp_path_factory: Any, content: bytes) -> None:
    ends_well(tmp_path_factory.getbasetemp() / "release.pt", content)


@fuzzed(40)
@given(other_tensors(release_state()))
def test_release_with_other_tensors(tmp_path_factory: Any, state: dict[str, torch.Tensor]) -> None:
    ends_well(tmp_path_factory.getbasetemp() / "release.pt", saved(state))


@fuzzed(30)
@given(damaged({"state_dict": {"fea_conv.weight": 1, "B1.c1_d.weight": [1], "x": {"y": 2}}}))
def test_release_of_anything(tmp_path_factory: Any, value: Any) -> None:
    ends_well(tmp_path_factory.getbasetemp() / "release.pt", saved(value))


class Call:
    """A pickle that runs a command when it is loaded without care."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("wrapped", [False, True])
def test_pickles_do_not_run(tmp_path: Path, wrapped: bool) -> None:
    path, mark = tmp_path / "evil.pt", tmp_path / "ran"
    if wrapped:
        torch.save({"state_dict": Call(mark)}, path)
    else:
        path.write_bytes(pickle.dumps(Call(mark)))
    assert isinstance(outcome(lambda: load_weights(path), path), UserError)
    assert not mark.exists()


def test_release_that_unpacks_to_much_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(io.BytesIO(saved({"x": torch.zeros(4)}))) as small, zipfile.ZipFile(path, "w") as bomb:
        for item in small.infolist():
            content = bytes(2**28) if "/data/0" in item.filename else small.read(item)
            bomb.writestr(item.filename, content, zipfile.ZIP_DEFLATED)
    assert isinstance(outcome(lambda: load_weights(path), path), UserError)


def test_huge_network_of_a_tiny_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.safetensors"
    header = {**HEADER, "network": {**SECTION, "channels": 10**6}}
    path.write_bytes(save({}, {"sr": json.dumps(header)}))
    assert "channels" in str(outcome(lambda: load_weights(path), path))
    huge = {**release_state(), "fea_conv.weight": torch.zeros(1).expand(10**9, 3, 3, 3)}
    (tmp_path / "huge.pt").write_bytes(saved(huge))
    wiring = REPO / "data" / "genotypes" / "dlsr.json"
    assert "channels" in str(outcome(lambda: load_weights(tmp_path / "huge.pt", wiring), tmp_path))
