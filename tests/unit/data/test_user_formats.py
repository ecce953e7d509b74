"""Formats that data sets refuse: 16 bits rounded to 8 exactly and with a line that says so, HEIC, and what is left."""

import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

from sr.cli.main import main
from sr.core.errors import UserError
from sr.data.images import read_rgb
from sr.data.user_formats import read_rgb_rounded
from sr.use.pictures import check_picture, read_picture
from tests.helpers.cli import refused
from tests.helpers.images import HEIC, HEIC_10, chunk, png16

RANDOM = np.random.default_rng(0)
ROUNDED = "16 bits a channel, rounded to 8"


def deep(channels: int) -> np.ndarray:
    """Return random samples and the extreme ones, uint16 (6, 7, channels)."""
    samples = RANDOM.integers(0, 65536, (6, 7, channels), dtype=np.uint16)
    samples[0, :6, 0] = (0, 128, 129, 65406, 65407, 65535)
    return samples


def rounded(samples: np.ndarray) -> np.ndarray:
    return np.round(samples / 257).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_16_bit_png_is_rounded(tmp_path: Path, channels: int) -> None:
    samples, path = deep(channels), tmp_path / "a.png"
    path.write_bytes(png16(samples))
    with pytest.warns(UserWarning, match=rf"a\.png: {ROUNDED}"):
        picture = read_picture(path)
    assert check_picture(path) == (6, 7)
    colours = samples[..., : 1 if channels < 3 else 3]
    assert np.array_equal(picture.rgb, np.broadcast_to(rounded(colours), (6, 7, 3)))
    assert picture.gray == (channels < 3)
    assert (picture.alpha is None) == (channels in (1, 3))
    if picture.alpha is not None:
        assert np.array_equal(picture.alpha, rounded(samples[..., -1]))
    with pytest.warns(UserWarning, match=ROUNDED) as caught:
        assert np.array_equal(read_rgb_rounded(path), picture.rgb)
    lines = [str(warning.message).removeprefix(f"{path}: ") for warning in caught]
    assert lines == [ROUNDED, *["alpha channel dropped"] * (channels in (2, 4))]


@pytest.mark.parametrize("channels", [1, 3])
def test_the_transparent_colour_of_a_16_bit_png_is_compared_in_16_bits(tmp_path: Path, channels: int) -> None:
    samples = deep(channels)
    samples[1, 1] = samples[0, 0] ^ 1  # the same once rounded
    transparent = chunk(b"tRNS", struct.pack(f">{channels}H", *samples[0, 0]))
    (tmp_path / "a.png").write_bytes(png16(samples, transparent))
    with pytest.warns(UserWarning, match=ROUNDED):
        alpha = read_picture(tmp_path / "a.png").alpha
    assert alpha is not None
    assert (alpha[0, 0], alpha[1, 1]) == (0, 255)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"compression": "zlib", "predictor": True}])
def test_a_16_bit_tiff_is_rounded(tmp_path: Path, channels: int, options: dict) -> None:
    samples = deep(channels)
    kind = {"photometric": "rgb"} if channels > 1 else {"photometric": "minisblack"}
    extra = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    tifffile.imwrite(tmp_path / "a.tif", samples if channels > 1 else samples[..., 0], **kind, **extra, **options)
    with pytest.warns(UserWarning, match=ROUNDED):
        picture = read_picture(tmp_path / "a.tif")
    assert np.array_equal(picture.rgb, np.broadcast_to(rounded(samples[..., :3]), (6, 7, 3)))


def test_metadata_of_a_16_bit_image_are_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.Artist] = 6, "somebody"
    for name in ("a.png", "a.tif"):
        pixels = Image.fromarray(deep(1)[..., 0])
        pixels.save(tmp_path / name, exif=exif.tobytes(), dpi=(300, 300), icc_profile=b"profile")
        with pytest.warns(UserWarning, match=ROUNDED):
            picture = read_picture(tmp_path / name)
        assert picture.rgb.shape == (7, 6, 3)
        restored = Image.Exif()
        restored.load(picture.extras["exif"])
        assert restored[ExifTags.Base.Artist] == "somebody"
        assert ExifTags.Base.Orientation not in restored
        assert picture.extras["icc_profile"] == b"profile"
        assert [round(value) for value in picture.extras["dpi"]] == [300, 300]


def test_data_sets_still_refuse_16_bits(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png16(deep(3)))
    with pytest.raises(UserError, match="16 bits per channel"):
        read_rgb(tmp_path / "a.png")


@pytest.mark.parametrize("reader", [read_picture, read_rgb_rounded])
def test_a_layout_that_cannot_be_rounded_exactly_is_refused(tmp_path: Path, reader) -> None:
    tifffile.imwrite(tmp_path / "a.tif", deep(4), photometric="separated")
    with pytest.raises(UserError, match="16 bits"):
        reader(tmp_path / "a.tif")
    (tmp_path / "a.png").write_bytes(png16(deep(3))[:70])
    with pytest.raises(UserError, match=r"a\.png: not a readable image"):
        reader(tmp_path / "a.png")


def test_a_heic_photograph_is_read_upright(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    path.write_bytes(HEIC)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = read_picture(path)
    assert check_picture(path) == picture.rgb.shape[:2] == (32, 24)
    rows = picture.rgb.astype(int).mean(axis=1)[:, 0]
    assert (np.diff(rows[::4]) > 20).all()
    assert picture.rgb[:, 0, 1].mean() > picture.rgb[:, -1, 1].mean() + 150
    assert b"somebody" in picture.extras["exif"]


def test_measurements_take_no_heic(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "a.png").write_bytes(HEIC)
    with pytest.raises(UserError, match="unknown format"):
        read_rgb_rounded(tmp_path / "a.png")
    (tmp_path / "a.heic").write_bytes(HEIC)
    line = refused(capsys, "downscale", tmp_path / "a.heic", tmp_path / "b.png", "--scale", "2")
    assert line.endswith("a.heic: HEIC is read by upscale only. Convert it to PNG")


def test_a_heic_file_of_10_bits_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(HEIC_10)
    with pytest.warns(UserWarning, match=r"a\.heic: 10 bits a channel, reduced to 8"):
        assert read_picture(tmp_path / "a.heic").rgb.shape == (24, 32, 3)


def test_a_damaged_heic_file_is_named(tmp_path: Path) -> None:
    for end in (60, len(HEIC) - 120):
        (tmp_path / "a.heic").write_bytes(HEIC[:end])
        with pytest.raises(UserError, match=r"a\.heic: not a readable image \(.+\)\. Check the file"):
            read_picture(tmp_path / "a.heic")


@pytest.mark.parametrize("reader", [read_picture, check_picture])
def test_heic_without_its_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    (tmp_path / "a.heic").write_bytes(HEIC)
    with pytest.raises(UserError, match=r"a\.heic: HEIC needs the package pi-heif\. Install it \(pip inst"):
        reader(tmp_path / "a.heic")


def test_the_limit_of_pixels_holds_for_heic_too(tmp_path: Path) -> None:
    for name, content in (("a.heic", HEIC), ("a.png", png16(deep(3)))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match="more than 40 pixels"):
            read_picture(tmp_path / name, max_pixels=40)


def test_verbs_say_that_they_rounded(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    samples = np.random.default_rng(1).integers(0, 65536, (40, 40, 3), dtype=np.uint16)
    for name, content in (("hr/a.png", png16(samples)), ("sr/a.png", png16(samples)), ("hr8/a.png", None)):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_bytes(content) if content else Image.fromarray(rounded(samples)).save(path)
    assert main(["downscale", str(tmp_path / "hr"), str(tmp_path / "lr"), "--scale", "2"]) == 0
    assert capsys.readouterr().err == f"warning: {tmp_path}/hr/a.png: {ROUNDED}\n"
    assert main(["downscale", str(tmp_path / "hr8"), str(tmp_path / "lr8"), "--scale", "2"]) == 0
    assert (tmp_path / "lr/a.png").read_bytes() == (tmp_path / "lr8/a.png").read_bytes()
    assert main(["score", str(tmp_path / "sr"), str(tmp_path / "hr8"), "--scale", "2"]) == 0
    captured = capsys.readouterr()
    assert captured.err == f"warning: {tmp_path}/sr/a.png: {ROUNDED}\n"
    assert "∞ dB / 1.0000" in captured.out
