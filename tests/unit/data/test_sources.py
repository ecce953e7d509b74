"""sr.data.sources and sr.data.fetch against real archives from a real server, and the registered sets themselves."""

import argparse
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from sr.cli import fetch as fetch_verb
from sr.core.errors import UserError
from sr.core.files import write_json
from sr.data import fetch, sources
from sr.data.dataset_id import identity
from tests.helpers.archives import FOLDER, MEMBERS, png, tarred, zipped

ROOT = Path(__file__).parents[3]
BENCHMARKS = ROOT.parent / "shared" / "datasets"


class Host:
    """A web server on 127.0.0.1: ``answers`` by path, either bytes or a function that does the whole answer."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.requests: list[str] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                host.requests.append(self.path)
                answer = host.answers.get(self.path)
                if answer is None:
                    self.send_error(404)
                elif callable(answer):
                    answer(self)
                else:
                    send(self, answer, len(answer))

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"


def send(handler: BaseHTTPRequestHandler, body: bytes, length: int) -> None:
    """Answer with ``body``, announced as ``length`` bytes."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetch, "RETRIES", 0)
    host = Host()
    yield host
    host.server.shutdown()
    host.server.server_close()


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes the set Tiny the only registered one, with some keys changed."""

    def write(**entry: object) -> None:
        common = {"home": "https://example.org", "licence": "free", "count": 3}
        path = tmp_path / "sources.yaml"
        path.write_text(yaml.safe_dump({"Tiny": common | entry}))
        sources._registry.cache_clear()
        monkeypatch.setattr(sources, "REGISTRY", path)

    yield write
    sources._registry.cache_clear()


def archive_entry(*downloads: dict[str, object], **more: object) -> dict[str, object]:
    return {"kind": "archive", "suffixes": [".png"], "folder": FOLDER, "downloads": list(downloads)} | more


def checksum(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()


def refusal(root: Path, folder: str | None = None, name: str = "Tiny") -> str:
    """Return the message with which the set is refused; nothing may be left that looks complete."""
    with pytest.raises(UserError) as caught:
        sources.ensure(name, folder, root)
    assert "\n" not in str(caught.value)
    assert not (root / "raw" / name).exists()
    return str(caught.value)


def own_folder(path: Path, names: str = "abc") -> str:
    path.mkdir()
    for seed, name in enumerate(names):
        (path / f"{name}.png").write_bytes(png(seed))
    return str(path)


PACKERS = [("a.zip", zipped), ("a.tar", tarred), ("a.tar.gz", lambda members: tarred(members, mode="w:gz"))]


@pytest.mark.parametrize(("file", "pack"), PACKERS, ids=[file for file, _ in PACKERS])
def test_archive_is_downloaded_checked_and_unpacked_once(
    tmp_path: Path, host: Host, register: Callable, file: str, pack: Callable
) -> None:
    host.answers[f"/{file}"] = body = pack(MEMBERS)
    register(**archive_entry({"url": host.url(f"/{file}"), "checksum": checksum(body), "bytes": len(body)}))
    files = sources.ensure("Tiny", None, tmp_path / "data")
    assert files == [tmp_path / "data/raw/Tiny" / name for name in ("a.png", "b.png", "c.png")]
    assert [path.read_bytes() for path in files] == [MEMBERS[f"{FOLDER}/{path.name}"] for path in files]
    assert sorted(path.name for path in files[0].parent.iterdir()) == ["a.png", "b.png", "c.png"]
    assert sources.ensure("Tiny", None, tmp_path / "data") == files
    assert host.requests == [f"/{file}"]


def test_archive_laid_down_by_hand_needs_no_request(tmp_path: Path, host: Host, register: Callable) -> None:
    body = zipped(MEMBERS)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": "md5:" + hashlib.md5(body).hexdigest()}))
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads/a.zip").write_bytes(body)
    assert len(sources.ensure("Tiny", None, tmp_path)) == 3
    assert host.requests == []


def test_wrong_checksum_names_both_and_removes_the_file(tmp_path: Path, host: Host, register: Callable) -> None:
    host.answers["/a.zip"] = body = zipped(MEMBERS)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(b"other")}))
    message = refusal(tmp_path)
    assert all(part in message for part in (host.url("/a.zip"), checksum(b"other"), hashlib.sha256(body).hexdigest()))
    assert "data.folders.Tiny" in message
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["a.zip.lock"]


def test_damaged_local_archive_is_fetched_again(tmp_path: Path, host: Host, register: Callable) -> None:
    host.answers["/a.zip"] = body = zipped(MEMBERS)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(body)}))
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads/a.zip").write_bytes(body[:-9])
    assert len(sources.ensure("Tiny", None, tmp_path)) == 3
    assert (tmp_path / "downloads/a.zip").read_bytes() == body


def test_mirror_with_another_layout_takes_over(tmp_path: Path, host: Host, register: Callable) -> None:
    host.answers["/mirror/b.tar"] = body = tarred({f"other/{name}.png": png(1) for name in "xyz"})
    dead = {"url": host.url("/a.zip"), "checksum": checksum(b"")}
    register(**archive_entry(dead, {"url": host.url("/mirror/b.tar"), "checksum": checksum(body), "folder": "other"}))
    assert [path.stem for path in sources.ensure("Tiny", None, tmp_path)] == ["x", "y", "z"]
    assert host.requests == ["/a.zip", "/mirror/b.tar"]


def test_every_dead_address_is_named(tmp_path: Path, host: Host, register: Callable) -> None:
    nobody = "http://127.0.0.1:9/a.zip"
    missing = {"url": host.url("/a.zip"), "checksum": checksum(b"")}
    register(**archive_entry({"url": nobody, "checksum": checksum(b"")}, missing))
    message = refusal(tmp_path)
    assert f"{nobody}: connection failed" in message
    assert f"{host.url('/a.zip')}: HTTP status 404" in message
    assert "data.folders.Tiny" in message


def test_reset_connection_is_tried_again(
    tmp_path: Path, host: Host, register: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = zipped(MEMBERS)

    def reset_once(handler: BaseHTTPRequestHandler) -> None:
        host.answers["/a.zip"] = body
        handler.connection.close()

    host.answers["/a.zip"] = reset_once
    monkeypatch.setattr(fetch, "RETRIES", 1)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(body)}))
    assert len(sources.ensure("Tiny", None, tmp_path)) == 3
    assert len(host.requests) == 2


@pytest.mark.parametrize("known", ["published", "unpublished"])
def test_truncated_transfer_is_refused(tmp_path: Path, host: Host, register: Callable, known: str) -> None:
    body = zipped(MEMBERS)
    host.answers["/a.zip"] = lambda handler: send(handler, body[:-50], len(body))
    register(
        **archive_entry({"url": host.url("/a.zip"), "checksum": checksum(body) if known == "published" else known})
    )
    assert host.url("/a.zip") in refusal(tmp_path)
    assert not (tmp_path / "downloads/a.zip").exists()


def test_silent_server_times_out(
    tmp_path: Path, host: Host, register: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = threading.Event()
    host.answers["/a.zip"] = lambda handler: patience.wait(5)
    monkeypatch.setattr(fetch, "TIMEOUT", 0.2)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(b"")}))
    message = refusal(tmp_path)
    patience.set()
    assert "timed out after 0.2 s" in message
    assert "data.folders.Tiny" in message


def test_archive_that_does_not_fit_is_not_begun(tmp_path: Path, host: Host, register: Callable) -> None:
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(b""), "bytes": 10**18}))
    assert "1000000000.0 GB do not fit" in refusal(tmp_path)
    assert host.requests == []


def test_root_that_cannot_be_made_is_named(tmp_path: Path, host: Host, register: Callable) -> None:
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(b"")}))
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"Tiny: .*file.*data\.folders\.Tiny"):
        sources.ensure("Tiny", None, tmp_path / "file")


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("name", ["../evil.png", "/evil.png", f"{FOLDER}/../../../evil.png"])
def test_member_that_points_outside_is_refused(
    tmp_path: Path, host: Host, register: Callable, pack: Callable, name: str
) -> None:
    host.answers["/a"] = body = pack(MEMBERS | {name: png(0)})
    register(**archive_entry({"url": host.url("/a"), "checksum": checksum(body)}))
    assert f"{name!r} points outside" in refusal(tmp_path / "data")
    assert not list(tmp_path.rglob("evil.png"))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_link_among_the_images_is_refused(tmp_path: Path, host: Host, register: Callable, pack: Callable) -> None:
    host.answers["/a"] = body = pack(MEMBERS, link=f"{FOLDER}/link.png")
    register(**archive_entry({"url": host.url("/a"), "checksum": checksum(body)}))
    assert f"'{FOLDER}/link.png' is a link" in refusal(tmp_path)


def test_archive_without_the_folder_is_refused(tmp_path: Path, host: Host, register: Callable) -> None:
    host.answers["/a.zip"] = body = zipped({"elsewhere/a.png": png(0)})
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(body)}))
    assert f"no .png file in {FOLDER}/" in refusal(tmp_path)


def test_web_page_in_place_of_an_archive_is_refused_and_not_kept(
    tmp_path: Path, host: Host, register: Callable
) -> None:
    host.answers["/a.zip"] = b"<html>please log in</html>"
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": "unpublished"}))
    assert "web page" in refusal(tmp_path)
    host.answers["/a.zip"] = zipped(MEMBERS)
    assert len(sources.ensure("Tiny", None, tmp_path)) == 3


def test_kill_in_mid_unpack_leaves_nothing_that_looks_complete(
    tmp_path: Path, host: Host, register: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.answers["/a.zip"] = body = zipped(MEMBERS)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(body)}))
    raw = tmp_path / "raw"
    with monkeypatch.context() as killed:
        copied = []

        def copy_then_die(*arguments: object) -> None:
            if copied:
                # A kill runs no clean-up either.
                killed.setattr(sources.shutil, "rmtree", lambda *_, **__: None)
                raise KeyboardInterrupt
            copied.append(original(*arguments))

        original = fetch._copy
        killed.setattr(fetch, "_copy", copy_then_die)
        with pytest.raises(KeyboardInterrupt):
            sources.ensure("Tiny", None, tmp_path)
    assert len(list((raw / ".Tiny.partial").iterdir())) == 1
    assert not (raw / "Tiny").exists()
    assert [path.name for path in sources.ensure("Tiny", None, tmp_path)] == ["a.png", "b.png", "c.png"]
    assert not (raw / ".Tiny.partial").exists()
    assert len(host.requests) == 1


def test_two_at_once_download_once(tmp_path: Path, host: Host, register: Callable) -> None:
    host.answers["/a.zip"] = body = zipped(MEMBERS)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(body)}))
    found: list[list[Path]] = []
    both = [threading.Thread(target=lambda: found.append(sources.ensure("Tiny", None, tmp_path))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(found) == 2
    assert found[0] == found[1]
    assert host.requests == ["/a.zip"]


def test_wrong_count_in_an_archive_is_refused(tmp_path: Path, host: Host, register: Callable) -> None:
    host.answers["/a.zip"] = body = zipped(MEMBERS)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(body)}, count=4, pitfall="a trap"))
    assert "found 3 images, expected 4 (a trap)" in refusal(tmp_path)


@pytest.mark.parametrize(("content", "reason"), [(b"", "empty"), (png(0)[:-30], "not a readable image")])
def test_bad_image_in_an_archive_is_refused(
    tmp_path: Path, host: Host, register: Callable, content: bytes, reason: str
) -> None:
    host.answers["/a.zip"] = body = zipped(MEMBERS | {f"{FOLDER}/a.png": content})
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(body)}))
    message = refusal(tmp_path)
    assert "Tiny/a.png" in message
    assert reason in message


def test_unpacked_file_that_is_lost_later_is_noticed(tmp_path: Path, host: Host, register: Callable) -> None:
    host.answers["/a.zip"] = body = zipped(MEMBERS)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(body)}))
    sources.ensure("Tiny", None, tmp_path)[0].unlink()
    with pytest.raises(UserError, match="found 2 images, expected 3.*Delete .*Tiny to fetch it again"):
        sources.ensure("Tiny", None, tmp_path)


def test_unpublished_checksum_is_recorded_in_the_manifest(tmp_path: Path, host: Host, register: Callable) -> None:
    host.answers["/a.zip"] = body = zipped(MEMBERS)
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": "unpublished"}))
    facts = sources.manifest("Tiny", sources.ensure("Tiny", None, tmp_path))
    assert facts["archive"] == {"url": host.url("/a.zip"), "sha256": hashlib.sha256(body).hexdigest()}


def test_manifest_describes_the_images_and_no_machine(tmp_path: Path, register: Callable) -> None:
    register(kind="manual", instructions="Ask")
    facts = sources.manifest("Tiny", sources.ensure("Tiny", own_folder(tmp_path / "mine")))
    assert list(facts) == ["set", "count", "licence", "digest", "images"]
    named = {"name": "b", "file": "b.png", "bytes": len(png(1)), "sha256": hashlib.sha256(png(1)).hexdigest()}
    assert facts["images"][1] == named | {"height": 6, "width": 6}
    assert sources.manifest("Tiny", sources.ensure("Tiny", own_folder(tmp_path / "yours"))) == facts
    assert str(tmp_path) not in json.dumps(facts)


def test_digest_ignores_the_container_but_not_pixels_names_or_shape(tmp_path: Path) -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)

    def digest(file: str, image: np.ndarray) -> str:
        Image.fromarray(image).save(tmp_path / file)
        return sources.content_digest([tmp_path / file])

    original = digest("a.png", pixels)
    assert digest("a.bmp", pixels) == original
    changed = [digest("b.png", pixels), digest("a.tif", pixels ^ 1), digest("a.tiff", pixels.reshape(4, 2, 3))]
    assert len({original, *changed}) == 4


def test_changed_image_changes_the_digest_within_one_process(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(1))
    before = sources.content_digest([tmp_path / "a.png"])
    (tmp_path / "a.png").write_bytes(png(2))
    assert sources.content_digest([tmp_path / "a.png"]) != before


def test_own_folder_is_read_in_place(tmp_path: Path, host: Host, register: Callable) -> None:
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(b"")}))
    files = sources.ensure("Tiny", own_folder(tmp_path / "mine"), tmp_path / "data")
    assert files == [tmp_path / "mine" / name for name in ("a.png", "b.png", "c.png")]
    assert host.requests == []
    assert not (tmp_path / "data").exists()


def test_own_folder_with_wrong_count_is_refused(tmp_path: Path, register: Callable) -> None:
    register(kind="manual", instructions="Ask")
    message = refusal(tmp_path, own_folder(tmp_path / "mine", "ab"))
    assert "found 2 images, expected 3" in message
    assert "data.folders.Tiny" in message


def test_own_folder_with_other_pixels_is_refused(tmp_path: Path, register: Callable) -> None:
    mine = own_folder(tmp_path / "mine")
    right = sources.content_digest(sorted(Path(mine).iterdir()))
    register(kind="manual", instructions="Ask", digest=right)
    assert len(sources.ensure("Tiny", mine)) == 3
    (tmp_path / "mine/b.png").write_bytes(png(9))
    assert f"not {right}); results would not be comparable" in refusal(tmp_path, mine)


def test_two_images_of_one_name_are_refused(tmp_path: Path, register: Callable) -> None:
    register(kind="manual", instructions="Ask")
    mine = own_folder(tmp_path / "mine", "ab")
    Image.open(tmp_path / "mine/a.png").save(tmp_path / "mine/a.bmp")
    assert "two images are called 'a'" in refusal(tmp_path, mine)


def test_manual_set_without_a_folder_says_how_to_get_it(tmp_path: Path, register: Callable) -> None:
    register(kind="manual", instructions="Apply at the desk")
    message = refusal(tmp_path)
    assert "Apply at the desk." in message
    assert "Set data.folders.Tiny" in message


def test_unknown_set_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match=r"DIVK2: unknown data set; did you mean 'DIV2K'\? Known sets: DIV2K, "):
        sources.source("DIVK2")


@pytest.mark.parametrize(
    ("change", "where"),
    [({"surprise": 1}, "surprise"), ({"count": 0}, "Tiny.count"), ({"kind": "cloud"}, "Tiny.kind")],
)
def test_registry_is_closed(register: Callable, change: dict, where: str) -> None:
    register(**{"kind": "manual", "instructions": "Ask"} | change)
    with pytest.raises(UserError, match=where):
        sources.names()


def test_every_registered_set_agrees_with_itself() -> None:
    assert {"DIV2K", "Flickr2K", "Set5", "Set14", "B100", "Urban100", "Manga109"} <= set(sources.names())
    for known in map(sources.source, sources.names()):
        assert known.kind != "package" or len(known.files) == known.count
        assert known.kind != "archive" or known.downloads[0].checksum, "the publisher's own archive can be verified"


def test_embedded_photographs_come_in_the_registered_order() -> None:
    train, test = sources.ensure("EmbeddedTrain", None), sources.ensure("EmbeddedTest", None)
    held_out = ["coffee", "ihc"]
    textures = ["brick", "gravel", "grass"]
    first = ["motorcycle_left", "motorcycle_right", "retina", "hubble_deep_field"]
    assert [path.stem for path in train] == first + textures + held_out
    assert [path.stem for path in test] == ["astronaut", "chelsea", "rocket"]
    facts = sources.manifest("EmbeddedTrain", train)
    assert facts["count"] == 9
    assert facts["images"][-1]["name"] == "ihc"


def test_embedded_set_takes_no_folder(tmp_path: Path) -> None:
    assert "Remove data.folders.EmbeddedTest" in refusal(tmp_path, str(tmp_path), "EmbeddedTest")


def test_other_release_of_the_package_is_refused(tmp_path: Path, register: Callable) -> None:
    package = {"kind": "package", "package": "skimage.data", "requirement": "scikit-image==0.26.0", "count": 1}
    register(**package, files={"coffee.png": "0" * 64})
    assert "coffee.png: missing or not the one of scikit-image==0.26.0" in refusal(tmp_path)
    register(**package | {"package": "no_such_package"}, files={"coffee.png": "0" * 64})
    assert "Install scikit-image==0.26.0" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["Set5", "Set14", "B100"])
def test_benchmark_images_have_the_registered_digest(name: str) -> None:
    folder = BENCHMARKS / name / "HR"
    if not folder.is_dir():
        pytest.skip(f"no copy of {name} in ../shared/datasets beside the repository")
    expected = {"Set5": "d5bd0f6c", "Set14": "14dc812a", "B100": "a3f0f923"}[name]
    files = sources.ensure(name, str(folder))
    assert sources.manifest(name, files)["digest"].startswith(expected)


def test_fetch_writes_the_manifest(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    parser = argparse.ArgumentParser()
    fetch_verb.add_arguments(parser)
    out = tmp_path / "manifest.json"
    params = str(ROOT / "params.yaml")
    extra = fetch_verb.run(parser.parse_args(["EmbeddedTest", "--params", params, "--out", str(out)]))
    facts = json.loads(out.read_text())
    assert extra == {"data_digest": facts["digest"]}
    assert facts["set"] == "EmbeddedTest"
    assert capsys.readouterr().out == f"EmbeddedTest: 3 images, digest {facts['digest']}, licence: {facts['licence']}\n"


def test_a_set_of_the_users_own_is_its_files(tmp_path: Path) -> None:
    """Snakemake compares this: another image, or another folder with other images, must be seen; a clone has none."""
    folder, records = own_folder(tmp_path / "mine"), tmp_path / "manifests"
    here = identity("MyPhotos", folder, records)
    assert identity("MyPhotos", own_folder(tmp_path / "moved"), records) == here
    write_json(records / "MyPhotos.json", sources.manifest("MyPhotos", sources.ensure("MyPhotos", folder), folder))
    assert identity("MyPhotos", tmp_path / "gone", records) == here
    (Path(folder) / "more.png").write_bytes(png(9))
    assert identity("MyPhotos", folder, records) != here


def test_where_a_registered_set_lies_does_not_matter(tmp_path: Path) -> None:
    assert identity("Set5", None) == identity("Set5", tmp_path)
