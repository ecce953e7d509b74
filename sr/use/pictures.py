"""Image files of users: colour or gray, with or without alpha, with EXIF, colour profile and resolution.

``sr.data.images`` reads only what a benchmark measures; here everything is kept for the result.
"""

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps

from sr.core.errors import UserError, reason_of
from sr.core.files import atomic_path
from sr.data.images import COLOUR_MODES, DECODE_ERRORS, FORMATS, GRAY_MODES, PNG_HEADER, SUFFIXES, bits_per_channel
from sr.data.user_formats import HEIC_SUFFIXES, as_8_bits, opened, reducible

READABLE = (*SUFFIXES, ".gif", *HEIC_SUFFIXES)
MAX_PIXELS = 89_478_485  # Pillow's own limit against decompression bombs
_NO_ALPHA = (".jpg", ".jpeg", ".bmp")
_OPTIONS: dict[str, dict[str, Any]] = {
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
    ".webp": {"quality": 95},
}
_HOLDS = {".bmp": ("dpi",), ".webp": ("exif", "icc_profile")}
_LONGEST = {".jpg": 65_500, ".jpeg": 65_500, ".webp": 16_383}  # side in pixels that the encoders support
_JPEG_EXIF_LIMIT = 65_533  # bytes of one JPEG segment
# Tags that describe the old file's pixels and their layout; the orientation has been applied.
_LAYOUT = {
    *range(0x00FE, 0x0108),
    *(0x0111, 0x0112, 0x0115, 0x0116, 0x0117, 0x0118, 0x0119, 0x011C, 0x013D, 0x0140, 0x0142, 0x0143, 0x0144, 0x0145),
    *(0x0152, 0x0153, 0x015B, 0x0201, 0x0202, 0x0211, 0x0212, 0x0213, 0x8773),
}
_SIZES = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight)


@dataclass(frozen=True)
class Picture:
    """An image to enlarge: ``rgb`` uint8 (H, W, 3); ``alpha`` uint8 (H, W) or None; ``gray`` if the file was gray.

    ``extras``: arguments of Pillow's ``save``: exif (bytes), icc_profile (bytes) and dpi (pair of numbers), if known.
    """

    rgb: np.ndarray
    alpha: np.ndarray | None = None
    gray: bool = False
    extras: dict[str, Any] = field(default_factory=dict)


def read_picture(path: str | os.PathLike, max_pixels: int = MAX_PIXELS) -> Picture:
    """Return the picture in a file, turned upright by its EXIF orientation.

    Warns where something is lost: frames after the first, CMYK, more than 8 bits a channel. Raise UserError for a file
    that is not an image, damaged, larger than ``max_pixels``, or deeper than 16 bits.
    """
    path = Path(path)
    with _errors(path, max_pixels):
        content = as_8_bits(path.read_bytes(), path)
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            frames = getattr(image, "n_frames", 1)
            image.load()
            bits = bits_per_channel(image, content[:PNG_HEADER])
            upright, extras = _upright(path, image)
    _check_depth(path, bits, upright.mode)
    if frames > 1:
        warnings.warn(f"{path}: has {frames} frames or pages; only the first is enlarged", stacklevel=2)
    return _split(path, upright, extras)


def check_picture(path: str | os.PathLike, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Return the sides of the picture in a file, as stored, from its header; raise UserError as ``read_picture`` does.

    Damage behind the header goes unnoticed.
    """
    path = Path(path)
    with _errors(path, max_pixels), open(path, "rb") as stream:
        header = stream.read(PNG_HEADER)
        stream.seek(0)
        with opened(stream, path) as image:
            if not reducible(image, header):
                _check_depth(path, bits_per_channel(image, header), image.mode)
            return image.height, image.width


def write_picture(path: str | os.PathLike, picture: Picture) -> None:
    """Write a picture in the format of ``path``'s suffix, atomically; JPEG and lossy WebP with quality 95.

    Warns where the format cannot hold alpha that is not opaque: it is flattened onto white. Raise UserError for an
    unknown suffix, or if the format cannot hold so large an image.
    """
    path = Path(path)
    height, width = picture.rgb.shape[:2]
    suffix = check_target(path, width, height)
    image = Image.fromarray(picture.rgb)
    image = image.convert("L") if picture.gray else image
    if picture.alpha is not None and suffix in _NO_ALPHA:
        if picture.alpha.min() < 255:
            warnings.warn(f"{path}: {suffix[1:].upper()} has no alpha channel; flattened onto white", stacklevel=2)
        white = Image.new(image.mode, image.size, 255 if picture.gray else (255, 255, 255))
        image = Image.composite(image, white, Image.fromarray(picture.alpha))
    elif picture.alpha is not None:
        image.putalpha(Image.fromarray(picture.alpha))
    extras = {k: v for k, v in picture.extras.items() if k in _HOLDS.get(suffix, ("exif", "icc_profile", "dpi"))}
    if suffix in (".jpg", ".jpeg") and len(extras.get("exif", b"")) > _JPEG_EXIF_LIMIT:
        warnings.warn(f"{path}: EXIF data are too long for JPEG; left out", stacklevel=2)
        del extras["exif"]
    with atomic_path(path) as temporary:
        try:
            image.save(temporary, **_OPTIONS.get(suffix, {}), **extras)
        except (ValueError, OSError) as error:
            raise UserError(f"{path}: cannot be written ({error}). Try .png, and check the disk") from None


def check_target(path: str | os.PathLike, width: int = 1, height: int = 1) -> str:
    """Return the suffix of an output file in lower case.

    Raise UserError if it is not an image format, or if the format cannot hold ``width`` x ``height`` pixels.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"{path}: no known image format for {suffix or 'no suffix'!r}. Use {' '.join(SUFFIXES)}")
    longest = _LONGEST.get(suffix)
    if longest and max(width, height) > longest:
        raise UserError(f"{path}: {width}x{height}, but {suffix[1:]} holds sides up to {longest} pixels. Use .png")
    return suffix


@contextmanager
def _errors(path: Path, max_pixels: int) -> Iterator[None]:
    """Turn Pillow's errors into UserErrors; let it reject images of more than ``max_pixels``."""
    try:
        with _limit(max_pixels):
            yield
    except UserError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UserError(
            f"{path}: more than {max_pixels:,} pixels. If you trust the file, raise the limit with --max-pixels"
        ) from None
    except Image.UnidentifiedImageError:
        raise UserError(f"{path}: not an image in a known format ({' '.join(READABLE)}). Convert it to PNG") from None
    except DECODE_ERRORS as error:
        raise UserError(f"{path}: not a readable image ({reason_of(error)}). Check the file") from None


def _check_depth(path: Path, bits: int, mode: str) -> None:
    if bits > 8 or mode not in GRAY_MODES + COLOUR_MODES:
        kind = f"{bits} bits a channel" if bits > 8 else f"pixel mode {mode}"
        raise UserError(f"{path}: {kind}, but networks take 8-bit gray or colour only. Convert it to PNG first")


@contextmanager
def _limit(max_pixels: int) -> Iterator[None]:
    """Let Pillow reject larger images; by itself it would only warn up to twice its limit."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _upright(path: Path, image: Image.Image) -> tuple[Image.Image, dict[str, Any]]:
    """Return the image turned upright by its EXIF orientation, and the EXIF, profile and dpi to keep."""
    extras: dict[str, Any] = {}
    try:
        upright = ImageOps.exif_transpose(image)
        exif = _exif(image)
        if exif is not None:
            extras["exif"] = exif
    except DECODE_ERRORS:
        # The pixels are intact; only their metadata are damaged.
        warnings.warn(f"{path}: damaged EXIF data; left out, and the image not rotated", stacklevel=3)
        upright = image.copy()
    if image.info.get("icc_profile"):
        extras["icc_profile"] = image.info["icc_profile"]
    dpi = [float(value) for value in image.info.get("dpi", ())]
    if len(dpi) == 2 and all(math.isfinite(value) and 1 <= value < 65536 for value in dpi):
        extras["dpi"] = tuple(dpi)
    return upright, extras


def _exif(image: Image.Image) -> bytes | None:
    """Return the image's EXIF without the tags that only describe the old file; removes them from ``image``, too."""
    exif = image.getexif()
    details = exif.get_ifd(ExifTags.IFD.Exif) if ExifTags.IFD.Exif in exif else {}
    for tag in _LAYOUT & set(exif):
        del exif[tag]
    for tag in _SIZES:
        details.pop(tag, None)
    return exif.tobytes() if len(exif) else None


def _split(path: Path, image: Image.Image, extras: dict[str, Any]) -> Picture:
    gray = image.mode in GRAY_MODES
    if image.mode == "CMYK":
        warnings.warn(f"{path}: CMYK; the result is RGB", stacklevel=3)
        image = _from_cmyk(image, extras.pop("icc_profile", None))
    alpha = None
    if image.has_transparency_data:
        image = image.convert("LA" if gray else "RGBA")
        alpha = np.array(image.getchannel("A"))
    # Through L, so that a palette of grays gives three equal channels.
    rgb = image.convert("L").convert("RGB") if gray else image.convert("RGB")
    return Picture(np.array(rgb), alpha, gray, extras)


def _from_cmyk(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB by the file's own profile if it has a usable one, else by the plain formula."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            assert converted is not None  # None only for a conversion in place
            return converted
        except (ImageCms.PyCMSError, OSError):
            pass
    return image.convert("RGB")
