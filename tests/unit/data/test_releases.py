"""Released weights: resolved by name or by digest, and fetched only if every byte is right."""

import hashlib
from pathlib import Path

import pytest

from sr.core.errors import UserError
from sr.data import archives, releases


def test_names_and_files_resolve_to_known_checkpoints(checkpoints: dict[str, Path]) -> None:
    resolved = releases.resolve(["dlsr_s_released", str(checkpoints["dlsr_b_released"])], ["dlsr"])
    assert {name: release.file for name, release in resolved.items()} == {
        "dlsr_s_released": Path("data/weights/dlsr_s_released.pt"),
        "dlsr_b_released": checkpoints["dlsr_b_released"],
    }
    assert releases.resolve([str(checkpoints["dlsr_b_released"])], ["mran"]) == {}
    with pytest.raises(UserError, match="is dlsr_b_released, which is listed twice"):
        releases.resolve(["dlsr_b_released", str(checkpoints["dlsr_b_released"])], ["dlsr"])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("dlsr_release", r"dlsr_release: unknown checkpoint; did you mean 'dlsr_released'\? Known: dlsr_released, "),
        ("no/file.pt", r"data\.releases: no/file\.pt: no such file\. Correct the path or remove the entry"),
        ("~nobody-of-that-name/x.pt", r"data\.releases: ~nobody-of-that-name/x\.pt: no such file\."),
        ("/" + "x" * 300, r"data\.releases: /x+: no such file\."),
    ],
)
def test_anything_else_is_refused(entry: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        releases.resolve([entry], ["dlsr"])


def test_a_file_with_another_digest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    with pytest.raises(UserError, match=rf"x\.pt: not a checkpoint of data/sources\.yaml \(SHA-256 {digest}\); "):
        releases.resolve([str(tmp_path / "x.pt")], ["dlsr"])


def test_fetch_tries_every_address_and_names_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def unreachable(item: releases.Download, folder: Path) -> Path:
        asked.append((item.url, item.published, folder))
        raise UserError(f"{item.url}: connection failed")

    monkeypatch.setattr(archives, "download", unreachable)
    with pytest.raises(UserError, match="dlsr_released: cannot be downloaded: https://.* data.releases"):
        releases.fetch("dlsr_released", tmp_path, tmp_path / "w.pt")
    entry = releases.find("dlsr_released")
    assert asked == [(url, f"sha256:{entry.sha256}", tmp_path / "downloads") for url in entry.urls]
    assert not (tmp_path / "w.pt").exists()


def test_fetch_copies_the_verified_download(tmp_path: Path, release: Path) -> None:
    """pooch finds the right file in place and asks no server."""
    url = releases.find("dlsr_released").urls[0]
    local = tmp_path / "downloads" / url.rpartition("/")[2]
    local.parent.mkdir()
    local.write_bytes(release.read_bytes())
    releases.fetch("dlsr_released", tmp_path, tmp_path / "weights" / "w.pt")
    assert (tmp_path / "weights" / "w.pt").read_bytes() == release.read_bytes()
    assert releases.of_file(tmp_path / "weights" / "w.pt") == "dlsr_released"
