"""sr.data.dataset_id: what Snakemake compares to notice other images."""

from pathlib import Path

import pytest

from sr.core.errors import UserError
from sr.core.formats import write
from sr.data.dataset_id import dataset_id
from tests.helpers.archives import png
from tests.helpers.datasets import fetched, own_folder


def test_users_own_set_is_its_files(tmp_path: Path) -> None:
    """Another image or a folder with other images must be noticed; a clone has only the manifest."""
    folder, manifests = own_folder(tmp_path / "mine"), tmp_path / "manifests"
    (tmp_path / "mine/.hidden.png").write_bytes(png(7))
    before = dataset_id("MyPhotos", folder, manifests)
    assert dataset_id("MyPhotos", own_folder(tmp_path / "moved"), manifests) == before
    write(manifests / "MyPhotos.json", fetched(tmp_path / "data", folder, "MyPhotos"))
    assert dataset_id("MyPhotos", tmp_path / "gone", manifests) == before
    (Path(folder) / "more.png").write_bytes(png(9))
    assert dataset_id("MyPhotos", folder, manifests) != before


def test_location_of_a_registered_set_does_not_matter(tmp_path: Path) -> None:
    assert dataset_id("Set5", None) == dataset_id("Set5", tmp_path)


def test_invalid_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "Mine.json").write_text('{"set": "Mine"}')
    with pytest.raises(UserError, match=r"Mine\.json: .*key 'count' is missing. Delete it, or restore the folder"):
        dataset_id("Mine", tmp_path / "gone", tmp_path)
