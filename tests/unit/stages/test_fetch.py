"""sr.stages.fetch: manifest and packed images in one pass over the files."""

import hashlib
import json
import weakref
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sr.cli.main import main
from sr.core.errors import UserError
from sr.data.images import read_rgb
from sr.data.packed import open_pack
from sr.stages import fetch
from tests.conftest import REPO
from tests.helpers.archives import png
from tests.helpers.datasets import fetched, outputs, own_folder


def test_manifest_describes_the_images_and_no_machine(tmp_path: Path, register: Callable) -> None:
    register(kind="manual", instructions="Ask")
    fetched(tmp_path / "mine", own_folder(tmp_path / "one"))
    fetched(tmp_path / "yours", own_folder(tmp_path / "two"))
    text, other = (Path(outputs(tmp_path / name)[0]).read_text() for name in ("mine", "yours"))
    assert text == other
    facts = json.loads(text)
    assert list(facts) == ["set", "count", "licence", "digest", "images"]
    file = {"name": "b", "file": "b.png", "bytes": len(png(1)), "sha256": hashlib.sha256(png(1)).hexdigest()}
    assert facts["images"][1] == file | {"height": 6, "width": 6}
    assert str(tmp_path) not in text


def test_packed_pixels_are_those_of_the_manifest(tmp_path: Path) -> None:
    folder = own_folder(tmp_path / "mine")
    manifest = fetched(tmp_path, folder, "Mine")
    pack = open_pack(outputs(tmp_path)[1])
    assert (pack.index.set, pack.digest, pack.names) == ("Mine", manifest.digest, ["a", "b", "c"])
    for image, pixels in zip(manifest.images, pack, strict=True):
        np.testing.assert_array_equal(pixels, read_rgb(Path(folder) / image.file))


def test_each_image_is_read_and_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, counts = own_folder(tmp_path / "mine"), Counter()
    for name in ("read_bytes", "decode_rgb"):
        original = getattr(fetch, name)

        def counted(*arguments: object, name: str = name, original: Callable = original) -> object:
            counts[name, str(arguments[-1])] += 1
            return original(*arguments)

        monkeypatch.setattr(fetch, name, counted)
    fetched(tmp_path, folder, "Mine")
    assert len(counts) == 6
    assert set(counts.values()) == {1}


def test_only_one_image_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    references, peak = [], []

    class Pixels(np.ndarray):
        pass

    def decode(content: bytes, path: Path) -> np.ndarray:
        pixels = original(content, path).view(Pixels)
        references.append(weakref.ref(pixels))
        peak.append(sum(reference() is not None for reference in references))
        return pixels

    original = fetch.decode_rgb
    monkeypatch.setattr(fetch, "decode_rgb", decode)
    fetched(tmp_path, own_folder(tmp_path / "mine", "abcdefgh"), "Mine")
    # The last one is released when its successor is assigned.
    assert max(peak) <= 2


def test_second_run_writes_the_same_bytes(tmp_path: Path) -> None:
    folder = own_folder(tmp_path / "mine")
    paths = [*map(Path, outputs(tmp_path)), Path(outputs(tmp_path)[1]).with_suffix(".json")]
    fetched(tmp_path, folder, "Mine")
    first = [path.read_bytes() for path in paths]
    fetched(tmp_path, folder, "Mine")
    assert [path.read_bytes() for path in paths] == first
    (tmp_path / "mine/a.png").write_bytes(png(5))
    fetched(tmp_path, folder, "Mine")
    assert all(path.read_bytes() != content for path, content in zip(paths, first, strict=True))


def test_bad_image_keeps_the_files_of_the_run_before(tmp_path: Path) -> None:
    folder = own_folder(tmp_path / "mine")
    fetched(tmp_path, folder, "Mine")
    out = Path(outputs(tmp_path)[0]).parent
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (tmp_path / "mine/c.png").write_bytes(png(2)[:-30])
    with pytest.raises(UserError, match=r"c\.png: not a readable image"):
        fetched(tmp_path, folder, "Mine")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_verb_prints_one_line_and_records_the_digest(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    manifest, packed = outputs(tmp_path)
    params, record = str(REPO / "params.yaml"), tmp_path / "record.json"
    files = ["--manifest", manifest, "--packed", packed, "--record", str(record)]
    assert main(["fetch", "EmbeddedTest", "--params", params, *files]) == 0
    facts = json.loads(Path(manifest).read_text())
    recorded = json.loads(record.read_text())["facts"]
    assert (recorded["set"], recorded["images"], recorded["data_digest"]) == ("EmbeddedTest", 3, facts["digest"])
    assert capsys.readouterr().out == f"EmbeddedTest: 3 images, digest {facts['digest']}, licence: {facts['licence']}\n"
