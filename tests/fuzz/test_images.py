"""Damaged image files: pixels as uint8 (H, W, 3), or one line of error that names the file."""

import io
import shutil
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import EpsImagePlugin, Image

from sr.core.errors import UserError
from sr.data.images import read_rgb
from sr.use.pictures import Picture, read_picture, write_picture
from tests.fuzz.fuzzing import fuzzed, outcome, scrambled
from tests.helpers.images import HEIC, png16

PIXELS = np.random.default_rng(0).integers(0, 256, (13, 17, 3), np.uint8)
MODES = {
    "PNG": ("RGB", "RGBA", "L", "LA", "P", "1"),
    "JPEG": ("RGB", "L", "CMYK"),
    "TIFF": ("RGB", "RGBA", "L", "CMYK", "P", "1"),
    "BMP": ("RGB", "L", "P", "1"),
    "GIF": ("P", "L"),
    "WEBP": ("RGB", "RGBA"),
}
SUFFIX = {"PNG": ".png", "JPEG": ".jpg", "TIFF": ".tif", "BMP": ".bmp", "GIF": ".gif", "WEBP": ".webp"}


def encoded(kind: str, mode: str, **options: Any) -> bytes:
    """Return an image file with EXIF data, as cameras write them."""
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01 00:00:00"
    options |= {"exif": exif} if kind in ("PNG", "JPEG", "TIFF", "WEBP") else {}
    Image.fromarray(PIXELS).convert(mode).save(stream, kind, **options)
    return stream.getvalue()


VALID = {f"{kind}-{mode}": (SUFFIX[kind], encoded(kind, mode)) for kind, modes in MODES.items() for mode in modes}
VALID["TIFF-packed"] = ".tif", encoded("TIFF", "RGB", compression="tiff_lzw", dpi=(72, 72))
VALID["JPEG-progressive"] = ".jpg", encoded("JPEG", "RGB", progressive=True, dpi=(72, 72))
VALID["PNG-16"] = ".png", encoded("PNG", "I;16")
VALID["PNG-16-RGB"] = ".png", png16(PIXELS.astype(np.uint16) * 251)
VALID["TIFF-16"] = ".tif", encoded("TIFF", "I;16", compression="tiff_lzw")
VALID["HEIC"] = ".heic", HEIC


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    suffix, content = draw(st.sampled_from(sorted(VALID.values())))
    # One format under another's name, too.
    suffix = draw(st.sampled_from([suffix, suffix, suffix, *SUFFIX.values()]))
    return suffix, draw(scrambled(content))


@fuzzed(150)
@given(files())
def test_reader_of_data_sets(tmp_path_factory: Any, file: tuple[str, bytes]) -> None:
    path = tmp_path_factory.getbasetemp() / f"image{file[0]}"
    path.write_bytes(file[1])
    found = outcome(lambda: read_rgb(path), path)
    if not isinstance(found, UserError):
        assert found.dtype == np.uint8
        assert found.shape[2:] == (3,)
        assert found.size


@fuzzed(150)
@given(files(), st.sampled_from([".png", ".jpg", ".webp", ".tif", ".bmp"]))
def test_pictures_are_read_and_written(tmp_path_factory: Any, file: tuple[str, bytes], kind: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "pictures"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    path, result = folder / f"picture{file[0]}", folder / f"result{kind}"
    path.write_bytes(file[1])
    found = outcome(lambda: read_picture(path), path)
    if isinstance(found, Picture):
        assert found.rgb.dtype == np.uint8
        written = outcome(lambda: write_picture(result, found), result)
        assert isinstance(written, UserError) != result.exists()
    assert {each.name for each in folder.iterdir()} <= {path.name, result.name}


def crafted_png(width: int, height: int, depth: int = 8) -> bytes:
    """Return a PNG that says it is so large, with next to nothing inside."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("side", [20_000, 60_000, 2**31 - 1])
@pytest.mark.parametrize("read", [read_rgb, read_picture])
def test_image_that_unpacks_to_absurd_sizes_is_refused(tmp_path: Path, side: int, read: Any) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(crafted_png(side, side))
    assert "pixels" in str(outcome(lambda: read(path), path))


@pytest.mark.parametrize("read", [read_rgb, read_picture])
def test_second_page_without_a_size(tmp_path: Path, read: Any) -> None:
    content = bytearray(encoded("TIFF", "RGB"))
    (first,) = struct.unpack_from("<I", content, 4)
    (entries,) = struct.unpack_from("<H", content, first)
    struct.pack_into("<I", content, first + 2 + 12 * entries, len(content))
    path = tmp_path / "a.tif"
    path.write_bytes(content + bytes(6))
    outcome(lambda: read(path), path)


def test_no_program_is_run_for_an_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Pillow would run Ghostscript for this one, whatever the file's name says.
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_, **__: pytest.fail("Ghostscript was run"))
    path = tmp_path / "a.png"
    Image.fromarray(PIXELS).save(path, "EPS")
    for read in (read_rgb, read_picture):
        assert isinstance(outcome(lambda read=read: read(path), path), UserError)
