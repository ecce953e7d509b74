"""Image files as 8-bit RGB arrays: whatever cannot be read so without loss or guess is refused."""

import os
import struct
import warnings
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from PIL import Image

from sr.core.errors import UserError

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
# Named, because Pillow would open any other format under one of these suffixes too, and runs Ghostscript for some.
FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF")
GRAY_MODES = ("1", "L", "LA", "La")
COLOUR_MODES = ("RGB", "RGBA", "RGBa", "RGBX", "P", "PA", "CMYK", "YCbCr")
TIFF_BITS_PER_SAMPLE = 258

# Pillow reports a damaged file by whichever of these its decoder meets first.
_DAMAGE = (
    *(OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError),
    *(TypeError, LookupError, AttributeError, ArithmeticError),
)


def image_files(folder: str | os.PathLike) -> list[Path]:
    """Return the image files directly in ``folder``, by name; raise UserError if there is none."""
    folder = Path(folder)
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{folder}: {reason}. Give a folder of images that can be read") from None
    files = [path for path in entries if _is_image(path)]
    if not files:
        raise UserError(f"{folder}: no image ({' '.join(SUFFIXES)}) lies directly in this folder. Check the path")
    return files


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def read_rgb(path: str | os.PathLike) -> np.ndarray:
    """Return an image as uint8 (H, W, 3), 0..255.

    Gray is replicated to three channels, palette and CMYK are converted, alpha is dropped with a warning.
    Raise UserError for a file that is damaged, no image, or deeper than 8 bits a channel.
    """
    path = Path(path)
    try:
        image, bits = _decode(path)
    except _DAMAGE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path}: not a readable image ({reason}). Restore the file from its source") from None
    if bits > 8 or image.mode not in GRAY_MODES + COLOUR_MODES:
        found = f"{bits} bits a channel" if bits > 8 else f"pixel mode {image.mode}"
        raise UserError(f"{path}: {found}, but only 8-bit gray or colour is read. Convert it to 8-bit RGB PNG")
    if image.has_transparency_data:
        warnings.warn(f"{path}: alpha channel dropped", stacklevel=2)
    # By way of L, because a palette or a bitmap of grays must give three equal channels.
    return np.array(image.convert("L").convert("RGB") if image.mode in GRAY_MODES else image.convert("RGB"))


def _decode(path: Path) -> tuple[Image.Image, int]:
    """Return the decoded image and the bits a channel that its file holds."""
    if path.stat().st_size == 0:
        raise ValueError("the file is empty")
    with Image.open(path, formats=FORMATS) as image:
        image.load()
        return image, _bits(path, image)


def _bits(path: Path, image: Image.Image) -> int:
    """Return the file's bits a channel: Pillow cuts 16-bit RGB to 8 without a word, so its mode does not tell."""
    if image.format == "PNG":
        with open(path, "rb") as stream:
            # Signature (8), chunk length and type (8), width and height (8), then the bit depth.
            return stream.read(25)[24]
    if image.format == "TIFF":
        return max(cast("TiffImageFile", image).tag_v2.get(TIFF_BITS_PER_SAMPLE, (1,)))
    return 8
