"""Bicubic LR images of image files, written as PNG."""

from pathlib import Path

from PIL import Image

from sr.core.errors import UserError
from sr.core.files import atomic_path
from sr.data.degrade import downscale
from sr.data.images import image_files, is_image
from sr.data.user_formats import HEIC_SUFFIXES, read_rgb_rounded
from sr.use.image_jobs import checked


def plan(source: str, target: str, suffix: str, overwrite: bool) -> list[tuple[Path, Path]]:
    """Return the (HR, LR) files of an image or a folder; LR images are PNG, because other formats lose pixels.

    ``suffix`` is added to the names in a folder. Raise UserError if an output would replace an input, exists already
    (unless ``overwrite``), would be that of two images, or is no PNG.
    """
    if not Path(source).exists():
        raise UserError(f"{source}: no such file or folder. Check the path")
    if Path(source).is_dir():
        files = [(path, Path(target) / f"{path.stem}{suffix}.png") for path in image_files(source)]
    else:
        files = [(_image(source), _png(target))]
    for _, lr in checked(files).pairs:
        if lr.exists() and not overwrite:
            raise UserError(f"{lr}: already exists. Give --overwrite to replace it, or another name")
    return files


def downscale_files(files: list[tuple[Path, Path]], scale: int) -> None:
    """Write the LR image of each (HR, LR) pair; raise UserError if one is too small."""
    for hr, lr in files:
        try:
            image = downscale(read_rgb_rounded(hr), scale)
        except UserError as error:
            text = str(error)
            raise UserError(text if text.startswith(str(hr)) else f"{hr}: {text}") from None
        with atomic_path(lr) as temporary:
            Image.fromarray(image).save(temporary, format="PNG")


def _image(source: str) -> Path:
    if Path(source).suffix.lower() in HEIC_SUFFIXES:
        raise UserError(f"{source}: HEIC is read by upscale only. Convert it to PNG")
    if not is_image(Path(source)):
        raise UserError(f"{source}: not an image file. Check the path")
    return Path(source)


def _png(target: str) -> Path:
    if Path(target).suffix.lower() != ".png":
        raise UserError(f"{target}: not a PNG file, the format that keeps every pixel. Give a name ending in .png")
    return Path(target)
