"""Data: from fetched images to packed pairs."""

from pathlib import Path

from sr.core.errors import UserError
from sr.core.files import read_json
from sr.core.schema import first_error
from sr.data import sources
from sr.data.degrade import downscale
from sr.data.images import read_rgb
from sr.data.packed import open_pack, pack

_NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
MANIFEST = {
    "type": "object",
    "required": ["set", "digest", "images"],
    "properties": {
        "set": {"type": "string"},
        "digest": {"type": "string"},
        "images": {"type": "array", "items": _NAMED},
    },
}


def pack_hr(manifest_path: str, folders: dict[str, str], root: str, out: str) -> dict:
    """Pack the HR images that a manifest lists; fetch them again if they are gone.

    Raises UserError if the images are no longer those of the manifest.
    """
    manifest = read_json(manifest_path)
    wrong = first_error(manifest, MANIFEST)
    if wrong is not None:
        raise UserError(f"{manifest_path}: not a manifest ({wrong.message}). Delete this file and run again")
    name = manifest["set"]
    files = sources.ensure(name, folders.get(name), Path(root))
    if sources.content_digest(files) != manifest["digest"]:
        raise UserError(f"{manifest_path}: the images of {name} changed since. Delete this file and run again")
    names = [image["name"] for image in manifest["images"]]
    if len(names) != len(files):
        raise UserError(f"{manifest_path}: lists {len(names)} of {len(files)} images. Delete this file and run again")
    pack(out, names, map(read_rgb, files), manifest["digest"], name)
    return {"set": name, "images": len(names), "data_digest": manifest["digest"]}


def pack_lr(hr_path: str, scale: int, out: str) -> dict:
    """Pack the bicubic LR images of a packed set."""
    hr = open_pack(hr_path)
    images = (downscale(hr[i], scale) for i in range(len(hr)))
    pack(out, hr.names, images, hr.digest, Path(hr_path).parent.name)
    return {"set": Path(hr_path).parent.name, "images": len(hr), "scale": scale, "data_digest": hr.digest}
