"""sr.data.images: every kind of image file becomes uint8 RGB, or one line that says why not."""

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

from sr.core.errors import UserError
from sr.data.images import image_files, read_rgb

GRAY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
RGB = np.random.default_rng(0).integers(0, 256, (3, 4, 3), dtype=np.uint8)


def save(path: Path, pixels: np.ndarray, mode: str | None = None) -> Path:
    """Write ``pixels`` to ``path``, converted to ``mode`` first."""
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path)
    return path


def refusal(path: Path) -> str:
    """Return the message with which ``path`` is rejected: one line that begins with the file."""
    with pytest.raises(UserError) as caught:
        read_rgb(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("ending", ["png", "bmp", "tif"])
def test_rgb_is_returned_as_it_is(tmp_path: Path, ending: str) -> None:
    image = read_rgb(save(tmp_path / f"a.{ending}", RGB))
    assert image.dtype == np.uint8
    assert np.array_equal(image, RGB)


def test_result_may_be_written_to(tmp_path: Path) -> None:
    image = read_rgb(save(tmp_path / "a.png", RGB))
    image[0, 0] = 7
    assert (image[0, 0] == 7).all()


def test_gray_fills_three_channels(tmp_path: Path) -> None:
    assert np.array_equal(read_rgb(save(tmp_path / "a.png", GRAY)), np.stack([GRAY] * 3, axis=2))


def test_bitmap_becomes_black_and_white(tmp_path: Path) -> None:
    image = read_rgb(save(tmp_path / "a.png", np.array([[0, 255], [255, 0]], np.uint8), "1"))
    assert image[:, :, 0].tolist() == [[0, 255], [255, 0]]
    assert image.shape == (2, 2, 3)


def test_palette_gives_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(RGB).quantize(12).save(path)
    assert Image.open(path).mode == "P"
    assert np.array_equal(read_rgb(path), RGB)


def test_cmyk_is_converted(tmp_path: Path) -> None:
    red = np.full((8, 8, 3), (255, 0, 0), np.uint8)
    with pytest.warns(UserWarning, match=r"a\.tif: converted from CMYK$"):
        assert np.array_equal(read_rgb(save(tmp_path / "a.tif", red, "CMYK")), red)


def remarks(path: Path) -> tuple[list[str], tuple[int, ...]]:
    """Return the warnings of reading ``path``, without its name, and the shape."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        shape = read_rgb(path).shape
    return [str(each.message).removeprefix(f"{path}: ") for each in caught], shape


@pytest.mark.parametrize(
    ("ending", "done"), [("jpg", "ignored"), ("png", "ignored"), ("webp", "ignored"), ("tif", "applied")]
)
def test_orientation_is_reported(tmp_path: Path, ending: str, done: str) -> None:
    path = tmp_path / f"a.{ending}"
    for orientation in (1, 6, 0):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        Image.fromarray(RGB).save(path, exif=exif)
        said, shape = remarks(path)
        assert said == ([f"EXIF orientation 6 {done}"] if orientation == 6 else [])
        assert shape == ((4, 3, 3) if (orientation, done) == (6, "applied") else RGB.shape)


@pytest.mark.parametrize("ending", ["gif", "png", "tif", "webp"])
def test_further_frames_are_reported(tmp_path: Path, ending: str) -> None:
    frames = [Image.fromarray(np.full((4, 4, 3), value, np.uint8)) for value in (0, 90, 200)]
    frames[0].save(tmp_path / f"a.{ending}", save_all=True, append_images=frames[1:])
    with pytest.warns(UserWarning, match=rf"a\.{ending}: 3 frames: only the first is used$"):
        assert (read_rgb(tmp_path / f"a.{ending}") == 0).all()


def test_damaged_exif_is_reported(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "a.png", exif=b"Exif\0\0garbage that is no EXIF")
    assert remarks(tmp_path / "a.png") == (["damaged EXIF data ignored"], RGB.shape)


@pytest.mark.parametrize(("mode", "expected"), [("RGBA", RGB), ("LA", np.stack([GRAY] * 3, axis=2))])
def test_alpha_is_dropped_with_a_warning(tmp_path: Path, mode: str, expected: np.ndarray) -> None:
    image = Image.fromarray(RGB if mode == "RGBA" else GRAY).convert(mode)
    image.putalpha(128)
    image.save(tmp_path / "a.png")
    with pytest.warns(UserWarning, match=r"a\.png: alpha channel dropped$"):
        assert np.array_equal(read_rgb(tmp_path / "a.png"), expected)


def test_opaque_image_gives_no_warning(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_rgb(save(tmp_path / "a.png", RGB))


def test_16_bit_gray_is_rejected(tmp_path: Path) -> None:
    assert "16 bits per channel" in refusal(save(tmp_path / "a.png", GRAY.astype(np.uint16) * 257))


def deep_png(pixels: np.ndarray) -> bytes:
    """Return uint16 (H, W, 3) as a PNG file, which Pillow reads but cannot write."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width, _ = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*parts) for parts in chunks)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_16_bit_colour_is_rejected_although_pillow_would_cut_it(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    pixels = np.full((8, 8, 3), 40000, np.uint16)
    if ending == "png":
        path.write_bytes(deep_png(pixels))
    else:
        tifffile.imwrite(path, pixels, photometric="rgb")
    assert Image.open(path).mode == "RGB"
    assert "16 bits per channel" in refusal(path)


def test_float_is_rejected(tmp_path: Path) -> None:
    assert "32 bits per channel" in refusal(save(tmp_path / "a.tif", GRAY.astype(np.float32)))


def test_empty_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    assert "empty" in refusal(tmp_path / "a.png")


def test_text_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("not an image")
    assert "not a readable image" in refusal(tmp_path / "a.png")


def test_missing_file_is_rejected(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "webp", "tif"])
@pytest.mark.parametrize("share", [0.05, 0.6])
def test_truncated_file_is_rejected(tmp_path: Path, ending: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = save(tmp_path / f"a.{ending}", noise)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refusal(path)


def test_decompression_bomb_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert "bomb" in refusal(path)


def test_image_files_come_by_name_without_hidden_and_foreign_files(tmp_path: Path) -> None:
    for name in ["b.PNG", "a.jpg", "c.Tiff", "10.png", "9.png", ".hidden.png", "notes.txt"]:
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in image_files(tmp_path)] == ["10.png", "9.png", "a.jpg", "b.PNG", "c.Tiff"]


@pytest.mark.parametrize("target", ["nowhere.png", "b.png"], ids=["dangling", "loop"])
def test_link_to_nothing_is_named(tmp_path: Path, target: str) -> None:
    save(tmp_path / "a.png", RGB)
    (tmp_path / "b.png").symlink_to(target)
    with pytest.raises(UserError, match=rf"b\.png: link to {target}: .*\. Restore the image, or remove its name"):
        image_files(tmp_path)
    (tmp_path / "b.png").unlink()
    (tmp_path / "b.png").symlink_to("a.png")
    assert len(image_files(tmp_path)) == 2


def test_folder_without_images_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match="no image"):
        image_files(tmp_path)


def test_missing_folder_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere: No such file or directory\. Give"):
        image_files(tmp_path / "nowhere")


def test_file_in_place_of_a_folder_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Not a directory"):
        image_files(save(tmp_path / "a.png", RGB))
