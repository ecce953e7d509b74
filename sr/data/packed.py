"""Packed images: one flat uint8 array on disk per set, memory-mapped, so that a crop decodes nothing.

``hr.npy`` holds the HR images of a set one after another, each (H, W, 3) row by row, as ``x2.npy``,
``x3.npy``, ``x4.npy`` hold the LR ones; the JSON beside each lists name, height, width and offset,
and carries the set's content digest from the manifest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np

from sr.core.errors import UserError
from sr.core.files import atomic_path, read_json, write_json
from sr.core.schema import first_error

_COUNT = {"type": "integer", "minimum": 0}
_SIDE = {"type": "integer", "minimum": 1}
_IMAGE = {"name": {"type": "string", "minLength": 1}, "height": _SIDE, "width": _SIDE, "offset": _COUNT}
INDEX = {
    "type": "object",
    "required": ["digest", "bytes", "images"],
    "properties": {
        "digest": {"type": "string"},
        "bytes": _COUNT,
        "images": {"type": "array", "items": {"type": "object", "required": list(_IMAGE), "properties": _IMAGE}},
    },
}


@dataclass(frozen=True)
class Pack:
    """A packed set, open for reading: ``pack[i]`` is image i as uint8 (H, W, 3), a view into the file."""

    path: Path
    digest: str
    names: list[str]
    sizes: list[tuple[int, int]]
    offsets: list[int]

    @cached_property
    def pixels(self) -> np.ndarray:
        """Return the flat memory-mapped uint8 array."""
        return np.load(self.path, mmap_mode="r")

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> np.ndarray:
        height, width = self.sizes[index]
        start = self.offsets[index]
        return self.pixels[start : start + height * width * 3].reshape(height, width, 3)


def pack(path: str | Path, names: list[str], images: Iterable[np.ndarray], digest: str, set_name: str) -> None:
    """Write uint8 (H, W, 3) ``images`` to ``path`` (.npy) and their index to the .json beside it."""
    path, entries, offset = Path(path), [], 0
    with atomic_path(path) as temporary:
        with open(temporary, "wb") as stream:
            stream.write(b"\0" * 128)  # room for the header, whose length is only known at the end
            for name, image in zip(names, images, strict=True):
                height, width = image.shape[:2]
                entries.append({"name": name, "height": height, "width": width, "offset": offset})
                stream.write(np.ascontiguousarray(image).data)
                offset += image.size
            stream.seek(0)
            _write_header(stream, offset)
        write_json(path.with_suffix(".json"), {"set": set_name, "digest": digest, "bytes": offset, "images": entries})


def _write_header(stream: IO[bytes], size: int) -> None:
    np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": (size,)})
    assert stream.tell() == 128


def open_pack(path: str | Path) -> Pack:
    """Open a packed set; raise UserError if the array or its index is missing or they do not fit."""
    path = Path(path)
    index = read_json(path.with_suffix(".json"))
    wrong = first_error(index, INDEX)
    if wrong is not None:
        where = ".".join(map(str, wrong.absolute_path)) or "the index"
        raise UserError(f"{path}: not a packed set ({where}: {wrong.message}). Delete it and run the pipeline again")
    images = index["images"]
    sizes = [(image["height"], image["width"]) for image in images]
    pack = Pack(path, index["digest"], [i["name"] for i in images], sizes, [i["offset"] for i in images])
    try:
        pixels = pack.pixels
    except Exception as error:  # numpy reads the header by Python's parser, which raises many kinds
        raise UserError(f"{path}: not a packed set ({error}). Delete it and run the pipeline again") from None
    ends = np.cumsum([0, *(height * width * 3 for height, width in sizes)], dtype=object)
    fits = isinstance(pixels, np.memmap) and pixels.dtype == np.uint8 and pixels.shape == (index["bytes"],)
    if not fits or pack.offsets != list(ends[:-1]) or ends[-1] != index["bytes"]:
        raise UserError(f"{path}: does not fit its index {path.stem}.json. Delete both and run the pipeline again")
    return pack


class Pairs:
    """HR and LR images of one or more packed sets as one list; HR is cropped to LR * scale."""

    def __init__(self, folders: Sequence[str | Path], scale: int) -> None:
        """Open ``hr.npy`` and ``x<scale>.npy`` in each folder; raise UserError if they do not fit."""
        self.scale = scale
        self._items: list[tuple[Pack, Pack, int]] = []
        for folder in map(Path, folders):
            hr, lr = open_pack(folder / "hr.npy"), open_pack(folder / f"x{scale}.npy")
            if hr.digest != lr.digest or hr.names != lr.names:
                raise UserError(f"{lr.path}: made from other images than {hr.path}. Run the pipeline again")
            self._items += [(hr, lr, i) for i in range(len(hr))]
        self.digests = [open_pack(Path(folder) / "hr.npy").digest for folder in folders]

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (HR, LR) of image ``index``: uint8 (h * scale, w * scale, 3) and (h, w, 3)."""
        hr, lr, i = self._items[index]
        low = lr[i]
        height, width = low.shape[:2]
        return hr[i][: height * self.scale, : width * self.scale], low

    def size(self, index: int) -> tuple[int, int]:
        """Return height and width of the LR image ``index``."""
        _, lr, i = self._items[index]
        return lr.sizes[i]

    def name(self, index: int) -> str:
        """Return the name of image ``index``."""
        hr, _, i = self._items[index]
        return hr.names[i]
