"""Damaged packed sets, manifests, model cards and data/sources.yaml: a valid value or one line of error."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sr.core.errors import UserError
from sr.data import sources
from sr.data.dataset_id import dataset_id
from sr.data.packed import Pairs, open_pack, pack
from sr.stages.degrade import degrade
from sr.stages.fetch import fetch
from sr.use import zoo
from tests.fuzz.fuzzing import as_json, damaged, fuzzed, outcome, scrambled
from tests.helpers.repository import REPO

REGISTRY = (REPO / "data" / "sources.yaml").read_bytes()
CARD = (REPO / "results" / "zoo" / "dlsr_lite_x2" / "card.json").read_bytes()


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the files of a small packed set."""
    folder = tmp_path_factory.mktemp("packed")
    images = [np.full((8, 6 + n, 3), n, np.uint8) for n in range(3)]
    pack(folder / "hr.npy", ["a", "b", "c"], images, "digest", "Set")
    degrade(str(folder / "hr.npy"), 2, str(folder / "x2.npy"))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def changed(data: st.DataObject, content: bytes) -> bytes:
    return data.draw(st.one_of(damaged(json.loads(content)).map(as_json), scrambled(content)))


@fuzzed(80)
@given(st.data())
def test_index_and_array_of_a_pack(tmp_path_factory: Any, packed: dict[str, bytes], data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp() / "pack"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    victim = data.draw(st.sampled_from(sorted(packed)))
    for name, content in packed.items():
        spoilt = changed(data, content) if name.endswith("json") else data.draw(scrambled(content))
        (folder / name).write_bytes(spoilt if name == victim else content)
    opened = outcome(lambda: open_pack(folder / f"{Path(victim).stem}.npy"), folder)
    pairs = outcome(lambda: Pairs([folder], 2), folder)
    if not isinstance(opened, UserError):
        assert all(opened[i].shape[2] == 3 for i in range(len(opened)))
    if not isinstance(pairs, UserError):
        assert all(pairs[i][1].size for i in range(len(pairs)))


@fuzzed(40)
@given(st.data())
def test_manifest(tmp_path_factory: Any, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp() / "manifests"
    folder.mkdir(exist_ok=True)
    image = {"name": "a", "file": "a.png", "bytes": 10, "sha256": "0" * 64, "height": 4, "width": 4}
    content = json.dumps({"set": "Own", "count": 1, "licence": "-", "digest": "0" * 32, "images": [image]}).encode()
    (folder / "Own.json").write_bytes(changed(data, content))
    outcome(lambda: dataset_id("Own", "/nowhere", folder), folder)


@pytest.mark.parametrize(
    "folder", ["~nobody-of-that-name/x", "a\0b", "\ud800", "x" * 5000, "", "/dev/null", "/proc/self"]
)
def test_folders_that_are_none(tmp_path: Path, folder: str) -> None:
    outcome(lambda: dataset_id("Own", folder, tmp_path))
    out = tmp_path / "out"
    call = partial(fetch, "Own", folder, str(tmp_path), str(out / "Own.json"), str(out / "hr.npy"))
    assert isinstance(outcome(call), UserError)
    assert list(out.iterdir()) == []


@fuzzed(60)
@given(st.data())
def test_card_of_the_zoo(tmp_path_factory: Any, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp() / "zoo"
    for name in ("dlsr_lite_x2", "dlsr_lite_x3"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "weights.safetensors").touch()
    (folder / "dlsr_lite_x3" / "card.json").write_text('{"name": "dlsr_lite_x3", "method": "dlsr", "scale": 3}')
    (folder / "dlsr_lite_x2" / "card.json").write_bytes(changed(data, CARD))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo, "FOLDER", folder)
        outcome(zoo.models, folder)


@fuzzed(40)
@given(st.data())
def test_registry(tmp_path_factory: Any, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "sources.yaml"
    tree = damaged(yaml.safe_load(REGISTRY)).map(lambda value: yaml.safe_dump(value).encode())
    path.write_bytes(data.draw(st.one_of(tree, scrambled(REGISTRY))))
    sources.registry.cache_clear()
    found = outcome(lambda: sources.registry(path), path)
    sources.registry.cache_clear()
    for each in () if isinstance(found, UserError) else found.values():
        assert all(item.url.startswith(("https://", "http://")) for item in getattr(each, "downloads", ()))


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.org/x.zip", "https://a.org/", "https://a.org/..", "https://a.org/a b.zip"]
)
def test_addresses_that_are_no_archives_are_refused(tmp_path: Path, url: str) -> None:
    entries = yaml.safe_load(REGISTRY)
    entries["DIV2K"]["downloads"][0]["url"] = url
    path = tmp_path / "sources.yaml"
    path.write_text(yaml.safe_dump(entries))
    assert "DIV2K.downloads.0.url" in str(outcome(lambda: sources.registry(path), path))
