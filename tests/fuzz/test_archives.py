"""Hostile and damaged archives: all images of the set are unpacked and nothing else, or one line of error."""

import gzip
import io
import shutil
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from sr.core.errors import UserError
from sr.data import retrieval
from sr.data.formats import Archive, Download
from sr.data.sources import Dataset
from sr.data.transfer import reject_downgrade
from tests.fuzz.fuzzing import fuzzed, outcome, scrambled
from tests.helpers.archives import FOLDER, MEMBERS, png, tarred, zipped

NAMES = [
    *(f"{FOLDER}/a.png", f"{FOLDER}/../../out.png", "../out.png", "/tmp/out.png", f"{FOLDER}/..", FOLDER, "", "."),
    *(f"{FOLDER}/..\\..\\out.png", "C:\\out.png", f"{FOLDER}/C:out.png", "\\\\host\\out.png", f"./{FOLDER}/d.png"),
    *(f"{FOLDER}//e.png", f"{FOLDER}/\n.png", f"{FOLDER}/\x1b[2J.png", f"{FOLDER}/{'n' * 300}.png", "x/" * 2000),
    *(f"{FOLDER}/.png", f"{FOLDER}/é.PNG", f"{FOLDER}/a.png/b.png", f"{FOLDER}/con.png", f"{FOLDER}/ .png"),
]
KINDS = [*"0123456SLKxgVA", "\0"]


@pytest.fixture
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "hostile.bin"


def ends_well(path: Path, content: bytes) -> Any:
    """Unpack as the pipeline does; return the outcome. Only the whole set may appear, below its own folder."""
    root = path.parent / "root"
    shutil.rmtree(root, ignore_errors=True)
    (root / "raw").mkdir(parents=True)
    path.write_bytes(content)
    item = Download(url="https://example.org/a", checksum="md5:" + "0" * 32)
    entry = Archive(
        kind="archive",
        home="https://example.org",
        licence="free",
        count=3,
        suffixes=[".png"],
        folder=FOLDER,
        downloads=[item],
    )
    target = root / "raw" / "Tiny"
    before = set(path.parent.iterdir())
    found = outcome(lambda: retrieval.unpack_atomically(Dataset("Tiny", entry, None), item, path, target), path)
    assert set(path.parent.iterdir()) == before
    assert {each.name for each in root.rglob("*")} - {"raw"} == (
        set() if isinstance(found, UserError) else {"Tiny", *(each.name for each in target.iterdir())}
    )
    for each in target.iterdir() if target.is_dir() else []:
        assert each.is_file()
        assert not each.is_symlink()
        assert each.name.isprintable()
    return found


@st.composite
def tar_files(draw: st.DrawFn) -> bytes:
    """Draw a tar archive of members with strange names, types, sizes and headers."""
    stream = io.BytesIO()
    form = draw(st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT]))
    with tarfile.open(fileobj=stream, mode=draw(st.sampled_from(["w", "w:gz", "w:bz2", "w:xz"])), format=form) as tar:
        for name in draw(st.lists(st.sampled_from(NAMES) | st.text(max_size=12), min_size=1, max_size=4)):
            info = tarfile.TarInfo(name)
            info.type = draw(st.sampled_from(KINDS)).encode()
            info.linkname = draw(st.sampled_from(NAMES))
            body = png(1)
            info.size = draw(st.sampled_from([len(body), 0, 10**6, 8**11 - 1]))
            if form == tarfile.PAX_FORMAT:
                keys = st.sampled_from(["size", "path", "linkpath", "GNU.sparse.size", "GNU.sparse.map", "hdrcharset"])
                values = st.sampled_from(["-512", "10", "9" * 30, "x", "0,1", *NAMES])
                info.pax_headers = draw(st.dictionaries(keys, values, max_size=2))
            try:
                tar.addfile(info, io.BytesIO(body.ljust(info.size if info.size < 10**7 else 0)))
            except (ValueError, OSError, UnicodeError):
                stream.write(body)
    return stream.getvalue()


@st.composite
def zip_files(draw: st.DrawFn) -> bytes:
    """Draw a zip archive of members with strange names and types."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name in draw(st.lists(st.sampled_from(NAMES) | st.text(max_size=12), min_size=1, max_size=4)):
            info = zipfile.ZipInfo(name.encode("utf-8", "replace").decode())
            kind = draw(st.sampled_from([0, stat.S_IFREG, stat.S_IFLNK, stat.S_IFCHR, stat.S_IFDIR, stat.S_IFIFO]))
            info.external_attr = (kind | 0o4777) << 16
            packed.writestr(info, png(1), draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])))
    return stream.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@fuzzed(80)
@given(st.one_of(tar_files(), zip_files()))
def test_hostile_members(tmp_path_factory: Any, content: bytes) -> None:
    ends_well(tmp_path_factory.getbasetemp() / "hostile.bin", content)


VALID = [zipped(MEMBERS), tarred(MEMBERS), *(tarred(MEMBERS, mode=f"w:{kind}") for kind in ("gz", "bz2", "xz"))]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@fuzzed(120)
@given(st.sampled_from([*VALID, zipped({f"{FOLDER}/a.png": VALID[0]})]).flatmap(scrambled))
def test_damaged_bytes(tmp_path_factory: Any, content: bytes) -> None:
    ends_well(tmp_path_factory.getbasetemp() / "hostile.bin", content)


def refused(path: Path, content: bytes) -> str:
    found = ends_well(path, content)
    assert isinstance(found, UserError)
    return str(found)


@pytest.mark.parametrize("name", [n for n in NAMES if "out.png" in n or "\n" in n or "\x1b" in n])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_members_that_point_outside(archive: Path, name: str, pack: Any) -> None:
    assert "points outside the archive" in refused(archive, pack({f"{FOLDER}/b.png": png(1), name: png(2)}))


def test_two_members_of_one_name(archive: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for _ in range(2):
            tar.addfile(tarfile.TarInfo(f"{FOLDER}/a.png"), io.BytesIO())
    assert "exists" in refused(archive, stream.getvalue())


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_zip_members_that_are_no_files(archive: Path, kind: int) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        info = zipfile.ZipInfo(f"{FOLDER}/a.png")
        info.external_attr = kind << 16
        packed.writestr(info, b"/etc/passwd")
    assert "is a link or a device" in refused(archive, stream.getvalue())


def test_a_bomb_of_zeros_is_refused(archive: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed, packed.open(f"{FOLDER}/a.png", "w") as member:
        for _ in range(100):
            member.write(bytes(2**20))
    assert "times its size" in refused(archive, stream.getvalue())


def huge(kind: bytes, size: int, pax: dict[str, str] | None = None) -> bytes:
    """Return a packed tar whose one header says ``size`` bytes, without those."""
    info = tarfile.TarInfo(f"{FOLDER}/a.png")
    info.type, info.size = kind, size
    info.pax_headers = pax or {}
    return gzip.compress(info.tobuf(tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT) + bytes(10 * 512))


@pytest.mark.parametrize("kind", [b"0", b"L", b"K", b"x", b"g"])
@pytest.mark.parametrize("size", [2**40, -512, -(2**40)])
def test_tar_with_absurd_sizes(archive: Path, kind: bytes, size: int) -> None:
    refused(archive, huge(kind, size))


@pytest.mark.parametrize("size", ["-512", "-1024", str(2**40)])
def test_tar_with_absurd_sizes_in_extended_headers(archive: Path, size: str) -> None:
    refused(archive, huge(b"0", 0, {"size": size}))


def test_names_of_gigabytes_are_not_read(archive: Path) -> None:
    block = tarfile.TarInfo("x")
    block.type, block.size = tarfile.XHDTYPE, 2**33
    packer, whole = zlib.compressobj(9, 8, 31), []
    whole.append(packer.compress(block.tobuf(tarfile.GNU_FORMAT)))
    piece = bytes(2**24)
    whole += [packer.compress(piece) for _ in range(16)]
    refused(archive, b"".join([*whole, packer.flush()]))


def test_downloads_stay_with_https() -> None:
    answer = requests.Response()
    answer.url, answer.status_code, answer.headers["Location"] = "https://a.org/x.zip", 302, "HTTP://b.org/x.zip"
    answer.raw = io.BytesIO()
    with pytest.raises(OSError, match="not https"):
        reject_downgrade(answer)
    answer.headers["Location"] = "https://cdn.b.org/x.zip"
    reject_downgrade(answer)
