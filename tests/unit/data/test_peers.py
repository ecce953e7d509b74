"""Other networks of a run: known by name and scale, with their files' digests."""

import hashlib
from pathlib import Path

import pytest

from sr.core.errors import UserError
from sr.core.peer_sections import Peer
from sr.data import peers


def peer(**keys: object) -> Peer:
    return Peer.model_validate(keys)


def test_files_resolve_by_name_and_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.onnx").write_bytes(b"network")
    entry = {"file": "~/a.onnx", "pixels": "BGR 0..1", "min_side": 16, "multiple": 8}
    found = peers.resolve({"one": peer(x2="~/a.onnx", x4=entry), "two": peer(x3="~/a.onnx")})
    assert {name: [*networks] for name, networks in found.items()} == {"one": [2, 4], "two": [3]}
    short, long = found["one"].values()
    assert short.options() == ["--onnx", str(tmp_path / "a.onnx")]
    assert long.options()[2:] == ["--pixels", "BGR 0..1", "--min-side", "16", "--multiple", "8"]
    (tmp_path / "a.pth").write_bytes(b"weights")
    (other,) = peers.resolve({"three": peer(x2={"file": "~/a.pth", "min_side": 8})})["three"].values()
    assert other.options() == ["--spandrel", str(tmp_path / "a.pth"), "--min-side", "8"]
    digest = hashlib.sha256(b"network").hexdigest()
    assert short.facts() == {"sha256": digest, "pixels": None, "min_side": None, "multiple": None}
    assert long.facts() == {"sha256": digest, "pixels": "BGR 0..1", "min_side": 16, "multiple": 8}


@pytest.mark.parametrize("file", ["no/file.onnx", "~nobody-of-that-name/x.onnx", "/" + "x" * 300, "/"])
def test_a_missing_file_is_named_with_its_key(file: str) -> None:
    with pytest.raises(UserError, match=rf"data\.peers\.one\.x3: {file}: no such file\. Correct the path or remove"):
        peers.resolve({"one": peer(x3=file)})
