"""Data sets for tests: a web server that publishes archives, a registry of one set, folders of images."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from sr.core.errors import UserError
from sr.data import archives, sources
from sr.data.formats import Manifest
from sr.stages.fetch import fetch
from tests.helpers.archives import FOLDER, png


class Host:
    """A web server on 127.0.0.1: ``answers`` by path, either bytes or a function that sends the whole answer."""

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

    def publish(self, path: str, body: bytes) -> dict[str, object]:
        """Answer ``path`` with an archive; return its entry of ``downloads``."""
        self.answers[path] = body
        return {"url": self.url(path), "checksum": checksum(body)}


def send(handler: BaseHTTPRequestHandler, body: bytes, length: int) -> None:
    """Answer with ``body``, announced as ``length`` bytes."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(archives, "RETRIES", 0)
    host = Host()
    yield host
    host.server.shutdown()
    host.server.server_close()


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return a function that makes the set Tiny the only registered one, with some keys changed."""

    def write(**entry: object) -> None:
        common = {"home": "https://example.org", "licence": "free", "count": 3}
        path = tmp_path / "sources.yaml"
        path.write_text(yaml.safe_dump({"Tiny": common | entry}))
        sources.registry.cache_clear()
        monkeypatch.setattr(sources, "REGISTRY", path)

    yield write
    sources.registry.cache_clear()


def archive_entry(*downloads: dict[str, object], **more: object) -> dict[str, object]:
    return {"kind": "archive", "suffixes": [".png"], "folder": FOLDER, "downloads": list(downloads)} | more


def checksum(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()


def outputs(root: Path) -> tuple[str, str]:
    """Return the manifest and the packed images that ``fetched`` writes."""
    out = root.parent / f"{root.name}.out"
    return str(out / "manifest.json"), str(out / "hr.npy")


def fetched(root: Path, folder: str | None = None, name: str = "Tiny") -> Manifest:
    """Fetch a set with downloads under ``root``; return its manifest."""
    return fetch(name, folder, str(root), *outputs(root))


def files(manifest: Manifest) -> list[str]:
    return [image.file for image in manifest.images]


def rejection(root: Path, folder: str | None = None, name: str = "Tiny") -> str:
    """Return the message with which a set is rejected; nothing may remain that looks complete."""
    with pytest.raises(UserError) as caught:
        fetched(root, folder, name)
    assert "\n" not in str(caught.value)
    assert not (root / "raw" / name).exists()
    assert not any(Path(path).exists() for path in outputs(root))
    return str(caught.value)


def own_folder(path: Path, names: str = "abc") -> str:
    """Make a folder with one image per letter of ``names``."""
    path.mkdir()
    for seed, name in enumerate(names):
        (path / f"{name}.png").write_bytes(png(seed))
    return str(path)
