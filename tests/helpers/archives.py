"""Small zip and tar archives of images, as data sets are published."""

import io
import tarfile
import zipfile

import numpy as np
from PIL import Image

FOLDER = "set/HR"


def png(seed: int) -> bytes:
    """Return a small PNG file."""
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 5 + seed, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


# Besides the wanted images: another folder, a deeper folder, another ending, a hidden file.
MEMBERS = {f"{FOLDER}/{name}.png": png(seed) for seed, name in enumerate("cab")} | {
    "set/LR/a.png": png(7),
    f"{FOLDER}/deeper/d.png": png(8),
    f"{FOLDER}/readme.txt": b"text",
    f"{FOLDER}/._a.png": b"resource fork",
}


def zipped(members: dict[str, bytes], link: str | None = None) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
        if link:
            info = zipfile.ZipInfo(link)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, "/etc/passwd")
    return stream.getvalue()


def tarred(members: dict[str, bytes], link: str | None = None, mode: str = "w") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(info)
    return stream.getvalue()
