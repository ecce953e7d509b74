"""sr.data.archives: real archives from a real server, downloaded, verified and unpacked."""

import hashlib
import re
import threading
import time
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from sr.core.errors import UserError
from sr.data import archives, retrieval, transfer
from sr.data.formats import Manifest
from tests.helpers.archives import FOLDER, MEMBERS, png, tarred, zipped
from tests.helpers.datasets import Host, archive_entry, checksum, fetched, files, outputs, rejection, send

PACKERS = [("a.zip", zipped), ("a.tar", tarred), ("a.tar.gz", lambda members: tarred(members, mode="w:gz"))]


@pytest.mark.parametrize(("file", "pack"), PACKERS, ids=[file for file, _ in PACKERS])
def test_archive_is_downloaded_checked_and_unpacked_once(
    tmp_path: Path, host: Host, register: Callable, file: str, pack: Callable
) -> None:
    body = pack(MEMBERS)
    register(**archive_entry(host.publish(f"/{file}", body) | {"bytes": len(body)}))
    manifest = fetched(tmp_path / "data")
    raw = sorted((tmp_path / "data/raw/Tiny").iterdir())
    assert [path.name for path in raw] == files(manifest) == ["a.png", "b.png", "c.png"]
    assert [path.read_bytes() for path in raw] == [MEMBERS[f"{FOLDER}/{path.name}"] for path in raw]
    assert fetched(tmp_path / "data") == manifest
    assert host.requests == [f"/{file}"]


def test_archive_placed_by_hand_needs_no_request(tmp_path: Path, host: Host, register: Callable) -> None:
    body = zipped(MEMBERS)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": "md5:" + hashlib.md5(body).hexdigest()}))
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads/a.zip").write_bytes(body)
    assert fetched(tmp_path).count == 3
    assert host.requests == []


def test_wrong_checksum_names_both_and_removes_the_file(tmp_path: Path, host: Host, register: Callable) -> None:
    host.answers["/a.zip"] = body = zipped(MEMBERS)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(b"other")}))
    message = rejection(tmp_path)
    assert all(part in message for part in (host.url("/a.zip"), checksum(b"other"), hashlib.sha256(body).hexdigest()))
    assert "data.folders.Tiny" in message
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["a.zip.lock"]


def test_damaged_local_archive_is_downloaded_again(tmp_path: Path, host: Host, register: Callable) -> None:
    body = zipped(MEMBERS)
    register(**archive_entry(host.publish("/a.zip", body)))
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads/a.zip").write_bytes(body[:-9])
    assert fetched(tmp_path).count == 3
    assert (tmp_path / "downloads/a.zip").read_bytes() == body


def test_mirror_with_another_layout_takes_over(tmp_path: Path, host: Host, register: Callable) -> None:
    mirror = host.publish("/mirror/b.tar", tarred({f"other/{name}.png": png(1) for name in "xyz"}))
    dead = {"url": host.url("/a.zip"), "checksum": checksum(b"")}
    register(**archive_entry(dead, mirror | {"folder": "other"}))
    assert files(fetched(tmp_path)) == ["x.png", "y.png", "z.png"]
    assert host.requests == ["/a.zip", "/mirror/b.tar"]


def test_every_dead_address_is_named(tmp_path: Path, host: Host, register: Callable) -> None:
    refusing = "http://127.0.0.1:9/a.zip"
    missing = {"url": host.url("/a.zip"), "checksum": checksum(b"")}
    register(**archive_entry({"url": refusing, "checksum": checksum(b"")}, missing))
    message = rejection(tmp_path)
    assert f"{refusing}: connection failed" in message
    assert f"{host.url('/a.zip')}: HTTP status 404" in message
    assert "data.folders.Tiny" in message


def test_reset_connection_is_retried(
    tmp_path: Path, host: Host, register: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = zipped(MEMBERS)

    def reset_once(handler: BaseHTTPRequestHandler) -> None:
        host.answers["/a.zip"] = body
        handler.connection.close()

    host.answers["/a.zip"] = reset_once
    monkeypatch.setattr(archives, "RETRIES", 1)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(body)}))
    assert fetched(tmp_path).count == 3
    assert len(host.requests) == 2


@pytest.mark.parametrize("known", ["published", "unpublished"])
def test_truncated_transfer_is_rejected(tmp_path: Path, host: Host, register: Callable, known: str) -> None:
    body = zipped(MEMBERS)
    host.answers["/a.zip"] = lambda handler: send(handler, body[:-50], len(body))
    register(
        **archive_entry({"url": host.url("/a.zip"), "checksum": checksum(body) if known == "published" else known})
    )
    assert host.url("/a.zip") in rejection(tmp_path)
    assert not (tmp_path / "downloads/a.zip").exists()


def test_silent_server_times_out(
    tmp_path: Path, host: Host, register: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = threading.Event()
    host.answers["/a.zip"] = lambda handler: patience.wait(5)
    monkeypatch.setattr(transfer, "TIMEOUT", 0.2)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(b"")}))
    message = rejection(tmp_path)
    patience.set()
    assert "timed out after 0.2 s" in message
    assert "data.folders.Tiny" in message


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while handler.wfile.write(bytes(2**16)):
        pass


def trickle(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while handler.wfile.write(b"."):
        time.sleep(0.01)


def trickled_header(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
    while handler.wfile.write(b"."):
        time.sleep(0.01)


def endless_redirect(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/a.zip")
    handler.end_headers()
    while handler.wfile.write(bytes(2**16)):
        pass


def compressed(handler: BaseHTTPRequestHandler) -> None:
    """Send a bomb: 1 GB of zeros in 1 MB."""
    assert handler.headers["Accept-Encoding"] == "identity"
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.end_headers()
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(2**10):
        handler.wfile.write(packer.compress(bytes(2**20)))


@pytest.mark.parametrize("size", [{"bytes": 10**5}, {}], ids=["registered", "unknown"])
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (endless, r"more than (the 100000 bytes of the registered file|0\.0 GB, the most for a file of unknown size)"),
        (lambda handler: send(handler, b"", 2 * 10**5), r"sends (200000 bytes, but .* 100000|more than 0\.0 GB)"),
        (endless_redirect, r"connection failed \(TooManyRedirects\)"),
        (compressed, "sends content encoding 'gzip'"),
    ],
)
def test_download_is_bounded_in_size(
    tmp_path: Path,
    host: Host,
    register: Callable,
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable,
    message: str,
    size: dict[str, int],
) -> None:
    monkeypatch.setattr(archives, "LARGEST", 10**5)
    host.answers["/a.zip"] = answer
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": "unpublished"} | size))
    assert re.search(message, rejection(tmp_path))
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["a.zip.lock"]


@pytest.mark.parametrize("answer", [trickle, trickled_header])
def test_download_is_bounded_in_time(
    tmp_path: Path, host: Host, register: Callable, monkeypatch: pytest.MonkeyPatch, answer: Callable
) -> None:
    monkeypatch.setattr(transfer, "PERIOD", 0.5)
    host.answers["/a.zip"] = answer
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": "unpublished"}))
    assert "the server sends less than 1024 bytes a second" in rejection(tmp_path)
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["a.zip.lock"]


def test_archive_larger_than_the_disk_is_not_requested(tmp_path: Path, host: Host, register: Callable) -> None:
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(b""), "bytes": 10**18}))
    assert "1000000000.0 GB do not fit" in rejection(tmp_path)
    assert host.requests == []


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("name", ["../evil.png", "/evil.png", f"{FOLDER}/../../../evil.png"])
def test_member_that_points_outside_is_rejected(
    tmp_path: Path, host: Host, register: Callable, pack: Callable, name: str
) -> None:
    register(**archive_entry(host.publish("/a", pack(MEMBERS | {name: png(0)}))))
    assert f"{name!r} points outside" in rejection(tmp_path / "data")
    assert not list(tmp_path.rglob("evil.png"))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_link_among_the_images_is_rejected(tmp_path: Path, host: Host, register: Callable, pack: Callable) -> None:
    register(**archive_entry(host.publish("/a", pack(MEMBERS, link=f"{FOLDER}/link.png"))))
    assert f"'{FOLDER}/link.png' is a link" in rejection(tmp_path)


def test_archive_without_the_folder_is_rejected(tmp_path: Path, host: Host, register: Callable) -> None:
    register(**archive_entry(host.publish("/a.zip", zipped({"elsewhere/a.png": png(0)}))))
    assert f"no .png file in {FOLDER}/" in rejection(tmp_path)


def test_web_page_instead_of_an_archive_is_rejected_and_deleted(tmp_path: Path, host: Host, register: Callable) -> None:
    host.answers["/a.zip"] = b"<html>please log in</html>"
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": "unpublished"}))
    assert "web page" in rejection(tmp_path)
    host.answers["/a.zip"] = zipped(MEMBERS)
    assert fetched(tmp_path).count == 3


def test_kill_while_unpacking_leaves_nothing_that_looks_complete(
    tmp_path: Path, host: Host, register: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(**archive_entry(host.publish("/a.zip", zipped(MEMBERS))))
    raw = tmp_path / "raw"
    with monkeypatch.context() as killed:
        copied = []

        def copy_then_die(*arguments: object) -> None:
            if copied:
                # A kill runs no clean-up either.
                killed.setattr(retrieval.shutil, "rmtree", lambda *_, **__: None)
                raise KeyboardInterrupt
            copied.append(original(*arguments))

        original = archives._copy
        killed.setattr(archives, "_copy", copy_then_die)
        with pytest.raises(KeyboardInterrupt):
            fetched(tmp_path)
    assert len(list((raw / ".Tiny.partial").iterdir())) == 1
    assert not (raw / "Tiny").exists()
    assert files(fetched(tmp_path)) == ["a.png", "b.png", "c.png"]
    assert not (raw / ".Tiny.partial").exists()
    assert len(host.requests) == 1


def test_two_runs_at_once_download_once(tmp_path: Path, host: Host, register: Callable) -> None:
    register(**archive_entry(host.publish("/a.zip", zipped(MEMBERS))))
    results: list[Manifest] = []
    threads = [threading.Thread(target=lambda: results.append(fetched(tmp_path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert results[0] == results[1]
    assert host.requests == ["/a.zip"]


def test_unpublished_checksum_is_recorded_in_the_manifest(tmp_path: Path, host: Host, register: Callable) -> None:
    host.answers["/a.zip"] = body = zipped(MEMBERS)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": "unpublished"}))
    archive = fetched(tmp_path).archive
    assert archive is not None
    assert (archive.url, archive.sha256) == (host.url("/a.zip"), hashlib.sha256(body).hexdigest())


def test_root_that_cannot_be_made_is_named(tmp_path: Path, host: Host, register: Callable) -> None:
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(b"")}))
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"Tiny: .*file.*data\.folders\.Tiny"):
        fetched(tmp_path / "file")
    assert list(Path(outputs(tmp_path / "file")[0]).parent.iterdir()) == []
