"""Formats that people have and data sets refuse: 16-bit PNG and TIFF, rounded to 8 bits, and HEIC.

All become an 8-bit PNG in memory, so that one reader serves every file.
"""

import os
import sys
import warnings
from io import BytesIO
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile

from sr.core.errors import UserError, reason_of
from sr.data.images import DECODE_ERRORS, FORMATS, PNG_HEADER, bits_per_channel, decode_rgb, read_bytes

HEIC_SUFFIXES = (".heic", ".heif")
_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_GRAY = ("I;16", "I;16B", "I;16L")
# How the decoder lays out samples of 16 bits; the last letter is the order of their two bytes.
_RAW_MODES = {mode + order for mode in ("I;16", "RGB;16", "RGBA;16") for order in ("", "B", "L", "N")} | {"LA;16B"}
_OTHER_ORDER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_PHOTOMETRIC = 262
_BLACK_IS_ZERO_OR_RGB = (1, 2)


def read_rgb_rounded(path: str | os.PathLike) -> np.ndarray:
    """Return an image file as uint8 (H, W, 3), as ``read_rgb`` does, but round 16 bits a channel to 8, with a warning.

    HEIC is refused, as in data sets.
    """
    content = read_bytes(path)
    return decode_rgb(content if is_heic(content) else as_8_bits(content, path), path)


def as_8_bits(content: bytes, path: str | os.PathLike) -> bytes:
    """Return the content of the image file ``path`` as a PNG of 8 bits if it is a deeper PNG or TIFF, or HEIC.

    All else is returned unchanged, damaged files too, which their reader reports. EXIF, colour profile and resolution
    are kept. Warns of bits and frames that are lost. Raise UserError for HEIC that is damaged, or if
    its package is missing; Pillow's DecompressionBombError for HEIC beyond Pillow's limit.
    """
    try:
        with opened(BytesIO(content), path) as image:
            heic, reduced = image.format == "HEIF", reducible(image, content[:PNG_HEADER])
            if not (heic or reduced):
                return content
            if (frames := getattr(image, "n_frames", 1)) > 1:
                _warn(path, f"{frames} frames or pages: only the first is used")
            image.load()
            if heic and (bits := image.info.get("bit_depth", 8)) > 8:
                _warn(path, f"{bits} bits a channel, reduced to 8")
            return _png(image, _rounded(content, image, path) if reduced else image)
    except UserError:
        raise
    except DECODE_ERRORS as error:
        if not is_heic(content):
            return content
        if isinstance(error, Image.DecompressionBombError):
            raise
        raise UserError(f"{path}: not a readable image ({reason_of(error)}). Check the file") from None


def opened(stream: BinaryIO, path: str | os.PathLike) -> ImageFile.ImageFile:
    """Return the image in ``stream``, not decoded yet; raise UserError if it is HEIC and pi-heif is not installed."""
    head = stream.read(12)
    stream.seek(0)
    if not is_heic(head):
        return Image.open(stream, formats=FORMATS)
    try:
        from pi_heif import register_heif_opener
    except ImportError:
        raise UserError(
            f"{path}: HEIC needs the package pi-heif. Install it (pip install pi-heif), or convert the image to PNG"
        ) from None
    register_heif_opener()
    return Image.open(stream, formats=("HEIF",))


def is_heic(head: bytes) -> bool:
    """Return whether a file that begins with the 12 bytes ``head`` is HEIC."""
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS


def reducible(image: ImageFile.ImageFile, head: bytes) -> bool:
    """Return whether an image that is not decoded yet has 16 bits a channel in a layout that can be rounded exactly."""
    if bits_per_channel(image, head) != 16 or not {tile[3] and _raw_mode(tile) for tile in image.tile} <= _RAW_MODES:
        return False
    return image.format == "PNG" or image.tag_v2.get(_PHOTOMETRIC) in _BLACK_IS_ZERO_OR_RGB  # type: ignore[attr-defined]


def _raw_mode(tile: tuple) -> str:
    arguments = tile[3]
    return arguments if isinstance(arguments, str) else arguments[0]


def _rounded(content: bytes, image: Image.Image, path: str | os.PathLike) -> Image.Image:
    """Return the decoded ``image`` of the file ``content`` in 8 bits a channel."""
    _warn(path, "16 bits a channel, rounded to 8")
    samples = _samples(content, image)
    transparent = image.info.pop("transparency", None)
    # 65535 / 255 is 257, an odd number: nothing is half way.
    pixels = ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if transparent is not None:  # one colour, in 16 bits
        alpha = np.where((samples == np.array(transparent)).all(2, keepdims=True), 0, 255)
        pixels = np.concatenate([pixels, alpha.astype(np.uint8)], axis=2)
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def _samples(content: bytes, image: Image.Image) -> np.ndarray:
    """Return the samples of a decoded 16-bit image, uint16 (H, W, C); ``content`` is its file."""
    if image.mode in _GRAY:
        return np.array(image).astype(np.uint16)[..., None]
    with Image.open(BytesIO(content), formats=FORMATS) as again:
        raw = _raw_mode(again.tile[0])
        if raw == "LA;16B":  # Pillow makes RGBA of it: here the four bytes of each pixel as they are
            _set_raw_mode(again, "RGBA")
            return np.array(again).view(">u2").astype(np.uint16)
        # Pillow keeps the high byte of each sample. With the bytes' order reversed, that is the low one.
        _set_raw_mode(again, raw[:-1] + _OTHER_ORDER[raw[-1]])
        return np.array(image).astype(np.uint16) << 8 | np.array(again)


def _set_raw_mode(image: ImageFile.ImageFile, mode: str) -> None:
    image.tile = [
        tile._replace(args=mode if isinstance(tile.args, str) else (mode, *(tile.args or ())[1:]))
        for tile in image.tile
    ]


def _png(image: Image.Image, pixels: Image.Image) -> bytes:
    """Return ``pixels`` as PNG with the metadata of ``image``."""
    options = {key: image.info[key] for key in ("icc_profile", "dpi") if image.info.get(key)}
    exif = image.info.get("exif") or image.getexif().tobytes()
    stream = BytesIO()
    pixels.save(stream, "PNG", compress_level=1, exif=exif, **options)
    return stream.getvalue()


def _warn(path: str | os.PathLike, text: str) -> None:
    warnings.warn(f"{path}: {text}", stacklevel=4)
