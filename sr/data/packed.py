"""Packed images: one flat, memory-mapped uint8 array per set, so that cropping needs no decoding.

``hr.npy`` holds the HR images of a set one after another, each (H, W, 3) row by row; ``x2.npy``, ``x3.npy`` and
``x4.npy`` hold the LR ones. The JSON file of the same name is the index (``PackIndex``).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np

from sr.core.errors import UserError
from sr.core.files import atomic_path
from sr.core.formats import load, write
from sr.data.formats import PackedImage, PackIndex

HEADER = 128  # bytes of a .npy file before its values


@dataclass(frozen=True)
class Pack:
    """A packed set, open for reading: ``pack[i]`` is image i as uint8 (H, W, 3), a view into the file."""

    path: Path
    index: PackIndex

    @property
    def digest(self) -> str:
        """Return the content digest of the set's HR images."""
        return self.index.digest

    @cached_property
    def names(self) -> list[str]:
        """Return the names of the images."""
        return [image.name for image in self.index.images]

    @cached_property
    def pixels(self) -> np.ndarray:
        """Return the flat memory-mapped uint8 array."""
        return np.load(self.path, mmap_mode="r")

    def __len__(self) -> int:
        return len(self.index.images)

    def __getitem__(self, number: int) -> np.ndarray:
        image = self.index.images[number]
        return self.pixels[image.offset : image.end].reshape(image.height, image.width, 3)


@dataclass
class PackWriter:
    """A packed set, open for writing; ``digest`` must be set before it is closed."""

    stream: IO[bytes]
    digest: str = ""
    images: list[PackedImage] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Return the number of values written."""
        return self.images[-1].end if self.images else 0

    def add(self, name: str, image: np.ndarray) -> None:
        """Append a uint8 (H, W, 3) image."""
        height, width = image.shape[:2]
        self.images.append(PackedImage(name=name, height=height, width=width, offset=self.size))
        self.stream.write(np.ascontiguousarray(image).data)


@contextmanager
def create_pack(path: str | Path, set_name: str) -> Iterator[PackWriter]:
    """Open a new packed set at ``path`` (.npy); its files appear only if the block succeeds."""
    with atomic_path(path) as temporary:
        with open(temporary, "wb") as stream:
            stream.write(bytes(HEADER))  # placeholder: the length is known only at the end
            writer = PackWriter(stream)
            yield writer
            stream.seek(0)
            _write_header(stream, writer.size)
        index = PackIndex(set=set_name, digest=writer.digest, bytes=writer.size, images=writer.images)
        write(Path(path).with_suffix(".json"), index)


def pack(path: str | Path, names: list[str], images: Iterable[np.ndarray], digest: str, set_name: str) -> None:
    """Write uint8 (H, W, 3) ``images`` as a packed set at ``path`` (.npy)."""
    with create_pack(path, set_name) as writer:
        writer.digest = digest
        for name, image in zip(names, images, strict=True):
            writer.add(name, image)


def _write_header(stream: IO[bytes], size: int) -> None:
    np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": (size,)})
    assert stream.tell() == HEADER


def open_pack(path: str | Path) -> Pack:
    """Open a packed set; raise UserError if the array or its index is missing, or if the two do not match."""
    path = Path(path)
    index = load(path.with_suffix(".json"), PackIndex, remedy="Delete it and run the pipeline again")
    pack = Pack(path, index)
    try:
        pixels = pack.pixels
    except Exception as error:  # numpy evaluates the header as Python, which raises many kinds of errors
        raise UserError(f"{path}: not a packed set ({error}). Delete it and run the pipeline again") from None
    if not isinstance(pixels, np.memmap) or pixels.dtype != np.uint8 or pixels.shape != (index.bytes,):
        raise UserError(f"{path}: does not match its index {path.stem}.json. Delete both and run the pipeline again")
    return pack


class Pairs:
    """HR and LR images of one or more packed sets as one list; HR is cropped to LR * scale."""

    def __init__(self, folders: Sequence[str | Path], scale: int) -> None:
        """Open ``hr.npy`` and ``x<scale>.npy`` in each folder; raise UserError if they do not match."""
        self.scale = scale
        self.digests: list[str] = []
        self._items: list[tuple[Pack, Pack, int]] = []
        for folder in map(Path, folders):
            hr = open_pack(folder / "hr.npy")
            lr = open_pack(folder / f"x{scale}.npy")
            if hr.digest != lr.digest or hr.names != lr.names:
                raise UserError(f"{lr.path}: not made from the images of {hr.path}. Run the pipeline again")
            self.digests.append(hr.digest)
            self._items += [(hr, lr, number) for number in range(len(hr))]

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (HR, LR) of image ``index``: uint8 (h * scale, w * scale, 3) and (h, w, 3)."""
        hr, lr, number = self._items[index]
        low = lr[number]
        height, width = low.shape[:2]
        return hr[number][: height * self.scale, : width * self.scale], low

    def size(self, index: int) -> tuple[int, int]:
        """Return height and width of the LR image ``index``."""
        _, lr, number = self._items[index]
        image = lr.index.images[number]
        return image.height, image.width

    def name(self, index: int) -> str:
        """Return the name of image ``index``."""
        hr, _, number = self._items[index]
        return hr.names[number]
