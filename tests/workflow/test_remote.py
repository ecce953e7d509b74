"""Data and two versions of checkpoints on an S3 remote: moto's server on loopback, DVC's own client."""

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from moto.server import ThreadedMotoServer

from tests.helpers.faults import Row, cached, differences, files, until
from tests.helpers.workspace import Workspace, duplicate, jobs

# `make test` has a remote in a folder (test_pipeline.py); `make test-faults` runs these.
pytestmark = [pytest.mark.pipeline, pytest.mark.thorough]

BUCKET = "shelf"
WEIGHTS = "results/weights/dlsr/x4.safetensors"


class Store:
    """An S3 server that can stop taking objects in the middle of a push."""

    def __init__(self) -> None:
        self.server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self.server.start()
        self.url = "http://{}:{}".format(*self.server.get_host_and_port())
        self.application = self.server._server.app
        self.server._server.app = self
        # How many more objects are taken before all others wait.
        self.room = 10**9
        self.waiting = 0
        self.free = threading.Event()
        self.lock = threading.Lock()
        self.session = requests.Session()
        self.session.trust_env = False
        # moto wants a signature, but does not check it.
        self.session.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/s3/aws4_request"
        assert self.session.put(f"{self.url}/{BUCKET}", timeout=60).status_code == 200

    def __call__(self, environ: dict, start_response: Callable) -> object:
        """Answer a request; a held one breaks off, as if the line had gone dead."""
        if environ["REQUEST_METHOD"] == "PUT":
            with self.lock:
                held = self.room <= 0
                self.room -= 1
                self.waiting += held
            if held:
                self.free.wait(300)
                raise ConnectionAbortedError
        return self.application(environ, start_response)

    def objects(self) -> dict[str, str]:
        """Return the digest of each object's content by its key."""
        page = self.session.get(f"{self.url}/{BUCKET}?list-type=2", timeout=60).text
        assert "<IsTruncated>false" in page
        return dict(re.findall(r'<Key>([^<]*)</Key>.*?<ETag>"?(?:&quot;)?(\w+)', page))

    def content(self, key: str) -> bytes:
        return self.session.get(f"{self.url}/{BUCKET}/{key}", timeout=60).content


def digest_of(key: str) -> str:
    """Return the digest that the name of an object promises."""
    return "".join(key.split("/")[-2:]).removesuffix(".dir")


def key_of(path: Path) -> str:
    """Return the key of an object of the cache."""
    return f"dvc/files/md5/{path.parent.name}/{path.name}"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Return an S3 server with an empty bucket, on a free port of loopback."""
    store = Store()
    yield store
    store.free.set()
    store.server.stop()


def with_keys(workspace: Workspace) -> Workspace:
    """Give a repository made-up credentials, and no way to others."""
    workspace.environment |= {
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }
    return workspace


def clone(workspace: Workspace, folder: Path) -> Workspace:
    workspace.run("git", "clone", "-q", str(workspace.path), str(folder / "clone"))
    return with_keys(Workspace(folder / "clone", folder))


@pytest.fixture(scope="module")
def versions(
    smoke_record: Workspace, store: Store, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Workspace, dict[str, dict[str, bytes]]]:
    """Return a repository with two recorded runs, and the final files of each by its commit."""
    workspace = with_keys(duplicate(smoke_record, tmp_path_factory.mktemp("versions")))
    for command in (
        "dvc remote add --default store s3://shelf/dvc",
        "dvc remote modify store region us-east-1",
        f"dvc remote modify store endpointurl {store.url}",
        "dvc remote modify store verify true",
    ):
        workspace.run(*command.split())
    found = {}
    for steps in (4, 5):
        if steps == 5:
            workspace.edit("params.yaml", "x4: 4\n", "x4: 5\n")
            assert jobs(workspace.run("dvc", "repro"))["retrain"] >= 1
        workspace.commit(f"Train x4 for {steps} steps")
        found[workspace.run("git", "rev-parse", "HEAD").strip()] = files(workspace)
    assert len({version[WEIGHTS] for version in found.values()}) == 2
    assert len({version["results/tables/dlsr_table2.csv"] for version in found.values()}) == 2
    return workspace, found


def test_a_killed_push_resumes(versions: tuple[Workspace, dict], store: Store, fault_table: list[Row]) -> None:
    """First of these tests: it brings everything to the remote."""
    workspace, _ = versions
    cache = {
        key_of(path) for path in (workspace.path / ".dvc" / "cache" / "files" / "md5").rglob("*") if path.is_file()
    }
    store.room = 7
    push = ["dvc", "push", "--all-commits", "--jobs", "2"]
    process = subprocess.Popen(push, cwd=workspace.path, env=workspace.environment, stdout=subprocess.DEVNULL)
    until(lambda: store.waiting or process.poll() is not None)
    process.kill()
    assert process.wait() == -9
    store.room = 10**9
    store.free.set()
    until(lambda: len(store.objects()) == 7)
    arrived = store.objects()
    assert set(arrived) < cache
    assert {key for key, digest in arrived.items() if digest != digest_of(key)} == set()
    for key in arrived:
        # A folder's list comes after its files, so that a list never arrives without them.
        entries = json.loads(store.content(key)) if key.endswith(".dir") else []
        missing = {f"dvc/files/md5/{entry['md5'][:2]}/{entry['md5'][2:]}" for entry in entries} - set(arrived)
        assert missing == set(), key
    assert "in sync" not in workspace.run("dvc", "status", "--cloud", "--all-commits")
    start = time.monotonic()
    assert f"{len(cache) - 7} files pushed" in workspace.run(*push)
    seconds = time.monotonic() - start
    objects = store.objects()
    assert set(objects) == cache
    assert {key for key, digest in objects.items() if digest != digest_of(key)} == set()
    assert "Everything is up to date" in workspace.run(*push)
    assert "in sync" in workspace.run("dvc", "status", "--cloud", "--all-commits")
    row = ("`dvc push` to S3 killed after 7 objects", "dvc status --cloud --all-commits", ("dvc push --all-commits",))
    fault_table.append(Row(*row, "only the missing objects are sent; all whole", seconds))


def test_every_commit_comes_back_in_a_fresh_clone(
    versions: tuple[Workspace, dict], store: Store, tmp_path: Path
) -> None:
    workspace, found = versions
    other = clone(workspace, tmp_path)
    for commit, expected in reversed(found.items()):
        other.run("git", "checkout", "-q", commit)
        other.run("dvc", "pull")
        assert differences(other, expected) == []
        assert "Data and pipelines are up to date" in other.run("dvc", "status")
        assert "Nothing to be done" in other.run("snakemake", "-n", "all")
        assert other.run("git", "status", "--porcelain") == ""


def test_checkout_of_an_older_commit_needs_no_remote(versions: tuple[Workspace, dict]) -> None:
    workspace, found = versions
    for commit in [*found, "main"]:
        workspace.run("git", "checkout", "-q", commit)
        workspace.run("dvc", "checkout")
        assert differences(workspace, found.get(commit, list(found.values())[-1])) == []
    assert "Nothing to be done" in workspace.run("snakemake", "-n", "all")


def test_a_wrong_object_on_the_remote_is_refused(
    versions: tuple[Workspace, dict], store: Store, tmp_path: Path, fault_table: list[Row]
) -> None:
    """Because of the remote's option verify; without it DVC takes any content for what the name says."""
    workspace, found = versions
    path = cached(workspace, "x4.safetensors")
    url = f"{store.url}/{BUCKET}/{key_of(path)}"
    assert store.session.put(url, data=b"garbage", timeout=60).status_code == 200
    other = clone(workspace, tmp_path)
    output = other.run("dvc", "pull", code=None)
    assert "failed" in output.lower()
    assert WEIGHTS not in files(other)
    # The owner's push does not look at objects that are there, nor, once it knows a folder's list, for those that lack.
    assert "Everything is up to date" in workspace.run("dvc", "push")
    start = time.monotonic()
    assert store.session.put(url, data=path.read_bytes(), timeout=60).status_code == 200
    other.run("dvc", "pull")
    assert differences(other, list(found.values())[-1]) == []
    commands = ("aws s3 cp .dvc/cache/files/md5/OBJECT s3://BUCKET/dvc/files/md5/OBJECT", "dvc pull")
    row = ("a wrong object on the S3 remote (option verify)", "dvc pull", commands)
    fault_table.append(Row(*row, "same bytes", time.monotonic() - start))
