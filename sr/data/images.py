"""Image files as 8-bit RGB arrays; files that cannot be read without loss or guessing are rejected."""

import os
import stat
import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from sr.core.errors import UserError, reason_of

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
# Pillow would open other formats under these suffixes too, and runs Ghostscript for some of them.
FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF")
GRAY_MODES = ("1", "L", "LA", "La")
COLOUR_MODES = ("RGB", "RGBA", "RGBa", "RGBX", "P", "PA", "CMYK", "YCbCr")
PNG_HEADER = 25  # bytes: signature (8), chunk length and type (8), width and height (8), bit depth (1)
TIFF_BITS_PER_SAMPLE = 258

# Everything that Pillow's decoders raise for a damaged file.
DECODE_ERRORS = (
    *(OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError),
    *(TypeError, LookupError, AttributeError, ArithmeticError),
)


def image_files(folder: str | os.PathLike) -> list[Path]:
    """Return the image files directly in ``folder``, by name; raise UserError if there are none."""
    folder = Path(folder)
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{folder}: {reason}. Give a readable folder of images") from None
    files = [path for path in entries if is_image(path)]
    if not files:
        raise UserError(f"{folder}: folder contains no images ({' '.join(SUFFIXES)}). Check the path")
    return files


def is_image(path: Path) -> bool:
    """Return whether ``path`` is a file with the suffix of an image, and not hidden.

    Raise UserError for a link to nothing: a set without that image would be another set.
    """
    if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
        return False
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        link = f"link to {path.readlink()}: " if path.is_symlink() else ""
        raise UserError(f"{path}: {link}{error.strerror}. Restore the image, or remove its name") from None


def read_rgb(path: str | os.PathLike) -> np.ndarray:
    """Return an image file as uint8 (H, W, 3), 0..255; see :func:`decode_rgb`."""
    return decode_rgb(read_bytes(path), path)


def read_bytes(path: str | os.PathLike) -> bytes:
    """Return the content of an image file; raise UserError if it cannot be read or is empty."""
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if not content:
        raise _unreadable(path, ValueError("the file is empty"))
    return content


def decode_rgb(content: bytes, path: str | os.PathLike) -> np.ndarray:
    """Return the image in ``content``, the bytes of the file ``path``, as uint8 (H, W, 3), 0..255.

    Gray is replicated to three channels, and a palette is converted. Warns of what is lost or changed: alpha, CMYK,
    frames after the first, an orientation other than upright.
    Raise UserError for a file that is damaged, not an image, or deeper than 8 bits per channel.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            # Before the pixels: they are decoded only once, and Pillow turns those of a TIFF.
            remarks = _remarks(image)
            image.load()
            bits = bits_per_channel(image, content[:PNG_HEADER])
    except DECODE_ERRORS as error:
        raise _unreadable(path, error) from None
    if bits > 8 or image.mode not in GRAY_MODES + COLOUR_MODES:
        raise UserError(
            f"{path}: {bits} bits per channel in mode {image.mode}, but only 8-bit gray or colour is supported. "
            "Convert it to 8-bit RGB PNG"
        )
    if image.has_transparency_data:
        remarks.append("alpha channel dropped")
    for remark in remarks:
        warnings.warn(f"{path}: {remark}", stacklevel=2)
    # Via L, because a palette or bitmap of grays must give three equal channels.
    return np.array(image.convert("L").convert("RGB") if image.mode in GRAY_MODES else image.convert("RGB"))


def _remarks(image: Image.Image) -> list[str]:
    """Return what will be lost or changed of an image that is not decoded yet."""
    remarks = []
    if (frames := getattr(image, "n_frames", 1)) > 1:
        remarks.append(f"{frames} frames: only the first is used")
    if image.mode == "CMYK":
        remarks.append("converted from CMYK")
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except DECODE_ERRORS:  # the pixels may be intact
        return [*remarks, "damaged EXIF data ignored"]
    if orientation in range(2, 9):
        remarks.append(f"EXIF orientation {orientation} {'applied' if image.format == 'TIFF' else 'ignored'}")
    return remarks


def _unreadable(path: str | os.PathLike, error: Exception) -> UserError:
    unknown = isinstance(error, UnidentifiedImageError)
    reason = reason_of(error)
    return UserError(
        f"{path}: not a readable image ({'unknown format' if unknown else reason}). Restore the file from its source"
    )


def bits_per_channel(image: Image.Image, header: bytes) -> int:
    """Return the bits per channel in an image's file, whose first 25 bytes are ``header``.

    Pillow's mode is not enough, because it silently reduces 16-bit RGB to 8 bits.
    """
    if image.format == "PNG":
        return header[PNG_HEADER - 1]
    if image.format == "TIFF":
        return max(cast("TiffImageFile", image).tag_v2.get(TIFF_BITS_PER_SAMPLE, (1,)))
    return 8
