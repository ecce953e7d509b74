"""sr.data.retrieval: a set is complete and the right one, or rejected with a remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from sr.core.errors import UserError
from tests.helpers.archives import FOLDER, MEMBERS, png, zipped
from tests.helpers.datasets import Host, archive_entry, checksum, fetched, files, own_folder, rejection


def test_wrong_count_in_an_archive_is_rejected(tmp_path: Path, host: Host, register: Callable) -> None:
    register(**archive_entry(host.publish("/a.zip", zipped(MEMBERS)), count=4, pitfall="a trap"))
    assert "contains 3 images, not 4 (a trap)" in rejection(tmp_path)


@pytest.mark.parametrize(("content", "reason"), [(b"", "empty"), (png(0)[:-30], "not a readable image")])
def test_bad_image_in_an_archive_is_rejected(
    tmp_path: Path, host: Host, register: Callable, content: bytes, reason: str
) -> None:
    register(**archive_entry(host.publish("/a.zip", zipped(MEMBERS | {f"{FOLDER}/a.png": content}))))
    message = rejection(tmp_path)
    assert "Tiny/a.png" in message
    assert reason in message


def test_mirror_takes_over_from_an_archive_with_other_pixels(tmp_path: Path, host: Host, register: Callable) -> None:
    digest = fetched(tmp_path / "mine", own_folder(tmp_path / "images"), "Mine").digest
    right = host.publish("/right.zip", zipped({f"{FOLDER}/{name}.png": png(n) for n, name in enumerate("abc")}))
    register(**archive_entry(host.publish("/wrong.zip", zipped(MEMBERS)), right, digest=digest))
    assert fetched(tmp_path / "data").digest == digest
    assert (tmp_path / "data/raw/Tiny/a.png").read_bytes() == png(0)
    assert host.requests == ["/wrong.zip", "/right.zip"]


def test_unpacked_file_that_is_lost_later_is_noticed(tmp_path: Path, host: Host, register: Callable) -> None:
    register(**archive_entry(host.publish("/a.zip", zipped(MEMBERS))))
    fetched(tmp_path)
    (tmp_path / "raw/Tiny/a.png").unlink()
    with pytest.raises(UserError, match="contains 2 images, not 3.*Delete .*Tiny to download it again"):
        fetched(tmp_path)


def test_own_folder_is_read_in_place(tmp_path: Path, host: Host, register: Callable) -> None:
    register(**archive_entry({"url": host.url("/a.zip"), "checksum": checksum(b"")}))
    assert files(fetched(tmp_path / "data", own_folder(tmp_path / "mine"))) == ["a.png", "b.png", "c.png"]
    assert host.requests == []
    assert not (tmp_path / "data").exists()


def test_own_folder_with_wrong_count_is_rejected(tmp_path: Path, register: Callable) -> None:
    register(kind="manual", instructions="Ask")
    message = rejection(tmp_path, own_folder(tmp_path / "mine", "ab"))
    assert "contains 2 images, not 3" in message
    assert "data.folders.Tiny" in message


def test_own_folder_with_other_pixels_is_rejected(tmp_path: Path, register: Callable) -> None:
    mine = own_folder(tmp_path / "mine")
    register(kind="manual", instructions="Ask")
    right = fetched(tmp_path / "one", mine).digest
    register(kind="manual", instructions="Ask", digest=right)
    assert fetched(tmp_path / "two", mine).count == 3
    (tmp_path / "mine/b.png").write_bytes(png(9))
    assert f"not {right}); results would not be comparable" in rejection(tmp_path / "three", mine)


def test_two_images_of_one_name_are_rejected(tmp_path: Path, register: Callable) -> None:
    register(kind="manual", instructions="Ask")
    mine = own_folder(tmp_path / "mine", "ab")
    Image.open(tmp_path / "mine/a.png").save(tmp_path / "mine/a.bmp")
    assert "two images have the name 'a'" in rejection(tmp_path, mine)


def test_file_name_that_cannot_be_printed_is_rejected(tmp_path: Path) -> None:
    mine = own_folder(tmp_path / "mine", "ab")
    (tmp_path / "mine/c\udcff.png").write_bytes(png(0))
    assert "unprintable characters" in rejection(tmp_path, mine, "Mine")


def test_manual_set_without_a_folder_says_how_to_get_it(tmp_path: Path, register: Callable) -> None:
    register(kind="manual", instructions="Apply at the desk")
    message = rejection(tmp_path)
    assert "Apply at the desk." in message
    assert "Set data.folders.Tiny" in message


def test_embedded_photographs_come_in_the_registered_order(tmp_path: Path) -> None:
    train = fetched(tmp_path / "train", name="EmbeddedTrain")
    test = fetched(tmp_path / "test", name="EmbeddedTest")
    held_out = ["coffee", "ihc"]
    textures = ["brick", "gravel", "grass"]
    first = ["motorcycle_left", "motorcycle_right", "retina", "hubble_deep_field"]
    assert [image.name for image in train.images] == first + textures + held_out
    assert [image.name for image in test.images] == ["astronaut", "chelsea", "rocket"]
    assert train.count == 9


def test_embedded_set_takes_no_folder(tmp_path: Path) -> None:
    assert "Remove data.folders.EmbeddedTest" in rejection(tmp_path, str(tmp_path), "EmbeddedTest")


def test_other_release_of_the_package_is_rejected(tmp_path: Path, register: Callable) -> None:
    package = {"kind": "package", "package": "skimage.data", "requirement": "scikit-image==0.26.0", "count": 1}
    register(**package, files={"coffee.png": "0" * 64})
    message = rejection(tmp_path)
    assert "coffee.png: differs from the registered file. Install scikit-image==0.26.0" in message
    register(**package, files={"lost.png": "0" * 64})
    assert "lost.png: missing. Install scikit-image==0.26.0" in rejection(tmp_path)
    register(**package | {"package": "no_such_package"}, files={"coffee.png": "0" * 64})
    assert "no_such_package is missing. Install scikit-image==0.26.0" in rejection(tmp_path)


@pytest.mark.parametrize("name", ["Set5", "Set14", "B100"])
def test_benchmark_images_have_the_registered_digest(tmp_path: Path, benchmarks: Path, name: str) -> None:
    expected = {"Set5": "d5bd0f6c", "Set14": "14dc812a", "B100": "a3f0f923"}[name]
    assert fetched(tmp_path, str(benchmarks / name / "HR"), name).digest.startswith(expected)
