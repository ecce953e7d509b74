"""Weights of a small network, for all verbs that use one."""

from pathlib import Path

import pytest

from tests.helpers.networks import tiny


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("weights") / "tiny.safetensors")
