"""Pictures in and out: whatever a file is, its kind, alpha, profile, EXIF and resolution survive or are spoken of."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from sr.core.errors import UserError
from sr.use.pictures import Picture, read_picture, write_picture

RGB = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXACT = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# Mode of the file: (suffixes that hold it, is it gray, has it alpha).
MODES = {
    "1": ((".png", ".bmp", ".tif"), True, False),
    "L": ((".png", ".bmp", ".tif", ".webp", ".jpg"), True, False),
    "LA": ((".png", ".tif"), True, True),
    "P": ((".png", ".bmp", ".tif", ".gif"), False, False),
    "RGB": ((".png", ".bmp", ".tif", ".webp", ".jpg"), False, False),
    "RGBA": ((".png", ".tif", ".webp"), False, True),
}


def refusal(path: Path, **options: int) -> str:
    with pytest.raises(UserError) as caught:
        read_picture(path, **options)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@EXACT
@given(st.sampled_from(sorted(MODES)), st.integers(1, 40), st.integers(1, 40), st.integers(0, 9), st.data())
def test_every_mode_and_size_is_read_as_what_it_is(
    tmp_path: Path, mode: str, width: int, height: int, seed: int, data: st.DataObject
) -> None:
    suffixes, gray, alpha = MODES[mode]
    suffix = data.draw(st.sampled_from(suffixes))
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    image = Image.fromarray(pixels).convert(mode) if mode != "P" else Image.fromarray(pixels[..., :3]).quantize(8)
    if alpha:
        image.putalpha(Image.fromarray(pixels[..., 3]))
    path = tmp_path / f"a{suffix}"
    image.save(path, **({"lossless": True, "exact": True} if suffix == ".webp" else {}))
    picture = read_picture(path)
    assert picture.rgb.shape == (height, width, 3)
    # WebP has no gray mode: what was gray comes back as colour.
    assert picture.gray == (gray and suffix != ".webp")
    if gray and suffix != ".webp":
        assert (picture.rgb == picture.rgb[..., :1]).all()
    assert (picture.alpha is not None) == alpha or (pixels[..., 3] == 255).all()
    if picture.alpha is not None:
        assert np.array_equal(picture.alpha, pixels[..., 3])
    if mode in ("RGB", "RGBA") and suffix != ".jpg":
        assert np.array_equal(picture.rgb, pixels[..., :3])


@EXACT
@given(st.sampled_from([".png", ".tif", ".webp", ".bmp", ".jpg"]), st.booleans(), st.booleans(), st.integers(1, 20))
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str, gray: bool, alpha: bool, side: int) -> None:
    rgb = np.repeat(np.resize(RGB, (side, 6, 1)), 3, 2) if gray else np.resize(RGB, (side, 6, 3))
    mask = np.resize(RGB[..., 0], (side, 6)) if alpha else None
    path = tmp_path / f"a{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_picture(path, Picture(rgb, mask, gray))
    again = read_picture(path)
    assert again.rgb.shape == rgb.shape
    assert again.gray == (gray and suffix != ".webp")
    if suffix in (".png", ".tif"):
        assert np.array_equal(again.rgb, rgb)
        assert mask is None or np.array_equal(again.alpha, mask)
    else:
        assert again.alpha is None or suffix == ".webp"


def test_palette_with_transparency_becomes_rgba(tmp_path: Path) -> None:
    image = Image.fromarray(RGB).quantize(4)
    image.save(tmp_path / "a.png", transparency=0)
    picture = read_picture(tmp_path / "a.png")
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha == 0, np.array(image) == 0)


def test_one_transparent_colour_becomes_alpha(tmp_path: Path) -> None:
    pixels = np.array([[10, 20], [30, 10]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "gray.png", transparency=10)
    picture = read_picture(tmp_path / "gray.png")
    assert picture.gray
    assert picture.alpha.tolist() == [[0, 255], [255, 0]]
    Image.fromarray(RGB).save(tmp_path / "rgb.png", transparency=tuple(int(v) for v in RGB[0, 0]))
    assert read_picture(tmp_path / "rgb.png").alpha[0, 0] == 0


def test_cmyk_becomes_rgb_with_a_warning(tmp_path: Path) -> None:
    red = Image.new("RGB", (8, 8), (255, 0, 0)).convert("CMYK")
    red.save(tmp_path / "a.tif", icc_profile=b"no profile at all")
    with pytest.warns(UserWarning, match=r"a\.tif: CMYK; the result is RGB"):
        picture = read_picture(tmp_path / "a.tif")
    assert (picture.rgb == (255, 0, 0)).all()
    assert "icc_profile" not in picture.extras


def test_samples_that_are_not_8_or_16_bit_colours_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "cmyk.tif", np.full((8, 8, 4), 40000, np.uint16), photometric="separated")
    assert "16 bits a channel, but networks take 8-bit" in refusal(tmp_path / "cmyk.tif")
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "f.tif")
    assert "32 bits a channel" in refusal(tmp_path / "f.tif")


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tif"])
def test_of_an_animation_the_first_frame_is_taken(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "lime", "blue")]
    path = tmp_path / f"a{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with pytest.warns(UserWarning, match="has 3 frames or pages; only the first is enlarged"):
        picture = read_picture(path)
    assert np.abs(picture.rgb.astype(int) - (255, 0, 0)).max() <= 2


def exif_of(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = "somebody"
    exif[ExifTags.Base.ImageWidth] = 7
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.ExposureTime] = 0.5
    details[ExifTags.Base.ExifImageWidth] = 7
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    return exif.tobytes()


@pytest.mark.parametrize("target", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("source", [".jpg", ".png", ".webp", ".tif"])
def test_exif_profile_and_resolution_are_kept(tmp_path: Path, source: str, target: str) -> None:
    before, after = tmp_path / f"a{source}", tmp_path / f"b{target}"
    options = {"lossless": True} if source == ".webp" else {}
    Image.fromarray(RGB).save(before, exif=exif_of(6), icc_profile=SRGB, dpi=(300, 300), **options)
    picture = read_picture(before)
    assert picture.rgb.shape == (7, 5, 3)
    if source != ".jpg":
        assert np.array_equal(picture.rgb, np.rot90(RGB, -1))
    write_picture(after, picture)
    with Image.open(after) as image:
        exif = image.getexif()
        assert image.size == (5, 7)
        assert exif.get(ExifTags.Base.Orientation, 1) == 1
        assert exif[ExifTags.Base.Artist] == "somebody"
        details = exif.get_ifd(ExifTags.IFD.Exif)
        assert details[ExifTags.Base.ExposureTime] == 0.5
        assert ExifTags.Base.ExifImageWidth not in details
        assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
        assert image.info["icc_profile"] == SRGB
        if ".webp" not in (source, target):
            assert [round(float(v)) for v in image.info["dpi"]] == [300, 300]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(tmp_path: Path, orientation: int) -> None:
    from PIL import ImageOps

    Image.fromarray(RGB).save(tmp_path / "a.png", exif=exif_of(orientation))
    with Image.open(tmp_path / "a.png") as image:
        expected = np.array(ImageOps.exif_transpose(image))
    assert np.array_equal(read_picture(tmp_path / "a.png").rgb, expected)


def test_damaged_exif_is_left_out_with_a_warning(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "a.png", exif=b"Exif\0\0garbage that is no EXIF")
    with pytest.warns(UserWarning, match="damaged EXIF data; left out"):
        picture = read_picture(tmp_path / "a.png")
    assert np.array_equal(picture.rgb, RGB)
    assert "exif" not in picture.extras


def test_exif_too_long_for_jpeg_is_left_out_with_a_warning(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "x" * 70_000
    with pytest.warns(UserWarning, match="too long for JPEG; left out"):
        write_picture(tmp_path / "a.jpg", Picture(RGB, extras={"exif": exif.tobytes()}))
    assert (tmp_path / "a.jpg").is_file()


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
@pytest.mark.parametrize("gray", [True, False])
def test_alpha_is_flattened_onto_white_with_a_warning(tmp_path: Path, suffix: str, gray: bool) -> None:
    alpha = np.zeros((16, 16), np.uint8)
    alpha[8:] = 255
    black = Picture(np.zeros((16, 16, 3), np.uint8), alpha, gray)
    with pytest.warns(UserWarning, match="has no alpha channel; flattened onto white"):
        write_picture(tmp_path / f"a{suffix}", black)
    result = np.array(Image.open(tmp_path / f"a{suffix}").convert("L"))
    assert result[:8].min() >= 253
    assert result[8:].max() <= 2


def test_opaque_alpha_is_dropped_in_silence(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_picture(tmp_path / "a.jpg", Picture(RGB, np.full((5, 7), 255, np.uint8)))


def test_the_encoders_take_the_sides_that_are_allowed(tmp_path: Path) -> None:
    for name, side in (("a.webp", 16_383), ("a.jpg", 65_500)):
        write_picture(tmp_path / name, Picture(np.zeros((1, side, 3), np.uint8)))
        assert Image.open(tmp_path / name).size == (side, 1)


def test_jpeg_has_quality_95_and_full_colour(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.jpg", Picture(np.tile(RGB, (8, 8, 1))))
    Image.fromarray(np.tile(RGB, (8, 8, 1))).save(tmp_path / "b.jpg", quality=95, subsampling=0)
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


def test_too_many_pixels_are_refused_and_the_limit_can_be_raised(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (30, 20)).save(path)
    before = Image.MAX_IMAGE_PIXELS
    for limit in (599, 100):
        assert f"more than {limit} pixels. If you trust the file, raise the limit with --max-pixels" in refusal(
            path, max_pixels=limit
        )
    assert read_picture(path, max_pixels=600).rgb.shape == (20, 30, 3)
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n broken", b"%PDF-1.4"])
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert "image" in refusal(tmp_path / "a.png")


def test_an_image_too_large_for_its_format_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.webp: 16500x1, but webp holds sides up to 16383 pixels\. Use \.png"):
        write_picture(tmp_path / "a.webp", Picture(np.zeros((1, 16500, 3), np.uint8)))
    assert list(tmp_path.iterdir()) == []


def test_unknown_output_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.xyz: no known image format for '\.xyz'\. Use \.png"):
        write_picture(tmp_path / "a.xyz", Picture(RGB))
